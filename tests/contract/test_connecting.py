"""Every system: it can be connected, says what is wrong when it can't, and keeps its secrets."""

import logging
from collections.abc import Sequence
from typing import Any

import pytest

from integrations.engine.errors import ConnectionBroken, SyncError
from integrations.engine.records import Entity
from integrations.systems import registry
from integrations.systems.base import Check, Verdict
from tests.contract.case import Case, declared, load
from tests.contract.wiring import Tokens

pytestmark = pytest.mark.parametrize("system", sorted(registry.systems()))


def test_every_system_has_a_case(system: str) -> None:
    assert callable(load(system))


def test_it_connects(case: Case) -> None:
    assert case.connect().companies()


def test_connecting_asks_nothing_of_the_network(case: Case) -> None:
    case.connect()
    assert case.wire.sent == []


def test_a_wrong_secret_is_a_broken_connection_and_is_not_tried_again(case: Case) -> None:
    for _ in range(3):
        with pytest.raises(ConnectionBroken):
            case.connect(**case.wrong_secret).companies()
    assert len(case.wire.sent) == 1


def test_an_expired_sign_in_is_renewed_unseen(case: Case, system: str) -> None:
    client = case.connect()
    client.companies()
    case.expire()
    assert client.companies()
    for entity in [entity for key, entity in declared("reads") if key == system]:
        case.expire()
        found = [record.key for page in client.read(entity, "", case.scope) for record in page.records]
        assert sorted(found) == sorted(case.truth(entity))


def test_a_sign_in_that_ends_between_two_pages_is_renewed_unseen(case: Case) -> None:
    entity = sorted(case.several_pages)[0]
    found = []
    for page in case.connect().read(entity, "", case.scope):
        found += [record.key for record in page.records]
        case.expire()
    assert sorted(found) == sorted(case.truth(entity))


def test_ping_is_green_when_all_is_well(case: Case) -> None:
    checks = case.connect().ping()
    assert len(checks) > 3
    assert [check for check in checks if check.verdict is not Verdict.FOUND] == []
    assert all(check.why for check in checks)


def test_ping_is_red_with_advice_when_the_secret_is_wrong(case: Case) -> None:
    red = _red(case.connect(**case.wrong_secret).ping())
    assert red
    assert all(check.why and check.advice for check in red)


def test_ping_is_red_when_nobody_answers(case: Case) -> None:
    case.wire.loses = lambda request: True
    assert _red(case.connect().ping())


def test_no_secret_shows_in_a_log_an_error_or_a_repr(case: Case, system: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    good, bad = case.connect(), case.connect(**case.wrong_secret)
    echo = " ".join(case.secrets)
    shown: list[object] = [repr(good), repr(bad), *good.ping(), *bad.ping()]
    for entity in [entity for key, entity in declared("reads") if key == system]:
        case.fault(entity, "status", status=500, body=f"trouble with {echo}")
        shown.append(_failure(good, entity, case))
    shown.append(_failure(bad, Entity.VENDOR, case))
    text = caplog.text + "".join(map(_all_of, shown))
    assert isinstance(case.kit.tokens, Tokens)
    tokens = case.kit.tokens.seen
    assert tokens
    assert "trouble with" in text  # the vendor's own words are quoted, without what they repeat of ours
    assert [secret for secret in (*case.secrets, *case.wrong_secret.values(), *tokens) if secret in text] == []


def _red(checks: Sequence[Check]) -> list[Check]:
    return [check for check in checks if check.verdict is Verdict.MISSING]


def _failure(client: Any, entity: Entity, case: Case) -> SyncError:
    with pytest.raises(SyncError) as caught:
        list(client.read(entity, "", case.scope))
    return caught.value


def _all_of(shown: object) -> str:
    if isinstance(shown, SyncError):
        return f"{shown!r} {shown} {shown.detail} {shown.__cause__!r} {shown.__dict__}"
    return repr(shown)
