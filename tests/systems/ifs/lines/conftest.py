import pytest

from tests.systems.ifs.lines.world import World


@pytest.fixture
def world() -> World:
    return World()
