"""What would change: a set of mapping changes is run over real records; nothing moves by looking."""

from copy import copy
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models.base import ModelState
from django.test.utils import CaptureQueriesContext

from integrations.models import (
    FieldMapping,
    GLMapping,
    MappingChange,
    MappingPreview,
    MappingSet,
    OutboxItem,
    PreviewLine,
    RecordLink,
    SourceRecord,
    WriteIntent,
)
from integrations.runner import mappings, previewing
from integrations.store import previews
from integrations.store.mapping_tables import in_force, put_in_force
from tenants.scope import tenant_scope
from tests.factories import Cast
from tests.integrations.runner.town import Make, Town, town_of

__all__ = ["town_of"]


@pytest.fixture
def town(town_of: Make) -> Town:
    """One bill of 100.00 is sent; one invoice of 40.00 on an account that nobody mapped is held."""
    made = town_of()
    made.supplier("S1")
    made.erp.invoice(1, "100.00")
    made.erp.invoice(2, "40.00")
    recode(made, 2, "9999")
    made.sync()
    assert (made.bills(), made.states()["N2"]) == ({"N1": "100.00"}, "held")
    return made


def recode(town: Town, number: int, account: str) -> None:
    """The invoice's cost is on this account of the ERP."""
    place = {"Company": "10", "InvoiceId": number, "ItemId": 1, "RowId": 1}
    town.erp.sim.edit("ManSuppInvoicePostings", place, CodeA=account)


def asked(town: Town, status: str = "proposed", **targets: str | None) -> MappingSet:
    """A set that makes accounts a1, a2 ... become these; None takes the rule out."""
    with tenant_scope(town.tenant_id):
        made: MappingSet = MappingSet.objects.create(
            integration=town.integration, status=status, made_at="2026-11-27T00:00Z"
        )
        now = in_force(town.integration.pk)
        for source, target in targets.items():
            rule = {"table": "account", "company": "", "part": "", "source": source.removeprefix("a")}
            wish = mappings.wish("gl", {**rule, "target": target or ""}, remove=target is None)
            fields = {"rule": wish.rule, "old": now.get(wish.key), "new": wish.values}
            MappingChange.objects.create(set=made, **fields)
        return made


def preview(town: Town, made: MappingSet) -> tuple[dict[str, Any], dict[str, tuple[str, str, str]]]:
    """(totals, what changes by number of the record)."""
    with tenant_scope(town.tenant_id):
        started = previews.start(made, None)
    done = previewing.make_preview(started.pk, town.tenant_id)
    assert (done.status, done.message) == ("ready", "")
    with tenant_scope(town.tenant_id):
        rows = PreviewLine.objects.filter(preview=done).select_related("item__source")
        return done.totals, {row.item.source.number: (row.kind, row.before, row.after) for row in rows}


def test_what_was_posted_is_shown_as_it_was_sent_beside_what_it_would_have_been(town: Town) -> None:
    totals, lines = preview(town, asked(town, a6120="6130"))
    kind, before, after = lines["N1"]
    assert (kind, before.partition(",")[0], after.partition(",")[0]) == (
        "posted",
        "100 on 1000 Cash operating account",
        "100 on 6130 Insurance property",
    )
    moved = [(row["name"], row["currency"], row["before"], row["after"]) for row in totals["accounts"]]
    assert moved == [("1000 Cash operating account", "USD", "100", "0"), ("6130 Insurance property", "USD", "0", "100")]
    assert totals["kinds"] == {"posted": {"count": 1, "amounts": {"USD": "100"}}}
    assert totals["records"] == 2


def test_a_held_record_that_would_go_is_said_with_its_amount(town: Town) -> None:
    totals, lines = preview(town, asked(town, a9999="6130"))
    assert lines["N2"][0] == "freed"
    assert "9999" in lines["N2"][1]
    assert totals["kinds"] == {"freed": {"count": 1, "amounts": {"USD": "40"}}}


def test_a_ready_record_that_would_be_coded_otherwise_or_held_is_said(town: Town) -> None:
    town.erp.invoice(3, "7.00")
    town.sync()
    with tenant_scope(town.tenant_id):
        OutboxItem.objects.filter(source__number="N3").update(state="ready")
        RecordLink.objects.filter(source_key__endswith="3").delete()
    _, other = preview(town, asked(town, a6120="6130"))
    assert other["N3"][0] == "recoded"
    _, gone = preview(town, asked(town, a6120=None))
    assert (gone["N3"][0], gone["N1"][0]) == ("stopped", "posted_held")


def test_looking_writes_nothing_and_asks_nobody(town: Town) -> None:
    def state() -> list[Any]:
        with tenant_scope(town.tenant_id):
            models = (GLMapping, FieldMapping, OutboxItem, RecordLink, WriteIntent)
            return [list(model.objects.order_by("pk").values()) for model in models]

    before, calls = state(), (len(town.ap.sent), len(town.erp.calls()))
    preview(town, asked(town, a6120="6130", a9999="6130"))
    assert (state(), (len(town.ap.sent), len(town.erp.calls()))) == (before, calls)


