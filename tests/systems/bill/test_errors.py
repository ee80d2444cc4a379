import json

import pytest

from integrations.engine.errors import ConnectionBroken, OutcomeUnknown, Rejected, Retryable, SyncError
from integrations.engine.records import Entity
from integrations.systems.bill.errors import reasons, refusals
from tests.systems.bill.world import DEV_KEY, World, codes, read_all, vendor_draft


def answer(code: str, message: str = "x") -> str:
    return json.dumps([{"code": code, "severity": "ERROR", "message": message}])


def on_read(world: World, status: int, body: str, **headers: str) -> SyncError:
    world.fault("status", "/v3/vendors", times=None, status=status, body=body, headers=headers)
    with pytest.raises(SyncError) as caught:
        read_all(world.client, Entity.VENDOR)
    return caught.value


def on_write(world: World, status: int, body: str) -> SyncError:
    world.fault("status", "/v3/vendors", method="POST", times=None, status=status, body=body)
    with pytest.raises(SyncError) as caught:
        world.post(vendor_draft())
    return caught.value


@pytest.mark.parametrize("status", [400, 422, 429])
def test_too_many_at_once_waits_a_moment(world: World, status: int) -> None:
    error = on_write(world, status, answer("BDC_1322"))
    assert isinstance(error, Retryable)
    assert error.after is not None
    assert 1 <= error.after <= 8


@pytest.mark.parametrize("status", [422, 429])
def test_the_hourly_limit_closes_the_developer_key_until_the_next_hour(world: World, status: int) -> None:
    error = on_read(world, status, answer("BDC_1144"))
    assert isinstance(error, Retryable)
    assert error.after is not None
    assert 1800 - 10 < error.after <= 1800 + 60  # it is half past nine
    assert [(":" in key.removeprefix("bill:"), wait) for key, wait in world.budgets.closed.items()] == [
        (False, error.after)
    ]
    assert len(world.calls("GET", "/v3/vendors")) == 1


def test_the_sign_in_limit_leaves_sessions_that_work_alone(world: World) -> None:
    world.fault("status", "/v3/login", status=422, body=answer("BDC_1144"))
    with pytest.raises(Retryable) as caught:
        world.client.companies()
    assert caught.value.code == "hourly_limit"
    assert world.budgets.closed == {}


def test_a_locked_organization_is_left_alone_for_fifteen_minutes(world: World) -> None:
    error = on_read(world, 423, answer("BDC_1107"))
    assert isinstance(error, Retryable)
    assert error.after == 900
    assert [key.rpartition(":")[2] for key in world.budgets.closed] == ["00802DEMOORGANIZA001"]


def test_a_429_without_a_code_slows_down_this_organization_and_nobody_who_shares_its_developer_key(
    world: World,
) -> None:
    assert isinstance(on_read(world, 429, "[]"), Retryable)
    assert [key.rpartition(":")[2] for key in world.budgets.closed] == ["00802DEMOORGANIZA001"]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("body", [answer("BDC_1001"), "<html>Bad gateway</html>", '{"message":"boom"}', ""])
def test_trouble_on_their_side_leaves_a_write_unknown(world: World, status: int, body: str) -> None:
    assert isinstance(on_write(world, status, body), OutcomeUnknown)


@pytest.mark.parametrize(("status", "body"), [(500, answer("BDC_1001")), (502, "<html>Bad gateway</html>"), (504, "")])
def test_trouble_on_their_side_passes_for_a_read(world: World, status: int, body: str) -> None:
    assert isinstance(on_read(world, status, body), Retryable)


def test_429_without_retry_after_is_retryable(world: World) -> None:
    assert isinstance(on_read(world, 429, '{"message":"slow down"}'), Retryable)


def test_429_with_retry_after_waits_that_long(world: World) -> None:
    error = on_read(world, 429, "", **{"retry-after": "17"})
    assert isinstance(error, Retryable)
    assert error.after == 17


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (answer("BDC_1171"), "duplicate_number", "number"),
        (answer("BDC_9876"), "bdc_9876", ""),
        (answer("BDC_1143"), "bdc_1143", ""),
        (answer("", "address.city: must not be blank"), "field_missing", "address.city"),
        (answer("", "billLineItems[0].amount: is out of range"), "field_refused", "billLineItems[0].amount"),
        ('{"message":"no"}', "rejected", ""),
        ("<html>no</html>", "rejected", ""),
        ("", "rejected", ""),
        ("[" * 100_000, "rejected", ""),
        ('["text", 5, null]', "rejected", ""),
    ],
)
def test_refused_data_goes_to_a_person_in_our_words(world: World, body: str, code: str, field: str) -> None:
    error = on_write(world, 422, body)
    assert isinstance(error, Rejected)
    assert (error.code, error.problems[0].field) == (code, field)
    assert "BDC" not in error.message


def test_all_reasons_of_a_refusal_come_at_once() -> None:
    body = json.dumps([{"message": "address.city: must not be null"}, {"message": "name: must not be blank"}])
    assert [problem.field for problem in reasons(refusals(body.encode()))] == ["address.city", "name"]


def test_rolled_back_neighbours_give_no_reason_of_their_own() -> None:
    body = json.dumps([{"code": "BDC_1246"}, {"code": "BDC_1205"}, {"code": "BDC_1246"}])
    assert codes(reasons(refusals(body.encode()))) == ["not_found"]


def test_missing_rights_break_the_connection_with_advice(world: World) -> None:
    error = on_read(world, 403, '{"message":"Forbidden"}')
    assert isinstance(error, ConnectionBroken)
    assert "administrator" in error.message


def test_an_object_instead_of_an_array_on_401_renews_the_session(world: World) -> None:
    world.fault("status", "/v3/vendors", status=401, body='{"message":"Unauthorized"}')
    assert read_all(world.client, Entity.VENDOR)[0] == []
    assert len(world.calls("POST", "/v3/login")) == 2


def test_a_wrong_path_is_the_connections_fault(world: World) -> None:
    assert on_write(world, 404, answer("BDC_1121")).code == "wrong_path"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_never_followed(world: World, status: int) -> None:
    error = on_write(world, status, "") if status == 301 else on_redirect(world, status)
    assert isinstance(error, OutcomeUnknown if status == 301 else ConnectionBroken)
    assert {request.url.host for request in world.sent} == {"gateway.bill.test"}


def on_redirect(world: World, status: int) -> SyncError:
    world.fault("redirect", "/v3/vendors", status=status, location="https://evil.example/steal")
    with pytest.raises(SyncError) as caught:
        read_all(world.client, Entity.VENDOR)
    return caught.value


def test_details_quote_bill_without_the_secrets(world: World) -> None:
    error = on_write(world, 422, answer("BDC_1143", f"devKey {DEV_KEY} refused \n\x1b[31m"))
    assert DEV_KEY not in error.detail
    assert "\n" not in error.detail
    assert "\x1b" not in error.detail
