"""Records: filters, paging, CSV, and the story of one."""

import csv
import io
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from integrations.models import MirrorRecord, OutboxItem, RecordLink, SourceRecord
from integrations.web import paging
from integrations.web.compare import moved
from tenants.scope import tenant_scope
from tests.factories import Cast, signed_in
from tests.integrations.factories import Desk

HOSTILE = [
    "?q=%00",
    "?q=%ED%A0%80&state=held",
    "?state=%27%20OR%201=1--&entity=x",
    "?flow=not-a-uuid&run=1",
    "?before=9999999999999999999999",
    "?before=-1",
    "?before=%D9%A1",
    "?q=" + "a" * 5000,
    "?id=1&id=2&state[]=x",
    "?q=%25_%5C%27%22",
]


def numbers(client: Client, query: str) -> list[str]:
    page = client.get(f"/records/{query}")
    assert page.status_code == 200
    return re.findall(r"<bdi>(INV-\d+|[A-Z]+-\d+)</bdi></a>", page.content.decode())


def test_states_kinds_codes_and_beginnings_narrow_the_list(owner: Client, desk: Desk) -> None:
    desk.record("done")
    desk.record("held", code="no_due_date")
    desk.record("out", code="settled", party_name="Ace Hardware")
    assert numbers(owner, "") == ["INV-00003", "INV-00002", "INV-00001"]
    assert numbers(owner, "?state=held") == ["INV-00002"]
    assert numbers(owner, "?code=settled") == ["INV-00003"]
    assert numbers(owner, "?q=ace") == ["INV-00003"]
    assert numbers(owner, "?q=inv-00001") == ["INV-00001"]
    assert numbers(owner, "?q=00001") == []
    assert numbers(owner, "?entity=vendor") == []


def test_pages_show_every_record_once(owner: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging.page_of, "__kwdefaults__", {"key": "id", "size": 2})
    for _ in range(5):
        desk.record()
    seen, query = [], ""
    while True:
        page = owner.get(f"/records/{query}").content.decode()
        seen += re.findall(r"<bdi>(INV-\d+)</bdi></a>", page)
        more = re.search(r'href="(\?before=\d+)">Older', page)
        if not more:
            break
        query = more[1]
    assert seen == [f"INV-{n:05d}" for n in (5, 4, 3, 2, 1)]


@pytest.mark.parametrize("query", HOSTILE)
@pytest.mark.parametrize("path", ["/records/", "/records.csv", "/review/", "/runs/", "/audit/"])
def test_no_query_breaks_a_page(owner: Client, desk: Desk, path: str, query: str) -> None:
    desk.record("held", code="no_due_date")
    response: Any = owner.get(path + query)
    assert response.status_code == 200
    assert b"".join(response.streaming_content) if response.streaming else response.content


def rows_of(client: Client, query: str = "") -> list[dict[str, str]]:
    response: Any = client.get(f"/records.csv{query}")
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_csv_is_what_is_shown_and_opens_safely(owner: Client, desk: Desk) -> None:
    desk.record("held", code="no_due_date", party_name='=HYPERLINK("http://evil")', amount="-12.50")
    desk.record("done", number="00123")
    [row] = rows_of(owner, "?state=held")
    assert row["Party name"] == '\'=HYPERLINK("http://evil")'
    assert row["Amount"] == "-12.500000"
    assert row["State"] == "Needs you"
    assert rows_of(owner)[1]["Number"] == "00123"


