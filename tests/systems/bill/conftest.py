from collections.abc import Callable
from typing import Any

import pytest

from tests.systems.bill.world import World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def worlds() -> Callable[..., World]:
    """Makes a world with options of the simulator and settings of the connection."""

    def make(settings: dict[str, str] | None = None, **options: Any) -> World:
        return World(options, settings or {})

    return make
