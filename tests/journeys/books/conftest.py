"""One small world, or with BOOKS_LONG=1 the whole size, that the tests of this folder see from sync to sync."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.journeys.books import afterwards, comparing
from tests.journeys.books.afterwards import Acts
from tests.journeys.books.comparing import Seen
from tests.journeys.books.sizes import ONE_COMPANY, SEED
from tests.journeys.books.world import Json, World, books


@pytest.fixture(scope="package")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One company, nothing synced yet."""
    with django_db_blocker.unblock(), books(ONE_COMPANY, SEED, tmp_path_factory.mktemp("books")) as made:
        yield made


@pytest.fixture(scope="package")
def first(world: World) -> Seen:
    """What was wanted and what was there after one sync; while not everything went smoothly."""
    world.stumble()
    world.sync()
    return comparing.seen(world, world.company)


@pytest.fixture(scope="package")
def second(world: World, first: Seen) -> list[Json]:
    """What the second sync wrote."""
    place = world.place()
    world.sync()
    return world.written(place)


@pytest.fixture(scope="package")
def acts(world: World, first: Seen, second: list[Json]) -> Acts:
    """What people did in AvidXchange afterwards, and the third sync."""
    done = afterwards.act(world, first)
    world.sync()
    return done
