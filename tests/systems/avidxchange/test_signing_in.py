"""Three ways to sign in; a token is renewed early and once after it was refused; nothing of it is ever shown."""

import logging

import httpx
import pytest

from integrations.engine.errors import ConnectionBroken, Retryable
from integrations.engine.records import Entity
from tests.systems.avidxchange.world import CLOSED, GATEWAY, HOST, PARTNER, World, items

modes = pytest.mark.parametrize("signs", [{}, PARTNER, GATEWAY], ids=["pair", "partner", "gateway"])
fetched = pytest.mark.parametrize("signs", [PARTNER, GATEWAY], ids=["partner", "gateway"])


@modes
def test_each_way_gets_in(signs: dict[str, str]) -> None:
    world = World(signs)
    assert [company.key for company in world.client.companies()] == ["4711"]


def test_a_pair_of_tokens_goes_out_in_two_headers() -> None:
    world = World()
    world.client.companies()
    headers = world.wire.sent[-1].headers
    assert headers["Authorization"] == "Bearer demo-company-token"
    assert headers["AvidAuthorization"] == "Bearer demo-user-token"


def test_header_names_come_from_the_profile() -> None:
    headers = '{"X-Company-Token": "{company_token}", "X-User-Token": "{user_token}"}'
    overrides = f'{{"auth": {{"headers": {{"token_pair": {headers}}}}}}}'
    options = {"company_token_header": "X-Company-Token", "user_token_header": "X-User-Token"}
    assert World({"profile": overrides}, options).client.companies()


@pytest.mark.parametrize("send_as", ["header", "query"])
def test_every_call_carries_the_company(send_as: str) -> None:
    spec = f'{{"company": {{"send_as": "{send_as}", "name": "X-Company-Id"}}}}'
    world = World(PARTNER | {"profile": spec}, {"company_query": "X-Company-Id"} if send_as == "query" else {})
    world.read(Entity.INVOICE)
    asked = [request for request in world.wire.sent if request.url.path != "/token"]
    assert asked
    for request in asked:
        where = request.headers if send_as == "header" else request.url.params
        assert where["X-Company-Id"] == "C-1001"


@fetched
def test_one_token_serves_all_workers(signs: dict[str, str]) -> None:
    world = World(signs)
    for _ in range(3):
        world.connect().companies()
    assert len(world.wire.calls("POST")) == 1


@fetched
def test_a_token_is_renewed_while_it_is_still_good(signs: dict[str, str]) -> None:
    world = World(signs)
    world.client.companies()
    world.clock.forward(3600 - 119)
    world.client.companies()
    assert len(world.wire.calls("POST")) == 2


@fetched
def test_a_token_with_little_left_is_used_for_half_of_that(signs: dict[str, str]) -> None:
    world = World(signs, {"token_seconds": 60})
    for _ in range(3):
        world.client.companies()
    assert len(world.wire.calls("POST")) == 1


@fetched
@pytest.mark.parametrize("shape", ["fault", "exception", "challenge"])
def test_a_refused_token_is_renewed_once_whatever_the_401_looks_like(signs: dict[str, str], shape: str) -> None:
    world = World(signs, {"unauthorized": shape})
    world.client.companies()
    world.sim.expire_tokens()
    assert world.client.companies()
    assert len(world.wire.calls("POST")) == 2


@modes
@pytest.mark.parametrize("shape", ["fault", "exception", "challenge"])
def test_what_stays_refused_is_a_broken_connection(signs: dict[str, str], shape: str) -> None:
    world = World(signs)
    world.fault("unauthorized", "/accountingSystems", times=None, shape=shape)
    with pytest.raises(ConnectionBroken) as caught:
        world.client.companies()
    assert caught.value.code == "sign_in"
    assert len(world.wire.calls("GET")) == (2 if signs else 1)


@fetched
def test_wrong_credentials_are_not_tried_again_for_a_while(signs: dict[str, str]) -> None:
    world = World(signs)
    wrong = {"client_secret": "wrong-secret", "password": "wrong-secret"}
    for _ in range(3):
        with pytest.raises(ConnectionBroken) as caught:
            world.connect(**wrong).companies()
        assert caught.value.code == "sign_in"
    assert len(world.wire.sent) == 1


@fetched
@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_nothing_of_an_authorization_answer_is_shown(
    signs: dict[str, str], status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    world = World(signs)
    world.fault("echo", "/token" if signs is PARTNER else "/authorizations", times=None, status=status)
    with pytest.raises((ConnectionBroken, Retryable)) as caught:
        world.client.companies()
    shown = f"{caught.value!r} {caught.value.detail} {caught.value.__cause__!r} {caplog.text}"
    assert "Service unavailable" not in shown
    for secret in ("demo-secret", "demo-password", "demo-gateway-key", "ap@example.com"):
        assert secret not in shown


def test_an_unreadable_grant_is_retryable_and_is_not_quoted() -> None:
    world = World(PARTNER)
    world.answered_by(lambda request: httpx.Response(200, text="welcome demo-client, demo-secret"))
    with pytest.raises(Retryable) as caught:
        world.client.companies()
    assert caught.value.code == "sign_in_unreadable"
    assert caught.value.detail == ""


def test_a_grant_without_an_end_lasts_as_long_as_the_profile_says() -> None:
    world = World(PARTNER)
    granted = httpx.Response(200, json={"access_token": "token-1"})
    world.answered_by(lambda request: granted if request.method == "POST" else items())
    world.client.companies()
    world.client.companies()
    assert len(world.wire.calls("POST")) == 1


def test_the_token_address_may_lie_elsewhere_and_takes_the_secret_in_the_body() -> None:
    spec = (
        '{"auth": {"token_url": "https://login.avidxchange.test/oauth2/token", "client_auth": "body", "scope": "ap"}}'
    )
    world = World(PARTNER | {"profile": spec})
    world.client.companies()
    (asked,) = world.wire.calls("POST")
    assert asked.url == "https://login.avidxchange.test/oauth2/token"
    assert b"client_secret=demo-secret" in asked.content
    assert b"scope=ap" in asked.content


def test_the_gateway_login_sends_the_key_but_no_empty_token() -> None:
    world = World(CLOSED)
    world.client.companies()
    (login,) = world.wire.calls("POST")
    assert login.url == f"{HOST}/v1/authorizations"
    assert login.headers["Authorization"] == "Bearer demo-gateway-key"
    assert "AvidAuthorization" not in login.headers


def test_two_connections_never_share_a_token() -> None:
    world = World(PARTNER)
    world.client.companies()
    with pytest.raises(ConnectionBroken):
        world.connect(company_id="C-2002").companies()
    assert len(world.wire.calls("POST")) == 2
