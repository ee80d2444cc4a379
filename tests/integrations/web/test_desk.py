"""Working on the queue in the pages: filters, chips, giving, commenting, acting on everything that matches."""

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from django.utils import timezone

from integrations.models import Comment, MirrorRecord, OutboxItem, ReviewItem
from integrations.store import bulk
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.factories import Cast
from tests.integrations.factories import Desk


def text(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def said(client: Client, path: str, **data: object) -> str:
    return client.post(path, data, follow=True).content.decode()


def test_a_filter_is_a_chip_that_can_be_taken_away(owner: Client, desk: Desk) -> None:
    desk.record("held", code="no_due_date", number="MINE", due=date(2026, 12, 1))
    desk.record("held", code="no_number", number="OTHER")
    page = text(owner, "/review/?code=no_due_date&due=2026-12-31&sort=amount")
    assert "MINE" in page
    assert "OTHER" not in page
    assert "1 record matches: 100.00" in page
    assert 'href="/review/?due=2026-12-31&amp;sort=amount"' in page
    assert "to be paid by 31 December 2026" in page


def test_a_cause_says_where_it_is_mended_once_and_retries_only_its_own(clerk: Client, desk: Desk) -> None:
    for named in ("4471", "4471", "4472"):
        desk.record("held", code="unmapped_account", named=named)
    page = text(clerk, "/review/")
    assert "Account without a counterpart: <bdi>4471</bdi>" in page
    assert f"/mappings/rule/?integration={desk.integration.uuid}&amp;table=account&amp;source=4471" in page
    cause = {"every": "on", "code": "unmapped_account", "named": "4471", "flow": str(desk.flows["invoice"].uuid)}
    assert "2 records will be decided again" in said(clerk, "/review/retry/", **cause)
    with tenant_scope(desk.tenant_id):
        assert ReviewItem.objects.get(status="open").named == "4472"


def test_everything_that_matches_is_what_is_shown_and_no_more(clerk: Client, desk: Desk) -> None:
    for currency in ("USD", "CAD", "USD"):
        desk.record("held", code="a", currency=currency)
    assert 'name="currency" value="USD"' in text(clerk, "/review/?currency=USD")
    assert "2 records commented." in said(clerk, "/review/comment/", every="on", currency="USD", text="Asked them.")
    with tenant_scope(desk.tenant_id):
        assert Comment.objects.filter(item__source__currency="USD").count() == Comment.objects.count() == 2


def test_the_chosen_are_given_to_somebody_and_found_as_theirs(clerk: Client, cast: Cast, desk: Desk) -> None:
    item, _ = desk.record("held", code="a", number="GIVEN"), desk.record("held", code="a", number="LEFT")
    page = said(clerk, "/review/assign/", item=str(item.uuid), to=str(cast.colleague.pk))
    assert "1 record given to them." in page
    mine = text(clerk, "/review/?assignee=me")
    assert "GIVEN" in mine
    assert "LEFT" not in mine
    assert "given to me" in mine
    assert "1 record given to nobody." in said(clerk, "/review/assign/", item=str(item.uuid), to="nobody")


@pytest.mark.parametrize("to", ["", "0", "x", "99999999", "stranger"])
def test_work_is_not_given_to_strangers(clerk: Client, cast: Cast, desk: Desk, to: str) -> None:
    item = desk.record("held", code="a")
    to = str(cast.stranger.pk) if to == "stranger" else to
    assert "Choose who gets them." in said(clerk, "/review/assign/", item=str(item.uuid), to=to)


def test_what_was_left_is_told_with_its_reason(clerk: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MOST", 2)
    desk.record("held", code="uncertain")
    for _ in range(2):
        desk.record("held", code="a")
    page = said(clerk, "/review/retry/", every="on")
    assert "1 record will be decided again" in page
    assert "1 record left as they are. 1: it may be on the other side already: compare both sides first." in page
    assert "1 record more match: 2 are done at once." in page


def test_ignoring_without_a_reason_is_refused_in_words(clerk: Client, desk: Desk) -> None:
    item = desk.record("held", code="a", amount="1.00")
    assert "Say why, in a few words" in said(clerk, "/review/ignore/", item=str(item.uuid), reason=" ")
    assert "That is no day." in said(clerk, "/review/ignore/", item=str(item.uuid), reason="x", until="soon")
    with tenant_scope(desk.tenant_id):
        assert OutboxItem.objects.get(pk=item.pk).state == "held"


def test_a_record_shows_who_has_it_and_what_was_said(clerk: Client, cast: Cast, desk: Desk) -> None:
    item = desk.record("held", code="a")
    work = f"/records/{item.uuid}/work/"
    assert f"Given to {cast.colleague.email}." in said(clerk, work, do="assign", to=str(cast.colleague.pk))
    page = said(clerk, work, do="comment", text="The supplier <b>sends</b> a new one.")
    assert "The supplier &lt;b&gt;sends&lt;/b&gt; a new one." in page
    assert f"given to <bdi>{cast.colleague.email}</bdi>" in page
    assert "1 comment<" in text(clerk, "/review/")


def test_an_uncertain_record_shows_what_was_looked_for_and_found(owner: Client, desk: Desk) -> None:
    item = desk.record("uncertain")
    with tenant_scope(desk.tenant_id):
        item.intents.update(looks=2, evidence=[{"id": "00n77", "amount": "99.00"}])
    page = text(owner, f"/records/{item.uuid}/")
    assert "What was looked for, and found" in page
    assert "looked up 2 times without finding it" in page
    assert "<td><bdi>00n77</bdi></td>" in page


@pytest.mark.parametrize("role", [Role.OWNER, Role.AUDITOR])
def test_who_only_looks_sees_no_boxes_and_no_forms(
    browser_of: Callable[[Role], Client], desk: Desk, role: Role
) -> None:
    item = desk.record("held", code="a")
    client = browser_of(role)
    assert 'name="item"' not in text(client, "/review/")
    assert 'name="text"' not in text(client, f"/records/{item.uuid}/")
    for path in ("/review/assign/", "/review/comment/"):
        assert client.post(path, {"every": "on", "text": "x", "to": "nobody"}).status_code == 403


def test_a_possible_duplicate_stands_beside_what_it_may_be_field_by_field(owner: Client, desk: Desk) -> None:
    choices = (("link:00n9", "It is 00n9", "work"), ("create", "Create it anyway", "override"))
    item = desk.record("held", code="possible_duplicate", number="INV-1", amount="-100.00", choices=choices)
    with tenant_scope(desk.tenant_id):
        MirrorRecord.objects.create(
            connection=desk.integration.ap,
            entity="invoice",
            target_id="00n9",
            number="INV-001",
            amount=100,
            currency="USD",
            seen_at=timezone.now(),
        )
    page = text(owner, f"/records/{item.uuid}/")
    assert "Beside what it may be in BILL" in page
    assert page.count("the same</span>") == 2  # the amount of a credit is positive there
    assert "<bdi>INV-001</bdi> <span" in page
