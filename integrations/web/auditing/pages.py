"""The pages of the exports: which there are, and one of them with its filters and first rows."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from audit.models import AuditEntry
from integrations.web.auditing import giving
from integrations.web.auditing.population import Cells
from integrations.web.auditing.table import EXPORTS, Export
from integrations.web.gate import page, place_of
from integrations.web.tags import day, money, when
from tenants.web.middleware import io_view

MADE = "export_made"
IN = {**dict.fromkeys(("Amount", "Amount here", "Amount there"), "Currency"), "Paid": "Paid in"}  # amounts: currencies


@page()
def listed(request: HttpRequest) -> HttpResponseBase:
    """Every export, and when one was last taken."""
    last = AuditEntry.objects.filter(action=MADE).order_by("-sequence").first()
    return render(request, "integrations/exports.html", {"exports": EXPORTS.values(), "last": last, "made": MADE})


@page()
@io_view
def one(request: HttpRequest, key: str) -> HttpResponseBase:
    """What it would hold."""
    export, place = _export(key), place_of(request)
    found = giving.look(place, export, request.GET, timezone.now())
    context = {
        "export": export,
        "filters": found.questions,
        "chips": _chips(found),
        "count": found.count,
        "heads": [(name, name in IN) for name in export.shows],
        "rows": [_shown(export, cells) for cells in found.first],
        "seed": found.asked.seed,
    }
    with place.scope():
        return render(request, "integrations/export.html", context)


@page()
@io_view
def file(request: HttpRequest, key: str) -> HttpResponseBase:
    """All of it as CSV."""
    return giving.file_of(place_of(request), _export(key), request.GET, timezone.now())


def _export(key: str) -> Export:
    if key not in EXPORTS:
        raise Http404
    return EXPORTS[key]


def _chips(found: giving.Look) -> Sequence[tuple[str, str]]:
    return [(name, words) for name, words in found.asked.stated.items() if name not in ("seed", "size", "days")]


def _shown(export: Export, cells: Cells) -> list[tuple[str, bool, Any]]:
    """(head, whether it is an amount, cell) of the columns of the preview, as pages show times and amounts."""
    row = dict(zip(export.population.columns, cells, strict=True))
    return [(name, name in IN, _said(row[name], row.get(IN.get(name, ""), ""))) for name in export.shows]


def _said(value: object, currency: object) -> object:
    match value:
        case datetime():
            return when(value)
        case date():
            return day(value)
        case Decimal():
            return money(value, str(currency))
    return "" if value is None else value
