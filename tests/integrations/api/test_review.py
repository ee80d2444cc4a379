"""The review queue by the API: filters, retry, answers, two people, bulk, and what keys may not do."""

import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from integrations.models import Answer, OutboxItem, ReviewItem, SourceRecord
from tenants.models import Role, User
from tenants.scope import tenant_scope
from tests.factories import Cast, join, person, signed_in
from tests.integrations.api.conftest import Program, error_of
from tests.integrations.factories import Desk

V1 = "/api/v1/review-items"
CHOICES = [
    {"key": "create", "label": "Send it all the same", "act": "override"},
    {"key": "open_amount", "label": "Send what is open", "act": "work"},
]


def held(desk: Desk, code: str = "partly_paid", **fields: Any) -> ReviewItem:
    """A held record that asks a question."""
    item = desk.record("held", code=code, **fields)
    with tenant_scope(desk.tenant_id):
        review: ReviewItem = ReviewItem.objects.get(item=item)
        review.problems = [{**review.problems[0], "subject": "s1", "choices": CHOICES}]
        review.save()
    return review


def real(desk: Desk) -> None:
    """The connections are no simulators: two people are needed."""
    with tenant_scope(desk.tenant_id):
        desk.integration.ap.environment = "production"
        desk.integration.ap.save()


def member(cast: Cast, role: Role) -> User:
    user = person()
    join(user, cast.tenant, role)
    return user


def post(client: Client, path: str, **body: Any) -> Any:
    return client.post(f"{V1}/{path}/", body, content_type="application/json")


def state(review: ReviewItem, desk: Desk) -> str:
    with tenant_scope(desk.tenant_id):
        return str(OutboxItem.objects.get(pk=review.item_id).state)


@pytest.fixture
def clerk(cast: Cast) -> Client:
    return signed_in(cast.colleague)


def test_the_list_shows_open_ones_with_reasons_choices_and_record(clerk: Client, desk: Desk) -> None:
    review = held(desk, amount="10.50")
    held(desk, "no_due_date")
    [row] = clerk.get(f"{V1}/", {"code": "partly_paid", "entity": "invoice"}).json()["results"]
    assert (row["id"], row["record"]["amount"]) == (str(review.uuid), "10.5")
    assert [choice["key"] for choice in row["problems"][0]["choices"]] == ["create", "open_amount"]
    assert clerk.get(f"{V1}/", {"urgent": "true"}).json()["results"] == []


def test_a_clerk_answers_what_takes_one_person(clerk: Client, desk: Desk) -> None:
    review = held(desk)
    body = post(clerk, f"{review.uuid}/resolve", choice="open_amount", reason="the rest was paid").json()
    assert (body["status"], body["answers"][0]["status"]) == ("resolved", "approved")
    assert state(review, desk) == "ready"


def test_what_takes_two_is_proposed_and_approved_by_another(clerk: Client, desk: Desk, cast: Cast) -> None:
    real(desk)
    review, controller = held(desk), signed_in(member(cast, Role.CONTROLLER))
    body = post(clerk, f"{review.uuid}/resolve", choice="create", reason="it is another one").json()
    assert (body["answers"][0]["status"], state(review, desk)) == ("proposed", "held")
    own = post(clerk, f"{review.uuid}/approve")
    assert (own.status_code, state(review, desk)) == (403, "held")
    assert post(controller, f"{review.uuid}/approve").status_code == 200
    assert state(review, desk) == "ready"


def test_a_rejected_proposal_leaves_the_question_open(clerk: Client, desk: Desk, cast: Cast) -> None:
    real(desk)
    review, controller = held(desk), signed_in(member(cast, Role.CONTROLLER))
    post(clerk, f"{review.uuid}/resolve", choice="create", reason="it is another one")
    body = post(controller, f"{review.uuid}/reject", reason="it is the same").json()
    assert (body["answers"][0]["status"], state(review, desk)) == ("rejected", "held")


