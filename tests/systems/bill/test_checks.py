import time

import pytest

from integrations.systems.base import Check, Verdict
from tests.systems.bill.world import DEV_KEY, PASSWORD, World


def ping(world: World, **settings: str) -> dict[str, Check]:
    return {check.name: check for check in world.connect(**settings).ping()}


def test_everything_is_found_on_a_healthy_connection(world: World) -> None:
    checks = ping(world)
    assert {check.verdict for check in checks.values()} == {Verdict.FOUND}
    assert {"Reach", "Sign-in", "Organization", "Clock", "Vendors", "Bills", "Chart of accounts"} <= checks.keys()
    assert {"Departments", "Payments", "Webhooks"} <= checks.keys()


def test_a_ping_changes_nothing(world: World) -> None:
    ping(world)
    assert {request.method for request in world.sent if request.url.path != "/connect/v3/login"} == {"GET"}


@pytest.mark.parametrize(
    ("values", "word"), [({"password": "wrong-password"}, "password"), ({"dev_key": "wrong-key"}, "developer key")]
)
def test_wrong_credentials_fail_at_sign_in_with_advice(world: World, values: dict[str, str], word: str) -> None:
    checks = ping(world, **values)
    assert checks["Reach"].verdict is Verdict.FOUND
    assert checks["Sign-in"].verdict is Verdict.MISSING
    assert word in checks["Sign-in"].why
    assert checks["Sign-in"].advice
    assert checks["Bills"].verdict is Verdict.WARNING
    assert len(world.sent) == 1


def test_a_server_that_does_not_answer_fails_at_reach(world: World) -> None:
    world.fault("drop_before", times=None)
    assert ping(world)["Reach"].verdict is Verdict.MISSING


def test_a_missing_right_shows_at_its_resource_only(world: World) -> None:
    world.fault("status", "/v3/bills", times=None, status=403, body='[{"message":"Forbidden"}]')
    checks = ping(world)
    assert [name for name, check in checks.items() if check.verdict is not Verdict.FOUND] == ["Bills"]
    assert checks["Bills"].verdict is Verdict.MISSING
    assert "right" in checks["Bills"].advice


def test_refused_webhooks_are_only_a_warning(world: World) -> None:
    world.fault("status", "/connect-events/", times=None, status=403, body='{"message":"Forbidden"}')
    assert ping(world)["Webhooks"].verdict is Verdict.WARNING


def test_a_user_is_advised_to_use_a_token(world: World) -> None:
    checks = ping(world, credential_kind="user", username="ap@example.com", password="demo-password")
    assert checks["Sign-in"].verdict is Verdict.WARNING
    assert "token" in checks["Sign-in"].advice


def test_a_clock_ten_minutes_off_is_said(world: World) -> None:
    stamp = "Sat, 21 Nov 2026 09:40:00 GMT"
    body = '{"organizationId":"00802DEMOORGANIZA001","userId":"006"}'
    world.fault("status", "/v3/login/session", status=200, body=body, headers={"date": stamp})
    clock = ping(world)["Clock"]
    assert clock.verdict is Verdict.WARNING
    assert "600 seconds" in clock.why or "599 seconds" in clock.why


@pytest.mark.slow
def test_a_ping_ends_within_ten_seconds(world: World) -> None:
    world.fault("slow", "max=1", times=None, seconds=3.5)
    started = time.monotonic()
    checks = ping(world)
    assert time.monotonic() - started < 10
    assert "slow" in checks["Payments"].why


def test_no_secret_shows_in_any_line(world: World) -> None:
    body = f'[{{"code":"BDC_1102","message":"{DEV_KEY} {PASSWORD}"}}]'
    world.fault("status", "/v3/login", status=401, body=body)
    text = repr(ping(world))
    assert DEV_KEY not in text
    assert PASSWORD not in text
