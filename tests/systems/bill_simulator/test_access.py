"""Signing in, sessions, the keys they are bound to."""

from integrations.systems.bill.simulator import Organization, SimulatorConfig
from tests.systems.bill_simulator.api import USER, Api, Place, codes

OTHER = Organization("00802OTHERORGANIZA02", "Other", ("other-key",))


def test_token_login_answers_an_untrusted_session_of_the_organization(place: Place) -> None:
    body = place.api.login().json()
    assert body["organizationId"] == Organization().id
    assert body["trusted"] is False
    assert place.api.get("/v3/login/session").json()["userId"] == body["userId"]


def test_login_names_every_missing_field_without_a_code(place: Place) -> None:
    response = place.api.post("/v3/login", {"userName": "x"})
    assert response.status_code == 400
    assert codes(response) == ["", "", "", ""]
    assert "username: must not be blank" in response.text


def test_wrong_password_key_and_organization_have_their_own_codes(place: Place) -> None:
    assert codes(place.api.login(password="wrong")) == ["BDC_1101"]
    assert codes(place.api.login(devKey="wrong")) == ["BDC_1102"]
    assert codes(place.api.login(organizationId="00802NOBODY000000001")) == ["BDC_1123"]


def test_calls_without_headers_or_with_another_key_are_401_bdc_1109() -> None:
    place = Place(SimulatorConfig(organizations=(Organization(), OTHER)))
    session = place.api.http.headers["sessionId"]
    stranger = Api(place.sim)
    assert codes(stranger.get("/v3/bills")) == ["BDC_1109"]
    stranger.http.headers.update({"sessionId": session, "devKey": "other-key"})
    response = stranger.get("/v3/bills")
    assert (response.status_code, codes(response)) == (401, ["BDC_1109"])


def test_user_session_slides_for_35_minutes_and_then_ends(place: Place) -> None:
    place.api.login(**USER)
    for _ in range(3):
        place.clock.forward(minutes=34)
        assert place.api.get("/v3/login/session").status_code == 200
    place.clock.forward(minutes=36)
    assert codes(place.api.get("/v3/login/session")) == ["BDC_1109"]


def test_token_session_lives_for_48_idle_hours(place: Place) -> None:
    place.clock.forward(hours=47)
    assert place.api.get("/v3/login/session").status_code == 200
    place.clock.forward(hours=48, seconds=1)
    assert place.api.get("/v3/login/session").status_code == 401


def test_logout_answers_nothing_and_kills_the_session(place: Place) -> None:
    response = place.api.post("/v3/logout")
    assert (response.status_code, response.content) == (200, b"")
    assert place.api.get("/v3/vendors").status_code == 401


def test_one_organization_cannot_see_another() -> None:
    place = Place(SimulatorConfig(organizations=(Organization(), OTHER)))
    vendor = place.vendor()
    stranger = Api(place.sim, OTHER.id)
    stranger.login(devKey="other-key")
    response = stranger.get(f"/v3/vendors/{vendor}")
    assert (response.status_code, codes(response)) == (404, ["BDC_1205"])
    assert stranger.get("/v3/vendors").json()["results"] == []


def test_payments_need_a_trusted_user_and_a_remembered_device_gives_one() -> None:
    organization = Organization(remembered_devices={"remember-1": "laptop"})
    place = Place(SimulatorConfig(organizations=(organization,)))
    bill = place.bill(place.vendor())
    payment = {
        "billId": bill["id"], "vendorId": bill["vendorId"], "amount": 120.5, "processDate": "2026-03-10",
        "fundingAccount": {"type": "BANK_ACCOUNT", "id": "bac02DEMOBANKAAAA001"}, "processingOptions": {},
    }  # fmt: skip
    response = place.api.post("/v3/payments", payment)
    assert (response.status_code, codes(response)) == (403, ["BDC_1361"])
    assert place.api.login(**USER, rememberMeId="remember-1", device="laptop").json()["trusted"] is True
    assert place.api.post("/v3/payments", payment).status_code == 201


def test_unknown_path_and_wrong_case_are_bdc_1121(place: Place) -> None:
    place.api.checked = False
    assert codes(place.api.get("/v3/Bills")) == ["BDC_1121"]
    assert codes(place.api.get("/v3/session")) == ["BDC_1121"]
    assert codes(place.api.call("DELETE", "/v3/vendors/00902")) == ["BDC_1121"]


def test_health_needs_no_session(place: Place) -> None:
    assert Api(place.sim).get("/v3/health").status_code == 200


def test_a_token_may_be_denied_parts_of_the_api() -> None:
    place = Place(SimulatorConfig(token_denied=("/v3/organizations", "/v3/subscriptions")))
    path = f"/v3/organizations/{place.api.organization}"
    assert place.api.get(path).status_code == 403
    place.api.login(**USER)
    assert place.api.get(path).json()["id"] == place.api.organization