def test_the_csv_goes_on_past_one_chunk(owner: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.web.exports.CHUNK", 2)
    for _ in range(5):
        desk.record()
    assert [row["Number"] for row in rows_of(owner)] == [f"INV-{n:05d}" for n in range(1, 6)]


def test_a_record_tells_its_story(owner: Client, desk: Desk) -> None:
    lines = [{"key": "1", "description": "Bolts", "net": "1234.5"}]
    item = desk.record("done", snapshot={"key": "x", "currency": "USD", "invoice_date": "2026-10-30", "lines": lines})
    page = owner.get(f"/records/{item.uuid}/").content.decode()
    assert "00n00001" in page
    assert "account 4471 → 5010 by rule 3 version 2" in page
    assert "id 00n9, amount 100.00" in page
    assert "30 Oct 2026" in page
    assert "1,234.50" in page


def test_a_lost_answer_is_told_as_such(owner: Client, desk: Desk) -> None:
    page = owner.get(f"/records/{desk.record('uncertain', code='answer_lost').uuid}/").content.decode()
    assert "The answer was lost: it is looked up" in page


def test_a_held_record_says_why_and_a_clerk_can_have_it_decided_again(clerk: Client, desk: Desk) -> None:
    item = desk.record("held", code="no_due_date")
    page = clerk.get(f"/records/{item.uuid}/").content.decode()
    assert "Because no_due_date." in page
    assert "Decide again" in page


def test_strange_snapshots_are_shown_as_text(owner: Client, desk: Desk) -> None:
    odd = {"amount": "NaN", "due": {"a": 1}, "lines": [{"net": "x"}], "valid_from": "soon", "t": "<b>", "n": [1, "2"]}
    item = desk.record("held", code="internal", snapshot=odd)
    page = owner.get(f"/records/{item.uuid}/")
    assert page.status_code == 200
    assert "&lt;b&gt;" in page.content.decode()


def test_a_foreign_record_is_not_there(desk: Desk, cast: Cast) -> None:
    item = desk.record()
    assert signed_in(cast.stranger).get(f"/records/{item.uuid}/").status_code == 404
    assert rows_of(signed_in(cast.stranger)) == []


def test_both_sides_stand_beside_each_other_and_a_difference_is_named(owner: Client, desk: Desk) -> None:
    item = desk.record("done", amount="100.00")
    with tenant_scope(desk.tenant_id):
        RecordLink.objects.update(echo={"number": "INV-00001", "amount": "100", "currency": "USD"})
        listed: dict[str, Any] = {"connection": desk.integration.ap, "entity": "invoice", "target_id": "00n00001"}
        MirrorRecord.objects.create(**listed, number="INV-00001", amount="100.00", seen_at=timezone.now())
    assert "They agree" in owner.get(f"/records/{item.uuid}/").content.decode()
    with tenant_scope(desk.tenant_id):
        MirrorRecord.objects.update(amount="90.00", standing="scheduled")
    page = owner.get(f"/records/{item.uuid}/").content.decode()
    assert "They differ" in page
    assert "payment scheduled there" in page


def test_what_was_sent_names_accounts_and_no_tax_id(owner: Client, desk: Desk) -> None:
    item = desk.record("done")
    line = {"amount": "100.00", "account": "0ca1", "origin": "4471|B=10", "description": "Bolts"}
    with tenant_scope(desk.tenant_id):
        RecordLink.objects.update(sent={"what": "invoice", "number": "X", "tax_id": "c2VhbGVk", "lines": [line]})
        listed: dict[str, Any] = {"connection": desk.integration.ap, "entity": "gl_account", "target_id": "0ca1"}
        MirrorRecord.objects.create(**listed, number="5010", name="Materials", seen_at=timezone.now())
    page = owner.get(f"/records/{item.uuid}/").content.decode()
    assert "5010 Materials" in page
    assert "4471|B=10" in page
    assert "c2VhbGVk" not in page


def test_a_record_that_left_the_ledger_and_its_notes_are_told(owner: Client, desk: Desk) -> None:
    item = desk.record("done")
    with tenant_scope(desk.tenant_id):
        SourceRecord.objects.update(gone_since=timezone.now())
        OutboxItem.objects.update(notes=[{"code": "weak_duplicate", "message": "Same amount and date as INV-9."}])
    page = owner.get(f"/records/{item.uuid}/").content.decode()
    assert "No longer in" in page
    assert "Same amount and date as INV-9." in page


@pytest.mark.parametrize(
    ("ours", "stored", "listed", "words"),
    [
        ("1", "1", "1", ""),
        ("2", "1", "1", "Changed at its source"),
        ("1", "1", "2", "Changed there"),
        ("2", "1", "3", "Changed on both sides"),
        ("2", "1", "2", "Changed on both sides, alike"),
        (None, "1", "2", "Changed there"),
        ("2", None, "1", ""),
    ],
)
def test_who_moved_a_field_is_said_in_words(ours: str | None, stored: str | None, listed: str, words: str) -> None:
    assert moved(ours, stored, listed) == words
