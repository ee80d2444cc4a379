"""Working on the queue by the API: causes, orders, filters, and acts on many."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from integrations.models import ReviewItem
from tenants.scope import tenant_scope
from tests.factories import Cast, signed_in
from tests.integrations.api.conftest import Program, error_of
from tests.integrations.factories import Desk

V1 = "/api/v1/review-items"


@pytest.fixture
def clerk(cast: Cast) -> Client:
    return signed_in(cast.colleague)


def post(client: Client, path: str, **body: Any) -> Any:
    return client.post(f"{V1}/{path}/", body, content_type="application/json")


def reviews(desk: Desk) -> list[str]:
    with tenant_scope(desk.tenant_id):
        return [str(uuid) for uuid in ReviewItem.objects.order_by("id").values_list("uuid", flat=True)]


def test_causes_carry_exact_amounts_and_what_to_do(clerk: Client, desk: Desk) -> None:
    desk.record("held", code="unmapped_account", named="4471", amount="10.10")
    desk.record("held", code="unmapped_account", named="4471", amount="1.00", currency="CAD")
    found = clerk.get(f"{V1}/causes/").json()
    [cause] = found["results"]
    assert (found["count"], cause["count"], cause["named"], cause["owner"]) == (2, 2, "4471", "clerk")
    assert cause["amounts"] == {"CAD": "1", "USD": "10.1"}
    assert cause["do"].startswith("Map it once")


def test_items_come_in_the_order_of_money_at_risk_over_pages(clerk: Client, desk: Desk) -> None:
    for amount, urgent in (("1.00", False), ("9.00", False), ("5.00", True)):
        desk.record("held", code="a", amount=amount, urgent=urgent)
    seen, address = [], f"{V1}/?order=risk&limit=1"
    while address:
        body = clerk.get(address).json()
        seen += [row["record"]["amount"] for row in body["results"]]
        address = body["next"]
    assert seen == ["5", "9", "1"]


@pytest.mark.parametrize(
    "query", ["assignee=who@example.test", "order=best", "least=x", "urgent=false", "cursor=!&order=risk"]
)
def test_a_filter_that_makes_no_sense_is_refused(clerk: Client, query: str) -> None:
    answer = clerk.get(f"{V1}/?{query}")
    assert (answer.status_code, error_of(answer)["code"]) == (400, "invalid")


def test_given_items_are_found_by_their_assignee(clerk: Client, cast: Cast, desk: Desk) -> None:
    desk.record("held", code="a"), desk.record("held", code="b")
    [first, _] = reviews(desk)
    assert post(clerk, f"{first}/assign", to=cast.colleague.email).json()["assignee"] == cast.colleague.email
    [row] = clerk.get(f"{V1}/?assignee={cast.colleague.email}").json()["results"]
    assert row["id"] == first
    assert post(clerk, f"{first}/assign", to=cast.stranger.email).status_code == 400
    assert post(clerk, f"{first}/assign", to=None).json()["assignee"] is None


def test_an_act_on_all_that_a_filter_matches(clerk: Client, cast: Cast, desk: Desk) -> None:
    for code in ("a", "a", "b"):
        desk.record("held", code=code)
    assert post(clerk, "comment", filter={"code": "a"}, text="seen").json()["done"] == 2
    assert post(clerk, "assign", filter={"code": "a"}, to=cast.colleague.email).json()["done"] == 2
    assert post(clerk, "retry", filter={"code": "a"}).json()["done"] == 2
    assert clerk.get(f"{V1}/{reviews(desk)[0]}/comments/").json()["results"][0]["text"] == "seen"


def test_what_is_wrong_is_said_at_its_place_within_the_body(clerk: Client, desk: Desk) -> None:
    answer = post(clerk, "assign", filter={"code": "", "flow": "x"}, to="y")
    assert set(error_of(answer)["details"]) == {"filter.code", "filter.flow", "to"}
    assert error_of(post(clerk, "retry", ids=[str(uuid4()), "x"]))["details"] == {"ids.1": ["Must be a valid UUID."]}


@pytest.mark.parametrize("body", [{}, {"ids": [], "filter": {}}, {"filter": {"codes": "a"}}, {"ids": ["x"]}])
def test_an_act_names_ids_or_a_filter_and_not_both(clerk: Client, desk: Desk, body: dict[str, Any]) -> None:
    desk.record("held", code="a")
    assert post(clerk, "retry", **body).status_code == 400
    with tenant_scope(desk.tenant_id):
        assert ReviewItem.objects.get().status == "open"


def test_a_key_retries_all_and_gives_and_says_nothing(program: Program, cast: Cast, desk: Desk) -> None:
    desk.record("held", code="a")
    key = program("read", "retry")
    assert post(key, "assign", filter={}, to=None).status_code == 403
    assert post(key, "comment", filter={}, text="x").status_code == 403
    assert post(key, "retry", filter={}).json()["done"] == 1


def test_the_same_act_sent_again_is_done_once(clerk: Client, desk: Desk) -> None:
    desk.record("held", code="a")
    body: dict[str, Any] = {"filter": {"code": "a"}, "text": "once"}
    asked: dict[str, Any] = {"content_type": "application/json", "headers": {"Idempotency-Key": "k1"}}
    first, second = (clerk.post(f"{V1}/comment/", body, **asked).json() for _ in range(2))
    assert first == second
    assert len(clerk.get(f"{V1}/{reviews(desk)[0]}/comments/").json()["results"]) == 1
