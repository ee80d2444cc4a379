"""What goes wrong on a read, in the shapes of the application and its gateway: by what happens next."""

import json
import logging
from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest

from integrations.engine.errors import ConnectionBroken, Retryable, SyncError
from integrations.engine.ports import Scope
from integrations.engine.records import Entity, Unreadable
from tests.contract.wiring import Budget, Tokens
from tests.systems.avidxchange.world import GATEWAY, PARTNER, World, items

_XML = '<ams:fault xmlns:ams="http://wso2.org/apimanager"><ams:code>{code}</ams:code></ams:fault>'


def failure(world: World, entity: Entity = Entity.PAYMENT) -> SyncError:
    with pytest.raises(SyncError) as caught:
        world.read(entity)
    return caught.value


@pytest.mark.parametrize("form", ["json", "xml"])
@pytest.mark.parametrize(
    ("status", "code", "kind", "ours"),
    [
        (401, 900901, ConnectionBroken, "sign_in"),
        (403, 900903, ConnectionBroken, "sign_in"),
        (403, 900908, ConnectionBroken, "forbidden"),
        (403, 900910, ConnectionBroken, "forbidden"),
        (404, 900906, ConnectionBroken, "wrong_path"),
        (503, 900800, Retryable, "too_many_requests"),
        (500, 900967, Retryable, "server_error"),
        (500, 0, Retryable, "server_error"),
    ],
)
def test_the_gateways_code_decides(form: str, status: int, code: int, kind: type[SyncError], ours: str) -> None:
    world = World()
    body = f'{{"fault": {{"code": {code}, "message": "no"}}}}' if form == "json" else _XML.format(code=code)
    world.answered_by(lambda request: httpx.Response(status, text=body))
    error = failure(world)
    assert isinstance(error, kind)
    assert error.code == ours


@pytest.mark.parametrize(("form", "least", "most"), [("seconds", 17, 17), ("date", 15, 18), ("none", 0, 300)])
def test_a_limit_closes_the_budget_for_as_long_as_was_asked(form: str, least: float, most: float) -> None:
    world = World()
    world.fault("throttled", "/payments", times=None, retry_after=form, seconds=17)
    error = failure(world)
    assert isinstance(error, Retryable)
    assert error.code == "too_many_requests"
    assert error.after is not None
    assert least <= error.after <= most
    assert isinstance(world.kit.budgets, Budget)
    assert list(world.kit.budgets.closed.values()) == [error.after]


def test_a_wait_until_a_date_is_measured_on_their_clock() -> None:
    world = World()
    there = world.clock.now + timedelta(hours=3)
    headers = {"date": format_datetime(there), "retry-after": format_datetime(there + timedelta(seconds=40))}
    world.answered_by(lambda request: httpx.Response(429, headers=headers))
    error = failure(world)
    assert isinstance(error, Retryable)
    assert error.after == 40


def test_limits_come_from_the_profile() -> None:
    world = World({"profile": '{"limits": {"per_minute": 7, "concurrency": 1}}'})
    assert isinstance(world.kit.budgets, Budget)
    assert {"per_minute": 7, "lanes": 1} in world.kit.budgets.made.values()


@pytest.mark.parametrize(
    "kind", ["html", "empty", "deep_json", "bad_json", "truncate_body", "drop_before", "drop_after"]
)
def test_what_is_no_answer_is_asked_again_later(kind: str) -> None:
    world = World()
    world.fault(kind, "/payments", times=None)
    assert isinstance(failure(world), Retryable)


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_read_that_is_refused_says_nothing_about_a_record(status: int) -> None:
    world = World()
    world.answered_by(lambda request: httpx.Response(status, json={"detail": "Header X is required."}))
    for read in (
        lambda: world.read(Entity.PAYMENT),
        lambda: world.client.fetch(Entity.PAYMENT, "4765360", Scope()),
    ):
        with pytest.raises(ConnectionBroken) as caught:
            read()
        assert caught.value.code == "read_refused"
    assert world.client.fetch(Entity.INVOICE, "no-such-key", Scope()) is None


@pytest.mark.parametrize("text", ['{"Things": []}', "7", '"x"', '{"Items": []', "{}"])
def test_a_list_that_is_none_is_not_taken_for_an_empty_one(text: str) -> None:
    world = World()
    world.answered_by(lambda request: httpx.Response(200, text=text))
    error = failure(world)
    assert isinstance(error, Retryable)
    assert error.code == "unreadable"


def test_a_bare_list_and_a_single_object_are_lists_too() -> None:
    world = World()
    world.answered_by(lambda request: httpx.Response(200, text='[{"ID": 1, "Name": "A"}, {"ID": 2, "Name": "B"}]'))
    assert [company.key for company in world.client.companies()] == ["1", "2"]
    world.answered_by(lambda request: httpx.Response(200, text='{"items": {"id": 3, "name": "C"}}'))
    assert [company.key for company in world.client.companies()] == ["3"]
    world.answered_by(lambda request: httpx.Response(200, text='{"Items": null}'))
    assert list(world.client.companies()) == []


@pytest.mark.parametrize("key", ["../payments", "a/b", "1&x=2", "{acct}", " ", "1\n2", "é"])
@pytest.mark.parametrize("entity", [Entity.INVOICE, Entity.PAYMENT])
def test_a_key_that_cannot_be_one_is_not_asked_for(key: str, entity: Entity) -> None:
    world = World()
    assert world.client.fetch(entity, key, Scope()) is None
    assert world.wire.sent == []


def test_an_answer_about_another_record_is_not_the_one_that_was_asked_for() -> None:
    world = World()
    world.answered_by(lambda request: items({"PaymentId": 2, "Amount": 1}))
    found = world.client.fetch(Entity.PAYMENT, "1", Scope())
    assert isinstance(found, Unreadable)  # and no proof that it is gone
    assert (found.key, found.code) == ("1", "other_record")


@pytest.mark.parametrize("signs", [{}, PARTNER, GATEWAY], ids=["pair", "partner", "gateway"])
def test_what_repeats_our_credentials_is_shown_without_them(
    signs: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    world = World(signs)
    world.fault("echo", "/v1/payments", times=None)
    error = failure(world)
    assert "Service unavailable" in error.detail
    assert isinstance(world.kit.tokens, Tokens)
    tokens = [json.loads(kept)[0] for kept in world.kit.tokens.seen]
    assert bool(tokens) is bool(signs)
    shown = f"{error!r} {error.detail} {error.__cause__!r} {caplog.text} {world.client!r}"
    for secret in (
        "demo-company-token",
        "demo-user-token",
        "demo-secret",
        "demo-gateway-key",
        "demo-password",
        *tokens,
    ):
        assert secret not in shown


def test_a_token_that_is_repeated_in_what_cannot_be_read_is_not_shown() -> None:
    world = World(GATEWAY)
    granted = httpx.Response(200, json={"access_token": "tok-123456789", "expires_in": 3600})
    world.answered_by(
        lambda request: granted if request.method == "POST" else httpx.Response(200, text="you: tok-123456789")
    )
    error = failure(world)
    assert "you:" in error.detail
    assert "tok-123456789" not in error.detail
