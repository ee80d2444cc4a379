"""Payments that events tell of: the bill stands as it stands there at once, and alike however the events come."""

from collections.abc import Callable

import pytest

from tests.integrations.hooks.conftest import Post, Posts
from tests.integrations.runner.paying import later, ours, pay, same_parts, sent, theirs

STEPS = ("PROCESSED", "CLEARED", "DISBURSEMENT_FAILED_ACTION_NEEDED", "VOIDED")


def heard(**options: object) -> Callable[[Post], None]:
    """Every event comes, as the options say, and is handed on."""

    def act(post: Post) -> None:
        assert post.deliver(**options) > 0
        post.work()

    return act


def lost(post: Post) -> None:
    """No event comes; half an hour later the poll does."""
    later(post.town)


@pytest.fixture
def hearing(post_of: Posts) -> Post:
    post = post_of()
    sent(post.town)
    post.deliver()
    post.work()
    return post


@pytest.mark.parametrize(
    "way",
    [heard(), heard(copies=100), heard(newest_first=True), lost],
    ids=["as they happen", "a hundred times", "newest first", "not at all"],
)
def test_bill_stands_as_there_after_each_step_of_its_payment(hearing: Post, way: Callable[[Post], None]) -> None:
    town = hearing.town
    payment = pay(town, "N1", "N2", amounts=("100.00", "25.00"))  # which no event tells yet
    for step in STEPS:
        town.ap.sim.advance(payment, step)
        way(hearing)
        assert ours(town) == theirs(town), step
        same_parts(town)


def test_two_steps_whose_events_come_turned_round_end_at_the_latest(hearing: Post) -> None:
    town = hearing.town
    payment = pay(town, "N1")
    for step in ("PROCESSED", "VOIDED"):
        town.ap.sim.advance(payment, step)
    hearing.deliver(newest_first=True)
    hearing.work()
    assert ours(town) == theirs(town)
    same_parts(town)