def test_a_maker_takes_an_own_proposal_back(clerk: Client, desk: Desk, cast: Cast) -> None:
    real(desk)
    member(cast, Role.CONTROLLER)
    review = held(desk)
    post(clerk, f"{review.uuid}/resolve", choice="create", reason="it is another one")
    assert post(clerk, f"{review.uuid}/withdraw").json()["answers"][0]["status"] == "withdrawn"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"choice": "open_amount", "reason": "x", "code": "other"}, 409, "closed"),
        ({"choice": "nonsense", "reason": "x"}, 409, "which"),
        ({"choice": "open_amount", "reason": " "}, 400, "invalid"),
        ({"choice": "open_amount"}, 400, "invalid"),
        ({"choice": "open_amount", "reason": "x", "tenant": "y"}, 400, "invalid"),
    ],
)
def test_an_answer_that_fits_nothing_is_refused(
    clerk: Client, desk: Desk, body: dict[str, Any], status: int, code: str
) -> None:
    review = held(desk)
    answer = post(clerk, f"{review.uuid}/resolve", **body)
    assert (answer.status_code, error_of(answer)["code"]) == (status, code)
    assert state(review, desk) == "held"


def test_retry_alone_and_many(clerk: Client, desk: Desk) -> None:
    reviews = [held(desk) for _ in range(3)] + [held(desk, "uncertain")]
    assert post(clerk, f"{reviews[0].uuid}/retry").json() == {"retried": 1}
    again = post(clerk, f"{reviews[0].uuid}/retry")
    assert (again.status_code, error_of(again)["code"]) == (409, "refused")
    assert post(clerk, "retry", ids=[str(each.uuid) for each in reviews]).json()["done"] == 2
    assert state(reviews[3], desk) == "held"


def test_ignoring_many_says_of_each_what_became_of_it(clerk: Client, desk: Desk, cast: Cast) -> None:
    real(desk)
    member(cast, Role.CONTROLLER)
    small, large, gone = held(desk), held(desk), str(desk.integration.uuid)
    with tenant_scope(desk.tenant_id):
        SourceRecord.objects.filter(pk=large.item.source_id).update(amount=Decimal("1000.01"))
    body = post(clerk, "ignore", ids=[str(small.uuid), str(large.uuid), gone], reason="paid by card").json()
    assert (body["done"], body["proposed"], list(body["refused"])) == (1, 1, [gone])
    assert (state(small, desk), state(large, desk)) == ("ignored", "held")


def test_linking_to_what_is_not_there_is_refused(clerk: Client, desk: Desk) -> None:
    review = held(desk)
    answer = post(clerk, f"{review.uuid}/link", target_id="00n404", reason="I saw it")
    assert (answer.status_code, error_of(answer)["code"]) == (409, "unknown")


@pytest.mark.parametrize("act", ["retry", "resolve", "ignore", "link", "approve", "reject", "withdraw"])
def test_an_auditor_and_a_key_without_scope_change_nothing(program: Program, desk: Desk, cast: Cast, act: str) -> None:
    review = held(desk)
    body = {"choice": "open_amount", "reason": "x"} if act == "resolve" else {}
    for client in (signed_in(member(cast, Role.AUDITOR)), program("read", "map", "settings")):
        answer = post(client, f"{review.uuid}/{act}", **body)
        assert (answer.status_code, error_of(answer)["code"]) == (403, "permission_denied")
    assert state(review, desk) == "held"


def test_a_key_retries_with_its_scope_and_does_no_more(program: Program, desk: Desk) -> None:
    review, client = held(desk), program("retry")
    assert post(client, f"{review.uuid}/resolve", choice="open_amount", reason="x").status_code == 403
    assert post(client, f"{review.uuid}/retry").json() == {"retried": 1}


def test_of_two_who_answer_at_once_one_is_told(desk: Desk, cast: Cast) -> None:
    review, codes = held(desk), []

    def one() -> None:
        client = signed_in(cast.colleague)
        codes.append(post(client, f"{review.uuid}/resolve", choice="open_amount", reason="x").status_code)
        connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with tenant_scope(desk.tenant_id):
        assert Answer.objects.filter(item=review.item_id).count() == 1
    assert sorted(codes) == [200, 409, 409, 409]


def test_the_catalogue_of_reasons_is_read_by_programs(owner: Client) -> None:
    rows = owner.get("/api/v1/reasons/").json()["results"]
    found = {row["code"]: row for row in rows}["unmapped_account"]
    assert (found["owner"], found["where"]) == ("clerk", "mapping")
    assert found["do"].startswith("Map it once")
