"""Reconciliation: whether both sides hold the same, per company, currency and period, and why not."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from integrations import tasks
from integrations.engine.agreement import PARTS, WORDS, Part, State
from integrations.models import Integration
from integrations.runner import snapshots
from integrations.runner.reconciling import moving
from integrations.store import reconciling
from integrations.store.reconciling import Cell, Row, Supplier, answer, totals
from integrations.web import exports
from integrations.web.accounts import Account, accounts_of
from integrations.web.gate import page, place_of
from integrations.web.reconciled import Filters, Line, lines_of, owner_of, passes
from tenants.permissions import Act
from tenants.web.middleware import io_view

SIZE = 50
SUPPLIERS = 10  # that stand on the page, of those whose open amounts differ
COLUMNS = (
    *("What", "Company", "Currency", "Period", "State", "Reason", "Owner", "Number", "Key", "Part of it", "There"),
    *("Supplier", "Supplier name", "Date", "Amount here", "Amount there", "Open here", "Open there", "Since", "Until"),
)
SUMS = ("What", "Currency", "Amount here")  # an invoice and its payment are the same money: never one total


class Side(NamedTuple):
    """An integration as it was reckoned; `at` None: not yet."""

    integration: Integration
    at: datetime | None
    lines: Sequence[Line]
    suppliers: Sequence[Supplier]
    accounts: Sequence[Account]
    kept: bool


@page("POST", write=Act.READ)
def reconciliation(request: HttpRequest) -> HttpResponseBase:
    """Each integration with its lines; on top in one sentence what all of it comes to. POST has one reckoned anew."""
    if request.method == "POST":
        return _reckon(request)
    at, filters = timezone.now(), Filters(request.GET)
    chosen = filters.chosen
    integrations = Integration.objects.select_related("erp", "ap").order_by("name")
    if uuid := chosen.get("integration"):
        integrations = integrations.filter(uuid=uuid)
    every: list[Cell] = []
    sides = []
    for integration in integrations:
        cells, as_of = snapshots.figures(integration, at)
        live = as_of == at and len(chosen) < 2
        owing = reconciling.suppliers(integration, at, moving(integration, at), SUPPLIERS) if live else []
        found = [cell for cell in cells if passes(cell, chosen)]
        every += found
        accounts = accounts_of(integration) if len(chosen) < 2 else []
        sides.append(Side(integration, as_of, lines_of(found), owing, accounts, kept=as_of != at))
    context = {
        "answer": answer(every),
        "sides": [side for side in sides if side.lines or side.at is None],
        "filters": filters,
        "chips": filters.chips,
        "parts": PARTS,
        "states": totals(every),
    }
    return render(request, "integrations/reconciliation.html", context)


class Shown(NamedTuple):
    """A record with whose work it is."""

    row: Row
    owner: str


def _reckon(request: HttpRequest) -> HttpResponseBase:
    """Has the sums of an integration reckoned anew; the page shows them once they are."""
    asked = get_object_or_404(Integration, uuid=uuid_of(request.POST.get("integration", "")))
    transaction.on_commit(partial(tasks.reckon.delay, asked.pk, str(asked.tenant_id)))
    messages.success(request, f"{asked.name} is being reckoned: its sums stand here in a minute, with their new time.")
    return redirect("web:reconciliation")


@page()
def records(request: HttpRequest) -> HttpResponseBase:
    """The records behind a sum, in the order of their keys."""
    at, filters = timezone.now(), Filters(request.GET)
    integration = get_object_or_404(Integration.objects.select_related("erp", "ap"), uuid=wanted(filters))
    after = tuple(request.GET.get(name, "")[:120] for name in ("after_part", "after_key", "after_variant"))
    found = reconciling.rows(
        integration, at, moving(integration, at), filters.narrowed, after=plain(after), limit=SIZE + 1
    )
    shown = found[:SIZE]
    context = {
        "integration": integration,
        "filters": filters,
        "chips": [chip for chip in filters.chips if chip[0] != "integration"],
        "rows": [Shown(row, owner_of(row)) for row in shown],
        "at": at,
        "last": shown[-1] if len(found) > SIZE else None,
        "not_first": any(after),
    }
    return render(request, "integrations/reconciliation_records.html", context)


def wanted(filters: Filters) -> UUID | None:
    """The integration asked for; the only one where nobody said."""
    chosen: UUID | None = filters.chosen.get("integration")
    return chosen or Integration.objects.order_by("name").values_list("uuid", flat=True).first()


def uuid_of(text: str) -> UUID | None:
    """The id that a form names; None for what is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def plain(after: Sequence[str]) -> tuple[str, str, str]:
    """Where a page of records begins; what no database could compare means the first one."""
    part, key, variant = (text.replace("\0", "") for text in after)
    return part, key, variant


@page()
@io_view
def export(request: HttpRequest) -> HttpResponseBase:
    """The records as CSV, which says what was asked, when, and what it comes to."""
    place, at, filters = place_of(request), timezone.now(), Filters(request.GET)
    with place.scope():
        integration = get_object_or_404(Integration.objects.select_related("erp", "ap"), uuid=wanted(filters))
        flows, only = moving(integration, at), filters.narrowed
        said = "; ".join(words for _, words in filters.chips) or "everything"

    def every() -> Iterator[Row]:
        after = ("", "", "")
        while True:
            with place.scope():
                found = reconciling.rows(integration, at, flows, only, after=after, limit=reconciling.CHUNK)
            yield from found
            if len(found) < reconciling.CHUNK:
                return
            after = found[-1].part, found[-1].key, found[-1].variant

    facts = (("Export", "reconciliation"), ("Integration", integration.name), ("Asked for", said))
    cells = (cells_of(integration, row) for row in every())
    return exports.stated(place, "reconciliation", at, facts, COLUMNS, cells, sums=SUMS)


def cells_of(integration: Integration, row: Row) -> tuple[Any, ...]:
    """A record as a line of `COLUMNS`."""
    return (
        *(PARTS[Part(row.part)], integration.company, row.currency, row.period, WORDS[State(row.state)], row.reason),
        *(owner_of(row), row.number, row.key, row.variant, row.target_id, row.party, row.party_name, row.day),
        *(row.here, row.there, row.open_here, row.open_there, row.since, row.until),
    )
