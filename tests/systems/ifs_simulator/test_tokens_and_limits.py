"""Sign-in, expiry, and the request limit."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from integrations.systems.ifs.simulator import Client, Fault
from tests.systems.ifs_simulator.conftest import INVOICES, Caller, Clock


@pytest.mark.parametrize(
    ("given", "status", "error"),
    [
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"secret": "wrong"}, 401, "unauthorized_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "everything"}, 400, "invalid_scope"),
        ({"realm": "other"}, 404, "Realm does not exist"),
    ],
)
def test_refused_sign_ins(caller: Caller, given: dict[str, str], status: int, error: str) -> None:
    found = caller.sign_in(**given)
    assert (found.status_code, found.json()["error"]) == (status, error)


def test_client_without_service_account(make: Callable[..., Caller]) -> None:
    caller = make(clients=(Client("ml-connector", "demo-secret", service_account=False),))
    assert "service account" in caller.sign_in().json()["error_description"]


def test_token_ends_after_its_time(caller: Caller, clock: Clock) -> None:
    assert caller.sign_in().json()["expires_in"] == 180
    clock.forward(179)
    assert caller.get(INVOICES).status_code == 200
    clock.forward(2)
    found = caller.get(INVOICES)
    assert (found.status_code, found.content) == (401, b"")


def test_no_or_wrong_token_is_401(caller: Caller) -> None:
    assert caller.http.get(INVOICES).status_code == 401
    caller.token = "guessed"
    assert caller.get(INVOICES).status_code == 401


def test_expired_by_hand_or_by_fault(caller: Caller) -> None:
    caller.sim.expire_tokens()
    assert caller.get(INVOICES).status_code == 401
    caller.token = caller.sign_in().json()["access_token"]
    caller.sim.faults.add(Fault("expire_token", after=1))
    assert [caller.get(INVOICES).status_code for _ in range(3)] == [200, 401, 401]


def test_discovery_names_the_token_endpoint(caller: Caller) -> None:
    found = caller.http.get("/auth/realms/demo/.well-known/openid-configuration").json()
    assert caller.http.post(found["token_endpoint"]).status_code == 400


def test_limit_slides_and_refused_requests_do_not_count(make: Callable[..., Caller], clock: Clock) -> None:
    caller = make(requests_per_window=3)
    assert [caller.get(INVOICES).status_code for _ in range(2)] == [200, 200]
    clock.forward(30)
    assert [caller.get(INVOICES.replace("main", "int", 1)).status_code for _ in range(3)] == [200, 429, 429]
    assert caller.get(INVOICES).headers["retry-after"] == "30"
    clock.forward(31)
    assert [caller.get(INVOICES).status_code for _ in range(3)] == [200, 200, 429]
    assert caller.sim.stats()["max_in_window"] == 3
    assert caller.sim.stats()["limited"] == 4


def test_retry_after_may_be_missing(make: Callable[..., Caller]) -> None:
    caller = make(requests_per_window=0 + 1, retry_after=False)
    caller.get(INVOICES)
    found = caller.get(INVOICES)
    assert found.status_code == 429
    assert "retry-after" not in found.headers


def test_ledger_shows_requests_but_no_secret(caller: Caller) -> None:
    caller.get(f"{INVOICES}?$top=1")
    caller.sign_in(secret="wrong-horse")
    entries = caller.sim.ledger()
    assert [(each["method"], each["status"], each["client"]) for each in entries] == [
        ("POST", 200, "ml-connector"),
        ("GET", 200, "ml-connector"),
        ("POST", 401, "ml-connector"),
    ]
    assert entries[1]["path"] == f"{INVOICES}?$top=1"
    assert entries[1]["bytes"] > 500
    assert not re.search(rf"demo-secret|wrong-horse|{caller.token}", str(entries) + repr(caller.sim.config))
    assert caller.sim.ledger(since=2) == entries[2:]


def test_requests_in_flight_are_counted(make: Callable[..., Caller]) -> None:
    caller = make(latency=0.05)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: caller.get(INVOICES).status_code, range(4)))
    assert answers == [200] * 4
    assert caller.sim.stats()["max_in_flight"] == 4
