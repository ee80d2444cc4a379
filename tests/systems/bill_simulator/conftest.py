"""A fresh simulator for each test."""

import pytest

from tests.systems.bill_simulator.api import Place


@pytest.fixture
def place() -> Place:
    return Place()
