"""O25, O29, O33: tokens last as long as they say, are shared, and refused credentials are left alone."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs

import pytest

from integrations.engine.errors import ConnectionBroken, Retryable, SyncError
from integrations.engine.records import Entity
from integrations.systems.ifs.simulator import Client
from tests.contract.wiring import Budget
from tests.systems.ifs.lines.world import SECRET, World

TOKEN = "/protocol/openid-connect/token"


def sign_ins(world: World) -> int:
    return len(world.calls(TOKEN, "POST"))


def failure(world: World, **settings: str) -> SyncError:
    with pytest.raises(SyncError) as caught:
        world.connect(**settings).companies()
    return caught.value


def test_the_form_is_that_of_client_credentials(world: World) -> None:
    world.client.companies()
    form = parse_qs(world.wire.sent[0].content.decode())
    assert world.wire.sent[0].url.path == f"/auth/realms/demo{TOKEN}"
    assert form == {
        "grant_type": ["client_credentials"],
        "client_id": ["ml-connector"],
        "client_secret": [SECRET],
        "scope": ["openid microprofile-jwt"],
    }


def test_only_the_token_goes_with_api_calls(world: World) -> None:
    world.client.companies()
    assert world.wire.sent[1].headers["authorization"].startswith("Bearer ")
    assert SECRET not in str(world.wire.sent[1].headers) + str(world.wire.sent[1].url)
    assert "cookie" not in world.wire.sent[1].headers


@pytest.mark.parametrize("seconds", [180, 60, 5])
def test_a_token_is_used_as_long_as_it_says_and_renewed_before_it_ends(seconds: int) -> None:
    world = World({"token_seconds": seconds})
    for _ in range(30):
        world.client.companies()
        world.clock.forward(seconds / 10)
    assert 3 <= sign_ins(world) <= 8
    assert not [row for row in world.sim.ledger() if row["status"] == 401]


def test_fifty_workers_sign_in_once(world: World) -> None:
    clients = [world.connect() for _ in range(50)]
    with ThreadPoolExecutor(50) as pool:
        list(pool.map(lambda client: client.companies(), clients))
    assert sign_ins(world) == 1


def test_a_token_that_ends_in_mid_paging_is_renewed_and_the_page_repeated(world: World) -> None:
    expected = world.suppliers(12)
    world.fault("expire_token", "/SupplierInfoGeneralSet", after=1)
    assert world.keys() == expected
    assert sign_ins(world) == 2


def test_a_fresh_token_that_is_refused_stops_after_two(world: World) -> None:
    world.fault("status", "/CompanySet", times=None, status=401, body="")
    error = failure(world)
    assert isinstance(error, ConnectionBroken)
    assert error.code == "sign_in"
    assert len(world.calls("/CompanySet")) == 2
    assert sign_ins(world) == 2


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"client_secret": "wrong"}, "client secret"),
        ({"client_id": "nobody"}, "client id"),
        ({"realm": "elsewhere"}, "realm “elsewhere”"),
        ({"scope": "everything"}, "scope"),
    ],
)
def test_refused_credentials_say_what_to_mend_and_are_not_tried_again(
    world: World, typed: dict[str, str], words: str
) -> None:
    for _ in range(3):
        error = failure(world, **typed)
        assert isinstance(error, ConnectionBroken)
        assert words in error.message
    assert sign_ins(world) == 1
    assert world.connect().companies(), "others are not disturbed"


def test_a_client_without_a_service_account_is_refused() -> None:
    world = World({"clients": (Client("ml-connector", SECRET, service_account=False),)})
    assert "service account" in failure(world).message


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 503},
        {"kind": "html", "status": 200},
        {"kind": "html", "status": 502},
        {"kind": "status", "status": 200, "body": {"token_type": "Bearer"}},
        {"kind": "drop_before"},
    ],
    ids=str,
)
def test_a_realm_in_trouble_is_tried_again_later(world: World, fault: dict[str, object]) -> None:
    world.fault(path=TOKEN, times=None, **fault)  # type: ignore[arg-type]
    assert isinstance(failure(world), Retryable)
    world.sim.faults.clear()
    assert world.client.companies()


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        ("17", 17, 17),
        ("Sat, 21 Nov 2026 09:30:40 GMT", 35, 41),
        ("Sat, 21 Nov 2020 09:30:40 GMT", 0, 1),
        (None, 0, 60),
    ],
)
def test_a_limit_waits_as_told_and_closes_the_hosts_budget(
    world: World, header: str | None, low: float, high: float
) -> None:
    world.fault("rate_limited", "/CompanySet", times=None, retry_after=header)
    error = failure(world)
    assert isinstance(error, Retryable)
    assert error.after is not None
    assert low <= error.after <= high
    budget = world.kit.budgets
    assert isinstance(budget, Budget)
    assert budget.closed == {"ifs:t1.ifs.test": error.after}
    assert len(world.calls("/CompanySet")) == 1


def test_the_budget_is_the_hosts_and_as_large_as_the_setting(world: World) -> None:
    world.connect(requests_per_minute="600")
    assert isinstance(world.kit.budgets, Budget)
    assert world.kit.budgets.made["ifs:t1.ifs.test"]["per_minute"] == 600


def test_an_echoed_secret_is_masked(world: World) -> None:
    world.fault("status", TOKEN, times=None, status=401, body={"error": "unauthorized_client", "x": f"got {SECRET}"})
    error = failure(world)
    assert SECRET not in f"{error!r} {error.message} {error.detail}"
    assert "got" in error.detail


def test_allowed_companies_limit_what_is_seen() -> None:
    world = World({"clients": (Client("ml-connector", SECRET, companies=frozenset({"20"})),)})
    world.account("6120", "10")
    assert [company.key for company in world.client.companies()] == ["20"]
    assert world.keys(Entity.GL_ACCOUNT) == []
