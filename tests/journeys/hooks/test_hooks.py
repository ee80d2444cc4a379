"""What changes there is known here within seconds, however its events come: real workers, a real web server, real HTTP.

Every bill and every payment is compared with the AP tool's own tables after each step.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest

from tests.journeys.hooks.outages import database_away, kept_waiting
from tests.journeys.hooks.scripts import rounds
from tests.journeys.hooks.served import Served, served

BACKLOG, TRIALS, COPIES = 1_000, 3, 100
AWAY = 8  # seconds: a pool that only waits longer and longer would stay away as long again
ALLOWED = 5.0  # seconds, of the usual one; the slowest may take twice as long on a busy machine
pytestmark = [pytest.mark.processes, pytest.mark.slow]


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("hooks"), BACKLOG) as made:
        yield made


def lost(_request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody is there")


def test_without_webhooks_the_next_poll_knows_every_step(street: Served) -> None:
    payments = street.begin()
    for moves in rounds():
        for name, state in moves.items():
            street.ap.advance(payments[name], state)
        street.poll("payment")
        street.known()
    assert (street.subscription()[0], street.events()) == ("", 0)


def test_every_step_is_known_within_seconds_of_its_event(street: Served, tell: Callable[[str], None]) -> None:
    street.subscribe()
    judge("idle workers", through(street, street.begin()), tell)


def test_every_step_is_known_within_seconds_beside_a_backlog(street: Served, tell: Callable[[str], None]) -> None:
    payments = street.begin()
    street.place.release(BACKLOG)
    judge(f"{BACKLOG} invoices of another tenant", through(street, payments), tell)


def test_a_hundred_copies_of_an_event_change_nothing(street: Served) -> None:
    """Of one event of each round; of the others three."""
    payments, before = street.begin(), street.events()
    street.ap.deliver(street.post)
    told = street.events()

    def post(request: httpx.Request) -> httpx.Response:
        copies = COPIES if payments["several"] in request.content.decode() else 3
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: street.post(request).status_code, range(copies)))
        assert answers == [200] * copies
        return httpx.Response(200)

    for moves in rounds():
        for name, state in moves.items():
            street.ap.advance(payments[name], state)
        street.ap.deliver(post)
        street.known()
    street.settled()
    assert before < told
    assert street.events() - told == sum(map(len, rounds()))


def test_news_that_come_after_newer_ones_change_nothing(street: Served) -> None:
    payments, late = street.begin(), list[httpx.Request]()
    for number, moves in enumerate(rounds()):
        for name, state in moves.items():
            street.ap.advance(payments[name], state)
        if number % 2 == 0:
            late = caught(street)
            continue
        street.ap.deliver(street.post, newest_first=True)
        for request in reversed(late):  # also of payments that did not move again
            assert street.post(request).status_code == 200
        street.known()
        street.settled()


def test_lost_events_are_made_good_by_the_next_poll(street: Served) -> None:
    payments, before = street.begin(), street.events()
    for moves in rounds():
        for name, state in moves.items():
            street.ap.advance(payments[name], state)
        assert street.ap.deliver(lost) >= len(moves)
        street.poll("payment")
        street.known()
    assert street.events() == before


def test_edit_by_a_person_there_is_a_question_here_within_seconds(street: Served, tell: Callable[[str], None]) -> None:
    def time_edit(bill: str) -> float:
        before, began = street.held(), time.monotonic()
        street.ap.edit_bill(bill, amount="49.00")
        street.ap.deliver(street.post)
        assert street.place.wait(lambda: street.held() > before, 30, step=0.05), "nobody was told"
        return time.monotonic() - began

    judge("idle workers, edits", [time_edit(bill) for bill in street.send(["50.00"] * TRIALS)], tell)


def test_with_redis_down_events_are_stored_and_acted_on_once_it_is_back(street: Served) -> None:
    payment = street.pay(street.send(["80.00"]))
    street.redis.stop()
    try:
        street.ap.advance(payment, "PROCESSED")
        before = street.events()
        assert deliver(street) == {200}
        assert street.events() > before
    finally:
        street.redis.start()
    street.known(60)


def test_with_the_database_down_the_sender_tries_again(street: Served) -> None:
    """Once in the middle of storing an event, once before."""
    payment = street.pay(street.send(["80.00"]))
    made = caught(street)[-1]
    assert many(street, made) == {200}
    street.ap.advance(payment, "PROCESSED")
    told = caught(street)[-1]
    before = street.events()
    with ThreadPoolExecutor(1) as sender, kept_waiting(street.place) as on_its_way:
        answer = sender.submit(street.post, told)
        assert on_its_way()
        with database_away(street.place):
            assert answer.result().status_code == 503
            began = time.monotonic()
            while time.monotonic() - began < AWAY:
                assert street.post(told).status_code == 503
    assert street.events() == before
    assert street.place.wait(lambda: street.post(told).status_code == 200, 10, step=0.2)
    assert many(street, told) == {200}  # sessions that ended meanwhile cost nobody anything
    street.known()
    assert street.events() == before + 1


def test_a_key_renewed_by_somebody_else_is_renewed_by_us(street: Served) -> None:
    (ours,) = street.person.hooks.all()
    payment = street.pay(street.send(["80.00"]))
    street.ap.deliver(street.post)
    street.person.hooks.rotate(ours.id)
    street.ap.advance(payment, "PROCESSED")
    assert deliver(street) == {401}
    assert "Events came that were not signed with our key" in street.look_again("on", "key_unknown")
    street.known()
    street.ap.advance(payment, "VOIDED")
    assert deliver(street) == {200}
    street.known()


def test_a_subscription_switched_off_after_failures_is_on_again_and_what_was_missed_is_fetched(street: Served) -> None:
    payment = street.pay(street.send(["80.00"]))
    street.ap.deliver(street.post)
    street.ap.advance(payment, "PROCESSED")
    for tries in range(street.ap.config.delivery_tries):
        street.ap.deliver(lost)
        street.clock.ahead += timedelta(minutes=2 ** (tries + 2))
    street.clock.ahead = timedelta(0)
    assert [each.enabled for each in street.person.hooks.all()] == [False]
    assert "it is on again, and what we missed was fetched" in street.look_again("on", "enabled_again")
    street.known()
    assert [each.enabled for each in street.person.hooks.all()] == [True]


def test_an_eleventh_subscription_is_said_on_the_page_and_made_once_there_is_room(street: Served) -> None:
    hooks = street.person.hooks
    hooks.delete(hooks.all()[0].id)
    others = [hooks.create(f"https://somebody.example.test/{number}/")[0] for number in range(10)]
    page = street.look_again("off", "full")
    assert "keeps 10 subscriptions and has as many of others. Delete one there" in page
    assert "the regular polls find every change, only later" in page
    hooks.delete(others[0].id)
    assert "tells of changes as they happen, from now on" in street.look_again("on", "made")


def through(street: Served, payments: dict[str, str]) -> list[float]:
    """The whole script, every event once as it happens; seconds of each round from its steps to what is known."""
    times = []
    for moves in rounds():
        began = time.monotonic()
        for name, state in moves.items():
            street.ap.advance(payments[name], state)
        street.ap.deliver(street.post)
        street.known()
        times.append(time.monotonic() - began)
    return times


def deliver(street: Served) -> set[int]:
    """Every event that is due is sent once; what it was answered."""
    answers: set[int] = set()

    def post(request: httpx.Request) -> httpx.Response:
        answer = street.post(request)
        answers.add(answer.status_code)
        return answer

    assert street.ap.deliver(post)
    return answers


def many(street: Served, request: httpx.Request) -> set[int]:
    """The same by many at once, so that each process of the web server has a part; what they were answered."""
    with ThreadPoolExecutor(16) as pool:
        return set(pool.map(lambda _: street.post(request).status_code, range(64)))


def caught(street: Served) -> list[httpx.Request]:
    """The events that are due, taken on their way."""
    found: list[httpx.Request] = []

    def keep(request: httpx.Request) -> httpx.Response:
        found.append(request)
        return httpx.Response(200)

    street.ap.deliver(keep)
    return found


def judge(beside: str, times: list[float], tell: Callable[[str], None]) -> None:
    tell(f"webhooks beside {beside}: median {statistics.median(times):.2f} s, slowest {max(times):.2f} s")
    assert statistics.median(times) <= ALLOWED
    assert max(times) <= 2 * ALLOWED
