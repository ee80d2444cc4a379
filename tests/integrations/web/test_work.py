"""Working off one record: answers drawn from its questions, links, ignoring, two people, and who comes second."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from integrations.models import Answer, Connection, MirrorRecord, OutboxItem, RecordLink
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.integrations.factories import Desk

CHOICES = (
    ("link:00n77", "It is bill 4711: link it", "work"),
    ("create", "It is another one: send it", "override"),
)


@pytest.fixture
def real(desk: Desk) -> Desk:
    """Nothing is a simulator: two people are needed where the rules say so."""
    with tenant_scope(desk.tenant_id):
        Connection.objects.update(environment="production")
        MirrorRecord.objects.create(
            connection=desk.integration.ap,
            entity="invoice",
            target_id="00n77",
            number="4711",
            amount="100.00",
            currency="USD",
            seen_at=timezone.now(),
        )
    return desk


def duplicate(desk: Desk) -> OutboxItem:
    return desk.record("held", code="possible_duplicate", choices=CHOICES)


def act(client: Client, item: OutboxItem, **sent: str) -> str:
    sent = {"do": "answer", "code": "possible_duplicate", "subject": "", **sent}
    return client.post(f"/records/{item.uuid}/work/", sent, follow=True).content.decode()


def state_of(desk: Desk, item: OutboxItem) -> str:
    with tenant_scope(desk.tenant_id):
        found: str = OutboxItem.objects.values_list("state", flat=True).get(pk=item.pk)
        return found


def answer_of(desk: Desk) -> Answer:
    with tenant_scope(desk.tenant_id):
        found: Answer = Answer.objects.select_related("made_by", "checked_by").get()
        return found


def test_a_clerk_links_alone(clerk: Client, real: Desk) -> None:
    item = duplicate(real)
    assert "It is bill 4711: link it" in clerk.get(f"/records/{item.uuid}/").content.decode()
    assert "Answered." in act(clerk, item, choice="link:00n77", reason="Same paper")
    assert state_of(real, item) == "ready"


def test_an_override_is_proposed_and_somebody_else_approves(
    clerk: Client, browser_of: Callable[[Role], Client], real: Desk
) -> None:
    controller, item = browser_of(Role.CONTROLLER), duplicate(real)
    assert "(two people)" in clerk.get(f"/records/{item.uuid}/").content.decode()
    assert "Proposed:" in act(clerk, item, choice="create", reason="Two deliveries")
    page = clerk.get("/review/proposals/").content.decode()
    assert "Two deliveries" in page
    assert "Approve" not in page
    assert state_of(real, item) == "held"
    path = f"/answers/{answer_of(real).uuid}/"
    assert "Somebody else approves this" in clerk.post(path, {"do": "approve"}, follow=True).content.decode()
    assert "Approve" in controller.get("/review/proposals/").content.decode()
    controller.post(path, {"do": "approve", "next": "/review/proposals/"})
    assert (answer_of(real).status, state_of(real, item)) == ("approved", "ready")


def test_an_answer_needs_a_reason_and_what_was_typed_stays(clerk: Client, real: Desk) -> None:
    item = duplicate(real)
    page = clerk.post(f"/records/{item.uuid}/work/", {"do": "link", "target": "00n77", "reason": " "})
    assert page.status_code == 400
    assert "Say why" in page.content.decode()
    assert "checked" in page.content.decode()


def test_the_second_of_two_is_told(clerk: Client, browser_of: Callable[[Role], Client], real: Desk) -> None:
    item, other = duplicate(real), browser_of(Role.CLERK)
    act(clerk, item, choice="link:00n77", reason="Same paper")
    page = act(other, item, choice="link:00n77", reason="Same paper")
    assert "Not done." in page
    assert "was faster" in page


def test_a_record_is_found_on_the_other_side_and_linked(clerk: Client, real: Desk) -> None:
    item = real.record("held", code="no_due_date")
    assert "00n77" in clerk.get(f"/records/{item.uuid}/?find=47").content.decode()
    assert "Linked." in act(clerk, item, do="link", target="00n77", reason="Entered by hand")
    with tenant_scope(real.tenant_id):
        assert RecordLink.objects.get().made_by == "person"


def test_ignoring_up_to_the_limit_takes_one_person_above_it_two(
    clerk: Client, browser_of: Callable[[Role], Client], real: Desk
) -> None:
    browser_of(Role.CONTROLLER)
    small, large = (real.record("held", code="no_due_date", amount=amount) for amount in ("1000.00", "1000.01"))
    assert "Ignored." in act(clerk, small, do="ignore", reason="Test entry")
    assert "Proposed:" in act(clerk, large, do="ignore", reason="Test entry")
    assert (state_of(real, small), state_of(real, large)) == ("ignored", "held")
    assert "No longer ignored" in act(clerk, small, do="unignore", reason="It was real")


def test_many_are_ignored_with_one_reason(clerk: Client, real: Desk) -> None:
    items = [real.record("held", code="no_due_date", amount="1.00") for _ in range(3)]
    sent = {"item": [str(item.uuid) for item in items[:2]], "reason": "Recurring test"}
    assert "2 records ignored" in clerk.post("/review/ignore/", sent, follow=True).content.decode()
    assert [state_of(real, item) for item in items] == ["ignored", "ignored", "held"]


def test_a_link_is_taken_back_by_two_people(clerk: Client, browser_of: Callable[[Role], Client], real: Desk) -> None:
    controller, item = browser_of(Role.CONTROLLER), real.record("done")
    act(clerk, item, do="unlink", target="00n00001", reason="Wrong bill")
    controller.post(f"/answers/{answer_of(real).uuid}/", {"do": "approve"})
    assert state_of(real, item) == "held"
    with tenant_scope(real.tenant_id):
        assert not RecordLink.objects.exists()


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.OWNER])
def test_who_may_not_decide_gets_no_button(browser_of: Callable[[Role], Client], real: Desk, role: Role) -> None:
    item, client = duplicate(real), browser_of(role)
    assert "It is bill 4711" not in client.get(f"/records/{item.uuid}/").content.decode()
    act(client, item, choice="link:00n77", reason="x")
    assert state_of(real, item) == "held"


def test_filters_narrow_the_queue(clerk: Client, real: Desk) -> None:
    real.record("held", code="no_due_date", urgent=True, number="PRESSING-1")
    real.record("held", code="no_due_date", number="CALM-1")
    page = clerk.get("/review/?urgent=on").content.decode()
    assert "PRESSING-1" in page
    assert "CALM-1" not in page
    assert "CALM-1" in clerk.get("/review/?q=calm").content.decode()
