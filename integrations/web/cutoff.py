"""The cut-off list: what to accrue at the end of a period, as sums and as CSV of every invoice."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from integrations.models import Integration
from integrations.store.reconciling.cutoff import Accrued, accrued, coded, sums
from integrations.web import exports
from integrations.web.filters import Narrowing
from integrations.web.gate import page, place_of
from tenants.web.middleware import io_view

WHY = {
    "captured": "Approved in the AP tool, not booked by then",
    "preliminary": "Preliminary in the ERP",
    "by_hand": "Keyed by hand on the other side",
}
COLUMNS = (
    *("Period", "Why", "Number", "Key", "Supplier", "Supplier name", "Date", "Booked since"),
    *("Account", "Dimensions", "Currency", "Net"),
)


class Filters(Narrowing):
    """Which integration, which period."""

    integration = forms.UUIDField(required=False, widget=forms.HiddenInput)
    period = forms.CharField(label="Period", required=False, max_length=20)

    def said(self, name: str, value: Any) -> str:
        if name == "period":
            return f"period {value}"
        return Integration.objects.filter(uuid=value).values_list("name", flat=True).first() or "unknown"


@page()
def cutoff(request: HttpRequest) -> HttpResponseBase:
    """Net by account and dimensions; each invoice in exactly one period."""
    filters = Filters(request.GET)
    chosen = filters.chosen
    rows = Integration.objects.order_by("name")
    if uuid := chosen.get("integration"):
        rows = rows.filter(uuid=uuid)
    found = [(each, sums(accrued(each, chosen.get("period", "")))) for each in rows]
    sides = [(each, lines) for each, lines in found if lines]
    context = {"sides": sides, "filters": filters, "chips": filters.chips, "answer": answer(sides)}
    return render(request, "integrations/cutoff.html", context)


def answer(sides: Sequence[Any]) -> str:
    """What there is to accrue, in one sentence."""
    periods = {line.period for _, lines in sides for line in lines}
    if not periods:
        return "Nothing that was approved or received is missing in the ledger."
    newest = max(periods)
    return f"{len(periods)} period{'s have' if len(periods) > 1 else ' has'} something to accrue, {newest} the last."


@page()
@io_view
def export(request: HttpRequest) -> HttpResponseBase:
    """Every invoice with its coding."""
    place, at, filters = place_of(request), timezone.now(), Filters(request.GET)
    with place.scope():
        uuid: UUID | None = filters.chosen.get("integration")
        rows = Integration.objects.filter(uuid=uuid) if uuid else Integration.objects.order_by("name")
        integration = get_object_or_404(rows[:1])
        lines = accrued(integration, filters.chosen.get("period", ""))
        said = "; ".join(words for _, words in filters.chips) or "every period"
    facts = (("Export", "cut-off list"), ("Integration", integration.name), ("Asked for", said))
    cells = (_cells(line) for line in lines)
    return exports.stated(place, "cut-off", at, facts, COLUMNS, cells, sums=("Currency", "Net"))


def _cells(line: Accrued) -> tuple[Any, ...]:
    return (
        *(line.period, WHY[line.what], line.number, line.key, line.party, line.party_name, line.day, line.booked),
        *(line.account, coded(line.dimensions), line.currency, line.net),
    )
