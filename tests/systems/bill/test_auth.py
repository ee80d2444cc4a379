from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from integrations.engine.errors import ConnectionBroken, Retryable, SyncError
from integrations.engine.records import Entity
from tests.systems.bill.world import DEV_KEY, ORGANIZATION, PASSWORD, World, read_all, vendor_draft

USER = {"credential_kind": "user", "username": "ap@example.com", "password": "demo-password"}


def logins(world: World) -> int:
    return len(world.calls("POST", "/v3/login"))


def failure(world: World, values: dict[str, str]) -> SyncError:
    with pytest.raises(SyncError) as caught:
        world.connect(**values).companies()
    return caught.value


def test_the_developer_key_is_in_the_login_body_and_a_header_afterwards(world: World) -> None:
    world.client.companies()
    login, after = world.sent[0], world.sent[1]
    assert f'"devKey":"{DEV_KEY}"'.encode() in login.content
    assert "devkey" not in login.headers
    assert after.headers["devkey"] == DEV_KEY
    assert after.headers["sessionid"]


def test_fifty_workers_sign_in_once(world: World) -> None:
    clients = [world.connect() for _ in range(50)]
    with ThreadPoolExecutor(50) as pool:
        sessions = set(pool.map(lambda client: client._gateways.auth.session(), clients))
    assert len(sessions) == 1
    assert logins(world) == 1


def test_a_lost_session_is_renewed_once_and_the_write_replayed(world: World) -> None:
    world.client.companies()
    world.sim.end_sessions()
    receipt = world.post(vendor_draft())[0]
    assert receipt.target_id
    assert logins(world) == 2
    assert len(world.sim.dump("vendors")) == 1


def test_a_session_refused_straight_after_sign_in_stops_after_two(world: World) -> None:
    world.fault("session_lost", "/v3/vendors", times=None)
    with pytest.raises(ConnectionBroken) as caught:
        read_all(world.client, Entity.VENDOR)
    assert caught.value.code == "sign_in"
    assert len(world.calls("GET", "/v3/vendors")) == 2
    assert logins(world) == 2


def test_an_untrusted_session_is_never_cured_by_signing_in_again(world: World) -> None:
    world.client.companies()
    world.fault("untrusted", "/v3/vendors", times=None)
    with pytest.raises(ConnectionBroken) as caught:
        read_all(world.client, Entity.VENDOR)
    assert caught.value.code == "untrusted"
    assert logins(world) == 1
    assert len(world.calls("GET", "/v3/vendors")) == 1


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"password": "wrong-password"}, "wrong_credentials"),
        ({"dev_key": "wrong-dev-key"}, "developer_key"),
    ],
)
def test_wrong_credentials_are_tried_once(world: World, values: dict[str, str], code: str) -> None:
    assert failure(world, values).code == code
    assert failure(world, values).code == code
    assert logins(world) == 1


@pytest.mark.parametrize("bdc", ["1101", "1102", "1103", "1104", "1105", "1110", "1111", "1113", "1123"])
def test_every_refused_sign_in_is_the_connections_fault_with_advice(world: World, bdc: str) -> None:
    world.fault("status", "/v3/login", status=403, body=f'[{{"code":"BDC_{bdc}","message":"no"}}]')
    error = failure(world, {})
    assert isinstance(error, ConnectionBroken)
    assert error.message != "no"
    assert logins(world) == 1


def test_new_credentials_start_afresh(world: World) -> None:
    failure(world, {"password": "wrong-password"})
    assert world.connect().companies()


def test_an_idle_user_session_is_renewed_before_bill_ends_it(worlds: Callable[..., World]) -> None:
    world = worlds(USER)
    world.client.companies()
    world.clock.now = world.clock.now.replace(hour=9, minute=50)
    world.client.companies()
    assert logins(world) == 1
    world.clock.now = world.clock.now.replace(hour=10, minute=16)
    world.client.companies()
    assert logins(world) == 2
    assert not [row for row in world.sim.ledger() if row["status"] == 401]


def test_a_session_in_use_outlives_the_idle_window(worlds: Callable[..., World]) -> None:
    world = worlds(USER)
    for minute in range(0, 60, 10):
        world.clock.now = world.clock.now.replace(hour=10, minute=minute)
        world.client.companies()
    assert logins(world) == 1


def test_stray_blanks_in_stored_values_do_no_harm(world: World) -> None:
    assert world.connect(dev_key=f" {DEV_KEY}\n", organization_id=f"{ORGANIZATION} ").companies()


def test_a_session_of_another_organization_is_refused(world: World) -> None:
    world.fault("status", "/v3/login", status=200, body='{"sessionId":"s","organizationId":"00899OTHER"}')
    assert failure(world, {}).code == "organization"


def test_a_login_answered_with_a_web_page_is_tried_again(world: World) -> None:
    world.fault("html", "/v3/login", times=None)
    assert isinstance(failure(world, {}), Retryable)


def test_no_secret_shows_in_errors_or_reprs(world: World) -> None:
    body = f'[{{"code":"BDC_1101","message":"key {DEV_KEY} password {PASSWORD}"}}]'
    world.fault("status", "/v3/login", status=401, body=body)
    error = failure(world, {})
    shown = " ".join([repr(error), error.message, error.detail, repr(world.client), repr(world.client._options)])
    assert DEV_KEY not in shown
    assert PASSWORD not in shown
