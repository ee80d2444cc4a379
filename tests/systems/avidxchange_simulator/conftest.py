"""An empty simulator for each test."""

import pytest

from tests.systems.avidxchange_simulator.api import Place


@pytest.fixture
def place() -> Place:
    return Place()
