from collections.abc import Iterator

import pytest
import stamina

from tests.systems.ifs.lines.world import World


@pytest.fixture(autouse=True)
def _no_pauses() -> Iterator[None]:
    """Reads are repeated in place as often as ever, without the pauses in between."""
    with stamina.set_testing(True, attempts=4):
        yield


@pytest.fixture
def world() -> World:
    return World()
