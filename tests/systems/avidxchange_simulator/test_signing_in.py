"""Three ways in, tokens that end, and the shapes of a 401."""

import httpx
import pytest

from integrations.systems.avidxchange.simulator import Customer
from tests.systems.avidxchange_simulator.api import PAIR, Api, Place, code

PING = "/v1/accountingSystems"
OTHER = Customer("other", "t2", "u2", company_id="C-2", gateway_key="g2", accounting_systems=((5, "Other"),))


def _token(api: Api, path: str = "/oauth2/token", secret: str = "demo-secret") -> httpx.Response:
    return api.http.post(path, data={"grant_type": "client_credentials"}, auth=("demo-client", secret))


def _login(api: Api, **changes: str) -> httpx.Response:
    form = {"grant_type": "password", "username": "ap@example.com", "password": "demo-password", **changes}
    return api.http.post("/v1/authorizations", data=form)


def _partner(place: Place, company: str = "C-1001") -> Api:
    token = _token(Api(place.sim, {})).json()["access_token"]
    return Api(place.sim, {"Authorization": f"Bearer {token}", "X-Company-Id": company})


def test_the_token_pair_shows_the_accounting_systems_without_paging(place: Place) -> None:
    assert place.api.get(PING).json() == {"Items": [{"ID": 4711, "Name": "IFS Cloud"}]}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 900902),
        ({"AvidAuthorization": PAIR["AvidAuthorization"]}, 900902),
        ({"Authorization": PAIR["Authorization"]}, 900901),
        ({**PAIR, "Authorization": "Bearer wrong"}, 900901),
    ],
)
def test_the_gateway_refuses_its_own_bearer_with_a_fault(headers: dict[str, str], expected: int) -> None:
    response = Place(headers).api.get(PING)
    assert (response.status_code, code(response)) == (401, expected)


def test_the_application_refuses_the_users_bearer_with_an_exception() -> None:
    response = Place({**PAIR, "AvidAuthorization": "Bearer wrong"}).api.get(PING)
    assert response.status_code == 401
    assert set(response.json()["exception"]) == {"reason", "detail"}


def test_the_token_pair_may_be_sent_in_other_headers() -> None:
    headers = {"X-Company-Token": "demo-company-token", "X-User-Token": "demo-user-token"}
    place = Place(headers, company_token_header="X-Company-Token", user_token_header="X-User-Token")
    assert place.api.get(PING).status_code == 200


def test_a_partner_gets_a_token_and_names_the_company_on_every_call(place: Place) -> None:
    assert _partner(place).get(PING).status_code == 200
    assert _partner(place, "").get(PING).status_code == 400
    response = _partner(place, "C-9").get(PING)
    assert (response.status_code, code(response)) == (403, 900908)


def test_a_partners_client_reaches_each_customer_by_its_company() -> None:
    place = Place(customers=(Customer(), OTHER))
    assert _partner(place, "C-2").get(PING).json()["Items"] == [{"ID": 5, "Name": "Other"}]


def test_the_company_may_be_named_in_the_query() -> None:
    place = Place(company_query="companyId")
    api = _partner(place)
    assert api.get(PING).status_code == 400
    assert api.get(PING, companyId="C-1001").status_code == 200
    assert place.sim.ledger()[-1]["company_id"] == "C-1001"


@pytest.mark.parametrize("path", ["/token", "/oauth2/token"])
def test_a_second_token_request_answers_the_same_token_with_the_seconds_left(place: Place, path: str) -> None:
    first = _token(Api(place.sim, {}), path).json()
    place.clock.forward(600)
    second = _token(Api(place.sim, {}), path).json()
    assert second["access_token"] == first["access_token"]
    assert first["expires_in"] - 602 <= second["expires_in"] <= first["expires_in"] - 600


def test_a_simulator_may_give_a_new_token_each_time() -> None:
    api = Place({}, same_token=False).api
    assert _token(api).json()["access_token"] != _token(api).json()["access_token"]


def test_a_wrong_client_secret_is_refused_as_oauth_says(place: Place) -> None:
    response = _token(Api(place.sim, {}), secret="wrong")
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


def test_client_id_and_secret_may_be_sent_in_the_form(place: Place) -> None:
    form = {"grant_type": "client_credentials", "client_id": "demo-client", "client_secret": "demo-secret"}
    assert Api(place.sim, {}).http.post("/token", data=form).status_code == 200


def test_a_gateway_login_takes_the_key_and_a_users_password(place: Place) -> None:
    api = Api(place.sim, {"Authorization": "Bearer demo-gateway-key"})
    token = _login(api).json()["access_token"]
    api.http.headers["AvidAuthorization"] = f"Bearer {token}"
    assert api.get(PING).status_code == 200


def test_a_gateway_login_says_what_is_wrong(place: Place) -> None:
    api = Api(place.sim, {"Authorization": "Bearer demo-gateway-key"})
    response = _login(api, password="wrong")
    assert response.status_code == 400
    assert response.json()["error_description"]
    assert code(_login(Api(place.sim, {"Authorization": "Bearer wrong"}))) == 900901


def test_tokens_end_by_the_clock_and_at_will(place: Place) -> None:
    api = _partner(place)
    place.clock.forward(3601)
    assert code(api.get(PING)) == 900903
    api = _partner(place)
    assert api.get(PING).status_code == 200
    place.sim.expire_tokens()
    assert code(api.get(PING)) == 900903


def test_a_mode_that_is_switched_off_does_not_let_in() -> None:
    assert Place(auth_modes=("gateway_login",)).api.get(PING).status_code == 401
    assert _token(Place({}, auth_modes=("token_pair",)).api).status_code == 401


def test_a_401_has_any_of_its_three_shapes() -> None:
    fault, exception, challenge = (
        Place({}, unauthorized=shape).api.get(PING) for shape in ("fault", "exception", "challenge")
    )
    assert code(fault) == 900902
    assert "exception" in exception.json()
    assert (challenge.content, challenge.headers["www-authenticate"].split()[0]) == (b"", "OAuth2")


def test_one_customer_sees_nothing_of_another() -> None:
    place = Place(customers=(Customer(), OTHER))
    invoice = place.invoices(1)[0]
    payment = place.sim.make_payment([invoice])
    stranger = Api(place.sim, {"Authorization": "Bearer t2", "AvidAuthorization": "Bearer u2"})
    assert stranger.get("/v1/accountingSystems/4711/invoices").status_code == 404
    assert stranger.get(f"/v1/accountingSystems/5/invoices/{invoice}").status_code == 404
    assert stranger.get(f"/v1/invoices/{invoice}/image").status_code == 404
    assert stranger.get("/v1/payments", paymentIds=payment).json()["Items"] == []
