"""The review queue: groups, order, retry."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import AuditEntry
from integrations.models import DueFlow, OutboxItem, ReviewItem
from integrations.store import queue
from integrations.store.answers import NEVER_BLINDLY
from integrations.web import review
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.factories import Cast, signed_in
from tests.integrations.factories import Desk


def test_groups_say_how_many_how_much_and_when(owner: Client, desk: Desk) -> None:
    desk.record("held", code="no_due_date", amount="10.00", due=date(2026, 12, 2))
    desk.record("held", code="no_due_date", amount="5.00", due=date(2026, 12, 1))
    desk.record("held", code="paid_elsewhere", amount="1.00", currency="CAD", urgent=True)
    with tenant_scope(desk.tenant_id):
        _, [first, second] = queue.summed(queue.opened(), 9)
    assert (first.code, first.urgent) == ("paid_elsewhere", 1)
    assert (second.count, second.earliest, str(second.amounts["USD"])) == (2, date(2026, 12, 1), "15.000000")
    page = owner.get("/review/").content.decode().replace("\xa0", " ")
    assert "3 records need you: 1.00 CAD and 15.00 USD, earliest due 1 December 2026. 1 may cost money now." in page


def test_urgent_then_due_over_several_pages(owner: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "SIZE", 2)
    desk.record("held", code="a", due=None)
    for day in (3, 1, 2):
        desk.record("held", code="a", due=date(2026, 12, day))
    desk.record("held", code="a", due=date(2027, 1, 1), urgent=True)
    seen, query = [], ""
    while True:
        page = owner.get(f"/review/{query}").content.decode()
        seen += re.findall(r"<bdi>INV-0000(\d)</bdi>", page)
        more = re.search(r'href="(\?after=[^"]+)">Next', page)
        if not more:
            break
        query = more[1]
    assert seen == ["5", "3", "4", "2", "1"]


def test_retry_makes_ready_closes_and_audits(clerk: Client, desk: Desk, cast: Cast) -> None:
    item = desk.record("held", code="no_due_date")
    later = timezone.now() + timedelta(hours=1)
    DueFlow.objects.filter(flow_id=item.flow_id).update(due_at=later, poll_at=later)
    clerk.post("/review/retry/", {"item": str(item.uuid)})
    with tenant_scope(desk.tenant_id):
        item = OutboxItem.objects.get(pk=item.pk)
        closed = ReviewItem.objects.get(item=item)
        entry = AuditEntry.objects.get(action="retried")
    assert (item.state, item.attempts) == ("ready", 0)
    assert (closed.status, closed.resolution, closed.resolved_by) == ("resolved", "retried", cast.colleague)
    assert (entry.source_key, entry.actor_id) == (item.source_key, str(cast.colleague.pk))
    assert DueFlow.objects.get(flow_id=item.flow_id).due_at < later


def test_a_whole_reason_is_retried_at_once_and_nothing_else(clerk: Client, desk: Desk) -> None:
    for _ in range(3):
        desk.record("held", code="no_due_date")
    other = desk.record("held", code="no_number")
    assert (
        "3 records will be decided again"
        in clerk.post("/review/retry/", {"every": "on", "code": "no_due_date"}, follow=True).content.decode()
    )
    with tenant_scope(desk.tenant_id):
        assert [r.item_id for r in ReviewItem.objects.filter(status="open")] == [other.pk]


@pytest.mark.parametrize("code", sorted(NEVER_BLINDLY))
def test_what_may_be_there_already_is_never_written_again_by_a_click(clerk: Client, desk: Desk, code: str) -> None:
    item = desk.record("held", code=code)
    clerk.post("/review/retry/", {"item": str(item.uuid)})
    clerk.post("/review/retry/", {"every": "on", "code": code})
    with tenant_scope(desk.tenant_id):
        assert OutboxItem.objects.get(pk=item.pk).state == "held"
    assert "Compare both sides first" in clerk.get("/review/").content.decode()
    assert "Decide again" not in clerk.get(f"/records/{item.uuid}/").content.decode()


def test_the_second_of_two_finds_nothing_to_do(clerk: Client, desk: Desk) -> None:
    item = desk.record("held", code="no_due_date")
    clerk.post("/review/retry/", {"item": str(item.uuid)})
    page = clerk.post("/review/retry/", {"item": str(item.uuid)}, follow=True).content.decode()
    assert "Nothing was chosen, or it is no longer held." in page
    with tenant_scope(desk.tenant_id):
        assert AuditEntry.objects.filter(action="retried").count() == 1


@pytest.mark.parametrize("sent", [{}, {"code": "no_due_date"}, {"item": "x"}, {"item": "\0"}, {"item": ["-" * 36] * 9}])
def test_nonsense_retries_nothing(clerk: Client, desk: Desk, sent: dict[str, str]) -> None:
    desk.record("held", code="no_due_date")
    assert clerk.post("/review/retry/", sent).status_code == 302
    with tenant_scope(desk.tenant_id):
        assert ReviewItem.objects.filter(status="open").count() == 1


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.OWNER])
def test_who_may_not_retry_sees_no_button(browser_of: Callable[[Role], Client], desk: Desk, role: Role) -> None:
    item = desk.record("held", code="no_due_date")
    client = browser_of(role)
    assert "Retry" not in client.get("/review/").content.decode()
    assert client.post("/review/retry/", {"item": str(item.uuid)}).status_code == 403


def test_nobody_retries_a_foreign_record(desk: Desk, cast: Cast) -> None:
    item = desk.record("held", code="no_due_date")
    stranger = signed_in(cast.stranger)
    stranger.post("/review/retry/", {"item": str(item.uuid)})
    with tenant_scope(desk.tenant_id):
        assert OutboxItem.objects.get(pk=item.pk).state == "held"


def test_the_way_back_stays_here(clerk: Client, desk: Desk) -> None:
    item = desk.record("held", code="no_due_date")
    sent = {"item": str(item.uuid), "next": "//evil.example/"}
    assert clerk.post("/review/retry/", sent).headers["Location"] == "/review/"


def test_an_empty_queue_says_so(owner: Client, desk: Desk) -> None:
    assert "Nothing needs you." in owner.get("/review/").content.decode()


def test_the_page_of_reasons_says_what_waits_for_each_now(owner: Client, desk: Desk) -> None:
    desk.record("held", code="no_due_date")
    page = owner.get("/review/reasons/").content.decode()
    assert "Every bill needs a due date, and none is ever invented." in page
    assert 'href="/review/?code=no_due_date">1<' in page