def test_a_rule_that_changes_nothing_real_changes_nothing(town: Town) -> None:
    totals, lines = preview(town, asked(town, a7777="6130"))
    assert (lines, totals["kinds"], totals["accounts"]) == ({}, {}, [])


def test_after_its_approval_a_set_still_says_which_posted_bills_it_would_have_coded_otherwise(
    town: Town, cast: Cast
) -> None:
    made = asked(town, a6120="6130", a9999="6130")
    with tenant_scope(town.tenant_id):
        put_in_force(made)
        MappingSet.objects.update(status="approved")
        made.refresh_from_db()
    town.sync()
    assert town.bills() == {"N1": "100.00", "N2": "40.00"}
    _, lines = preview(town, made)
    assert {number: kind for number, (kind, *_) in lines.items()} == {"N1": "posted"}


def test_records_of_more_than_ninety_days_ago_are_left_out(town: Town) -> None:
    with tenant_scope(town.tenant_id):
        OutboxItem.objects.get(source__number="N1").source.__class__.objects.filter(number="N1").update(
            dated="2026-01-31"
        )
    totals, lines = preview(town, asked(town, a6120="6130"))
    assert (lines, totals["records"]) == ({}, 1)


def test_two_people_who_ask_at_once_get_one_preview(town: Town) -> None:
    made = asked(town, a6120="6130")
    with tenant_scope(town.tenant_id):
        previews.start(made, None)
        with pytest.raises(previews.PreviewRefused, match="being made already"):
            previews.start(made, None)
        assert MappingPreview.objects.count() == 1


def test_what_a_preview_says_of_open_records_is_what_the_run_does(town: Town) -> None:
    """One code path: the same records go, with the same coding, once the rules are in force."""
    for number, account in ((3, "9999"), (4, "6120"), (5, "8888")):
        town.erp.invoice(number, f"{number}0.00")
        recode(town, number, account)
    town.plan()  # reads everything, writes nothing
    made = asked(town, a6120="6130", a9999="6140")
    _, lines = preview(town, made)
    assert {number: kind for number, (kind, *_) in lines.items()} == {
        "N1": "posted",
        "N2": "freed",
        "N3": "freed",
        "N4": "recoded",
    }
    with tenant_scope(town.tenant_id):
        put_in_force(made)
    town.sync()
    billed = town.coded()
    assert {n: account for n, account in billed.items() if n != "N1"} == {
        number: after.split(" on ")[1].split()[0] for number, (_, _, after) in lines.items() if number != "N1"
    }
    assert billed["N1"] == "1000"  # posted: stays


def multiply(town: Town, times: int) -> None:
    """The posted bill and the held invoice `times` more, each under keys of its own."""
    with tenant_scope(town.tenant_id):
        items = list(OutboxItem.objects.filter(flow__entity="invoice").select_related("source"))
        link = RecordLink.objects.get(entity="invoice")
        for item in items:
            sources = [renamed(item.source, n) for n in range(times)]
            made = SourceRecord.objects.bulk_create(sources, batch_size=2000)
            keys = [(source, source.source_key) for source in made]
            copies = [copied(item, source=source, source_key=key, uuid=uuid4()) for source, key in keys]
            OutboxItem.objects.bulk_create(copies, batch_size=2000)
            if item.source_key == link.source_key:
                links = [copied(link, source_key=key, target_id=f"{link.target_id}{key}") for _, key in keys]
                RecordLink.objects.bulk_create(links, batch_size=2000)


def renamed(source: SourceRecord, n: int) -> Any:
    """The source record under another key and number."""
    key, number = f"{source.source_key}#{n}", f"{source.number}X{n}"
    dated = date(2026, 11, 2) - timedelta(days=n % 60)
    snapshot = {**source.snapshot, "key": key, "number": number, "invoice_date": dated.isoformat()}
    return copied(source, source_key=key, number=number, plain=number, dated=dated, snapshot=snapshot)


def copied(row: Any, **fields: Any) -> Any:
    """The row once more."""
    found = copy(row)
    found.pk, found._state = None, ModelState()
    for name, value in fields.items():
        setattr(found, name, value)
    return found


def test_more_records_are_no_more_questions_to_the_database(town: Town) -> None:
    def asked_with(made: MappingSet) -> int:
        with CaptureQueriesContext(connection) as seen:
            preview(town, made)
        return len(seen)

    made = asked(town, a6120="6130", a9999="6130")
    preview(town, made)
    few = asked_with(made)  # in place of one that was made before
    multiply(town, 100)
    assert asked_with(made) <= few
    totals, _ = preview(town, made)
    assert totals["kinds"] == {
        "freed": {"count": 101, "amounts": {"USD": "4040"}},
        "posted": {"count": 101, "amounts": {"USD": "10100"}},
    }
