"""The settlement list: what was paid, by voucher or not, and what of it the ledger has not settled yet."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from integrations.models import Flow, Integration, OutboxItem, Settlement, SourceRecord
from integrations.store.search import search
from integrations.store.settlements import sums
from integrations.web import exports
from integrations.web.filters import Narrowing
from integrations.web.gate import page, place_of
from integrations.web.paging import page_of
from integrations.web.states import look
from integrations.web.tags import said
from tenants.web.middleware import io_view

State = Settlement.State
MOST = 500  # invoices of a payment that its page shows
JOINED = "link", "integration"
COLUMNS = (
    *("Integration", "Company", "Supplier", "Supplier name", "Invoice", "Ledger item", "Voucher", "Payment"),
    *("Transaction", "Date", "Amount", "Discount", "Currency", "State"),
)


class Filters(Narrowing):
    """What the list is narrowed by."""

    q = forms.CharField(label="Number, amount, name or id", required=False, max_length=120)
    state = forms.ChoiceField(
        label="State", required=False, choices=[("", "Any state"), *((s.value, s.label) for s in State)]
    )
    supplier = forms.CharField(label="Supplier number", required=False, max_length=120)
    integration = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def said(self, name: str, value: Any) -> str:
        match name:
            case "q":
                return f"found by “{value}”"
            case "state":
                return look("settlement", value).word
            case "supplier":
                return f"supplier {value}"
        return Integration.objects.filter(uuid=value).values_list("name", flat=True).first() or "unknown integration"


def narrowed(
    *, q: str = "", state: str = "", supplier: str = "", integration: UUID | None = None
) -> "QuerySet[Settlement]":
    """Rows that pass every filter; `q` finds any number, id, amount or name of the payment or of the invoice."""
    rows: QuerySet[Settlement] = Settlement.objects.all()
    if q:
        read = SourceRecord.objects.filter(pk__in=search(q), flow__entity__in=("payment", "invoice"))
        found = list(read.values_list("flow__entity", "flow__inbound", "source_key"))
        payments, captured, sent = (
            [key for *place, key in found if place == wanted]
            for wanted in (["payment", True], ["invoice", True], ["invoice", False])
        )
        rows = rows.filter(Q(payment__in=payments) | Q(invoice__in=captured) | Q(item__in=sent))
    if state:
        rows = rows.filter(state=state)
    if supplier:
        rows = rows.filter(supplier=supplier)
    return rows.filter(integration__uuid=integration) if integration else rows


class Line(NamedTuple):
    """A row with the records it is about, as far as they are here."""

    row: Settlement
    payment: UUID | None
    invoice: UUID | None


@page()
def settlements(request: HttpRequest) -> HttpResponseBase:
    """The list, newest first; on top what is paid and not settled, each currency for itself."""
    filters = Filters(request.GET)
    rows = narrowed(**filters.chosen)
    found = sums(rows)
    shown = page_of(rows.select_related(*JOINED), request)
    context = {
        "page": shown._replace(rows=_lines(shown.rows)),
        "filters": filters,
        "chips": filters.chips,
        "answer": answer(found, narrowed=bool(filters.chips)),
        "sums": [(state, *found[state]) for state in State if state in found],
    }
    return render(request, "integrations/settlements.html", context)


def answer(found: dict[str, tuple[int, dict[str, Decimal]]], *, narrowed: bool) -> str:
    """What of it waits for the ledger, in one sentence."""
    count, amounts = found.get(State.PAID, (0, {}))
    if count:
        one = count == 1
        return f"{count:,} paid invoice{' is' if one else 's are'} not settled in the ledger yet: {said(amounts)}."
    if State.SETTLED in found:
        return "Everything that was paid is settled in the ledger."
    if found:
        return "Every payment here was taken back."
    return "No paid invoice matches." if narrowed else "Nothing was paid yet."


def _lines(rows: Sequence[Settlement]) -> list[Line]:
    """Each row with its records; two queries."""
    flows = Flow.objects.filter(integration__in={row.integration_id for row in rows}).filter(
        Q(entity="payment", inbound=True) | Q(entity="invoice")
    )
    places = {flow.pk: (flow.integration_id, flow.entity) for flow in flows}
    keys = {key for row in rows for key in (row.payment, row.invoice, row.item)}
    items = OutboxItem.objects.filter(flow__in=list(places), source_key__in=keys, variant="")
    uuids = {(*places[flow], key): uuid for flow, key, uuid in items.values_list("flow_id", "source_key", "uuid")}
    return [
        Line(
            row,
            uuids.get((row.integration_id, "payment", row.payment)),
            uuids.get((row.integration_id, "invoice", row.invoice))
            or uuids.get((row.integration_id, "invoice", row.item)),
        )
        for row in rows
    ]


def paid_of(item: OutboxItem) -> list[Line]:
    """What a payment has paid, or which payments paid an invoice, captured or sent; none of anything else."""
    if item.flow.entity not in ("payment", "invoice"):
        return []
    name = item.flow.entity if item.flow.inbound else "item"
    rows = Settlement.objects.filter(integration=item.flow.integration_id, **{name: item.source_key})
    return _lines(list(rows.select_related(*JOINED).order_by("id")[:MOST]))


@page()
@io_view
def export(request: HttpRequest) -> HttpResponseBase:
    """The list as CSV, for who settles the items."""
    chosen = Filters(request.GET).chosen

    def rows() -> QuerySet[Settlement]:
        return narrowed(**chosen).select_related(*JOINED)

    name = f"settlements-{timezone.now():%Y-%m-%d}.csv"
    return exports.download(place_of(request), name, COLUMNS, rows, _cells)


def _cells(row: Settlement) -> tuple[Any, ...]:
    return (
        row.integration.name,
        row.integration.company,
        row.supplier,
        row.supplier_name,
        row.number,
        row.item,
        row.link.target_id if row.link else "",
        row.payment,
        row.transaction_id,
        row.dated,
        row.amount,
        row.discount,
        row.currency,
        row.get_state_display(),
    )
