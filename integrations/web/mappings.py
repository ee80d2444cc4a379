"""Mappings: which rule codes what, and what is uncovered."""

from typing import Any

from django.db.models import Count, Min, Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from integrations.models import Blocker, FieldMapping, GLMapping, Integration
from integrations.web.gate import page

AT_MOST = 200
KINDS = {
    "account": "Account",
    "tax_code": "Tax code",
    "part": "Code part",
}
# What a rule supplies; records wait for other things too, such as a vendor, a setting or an invoice.
_MAPPED = Q(kind__in=KINDS) | Q(kind__startswith="dimension:")


def kind_words(kind: str) -> str:
    """What a blocker asks for, in words: "Code part B value" for dimension:B."""
    head, _, part = kind.partition(":")
    return f"Code part {part} value" if head == "dimension" else KINDS.get(head, head.replace("_", " ").capitalize())


def uncovered() -> "QuerySet[Any]":
    """What records wait for, most records first: kind, key, the integration, how many, the earliest due date."""
    rows: QuerySet[Any] = (
        Blocker.objects.filter(_MAPPED)
        .values("integration__name", "kind", "key")
        .annotate(count=Count("item", distinct=True), earliest=Min("item__source__due_date"))
        .order_by("-count", "kind", "key")
    )
    return rows


@page()
def mappings(request: HttpRequest) -> HttpResponseBase:
    missing = [{**row, "words": kind_words(row["kind"])} for row in uncovered()[:AT_MOST]]
    waiting = Blocker.objects.filter(_MAPPED).aggregate(n=Count("item", distinct=True))["n"]
    rules = GLMapping.objects.select_related("integration").order_by("integration", "table", "part", "source")
    fields = FieldMapping.objects.select_related("integration").order_by("integration", "source")
    return render(
        request,
        "integrations/mappings.html",
        {
            "missing": missing,
            "waiting": waiting,
            "rules": rules[:AT_MOST],
            "rule_count": rules.count(),
            "fields": fields[:AT_MOST],
            "at_most": AT_MOST,
            "has_integration": Integration.objects.exists(),
        },
    )
