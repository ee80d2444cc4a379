"""Mappings: which rule codes what, what waits for approval, and what is uncovered."""

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from integrations.models import Blocker, FieldMapping, GLMapping, Integration, MappingSet
from integrations.store.checking import Ruling, may_approve, ruling
from integrations.web.filters import Narrowing
from integrations.web.gate import page, place_of
from integrations.web.paging import page_of
from tenants.permissions import Act

AT_MOST = 200
MANY = 10_000
LATEST = 8
KINDS = {
    "account": "Account",
    "tax_code": "Tax code",
    "part": "Code part",
}
_PREFIXED = {"dimension": "Code part {} value", "field": "Value in the table of the {}"}
# What a rule supplies; records wait for other things too, such as a vendor, a setting or an invoice.
_MAPPED = Q(kind__in=KINDS) | Q(kind__startswith="dimension:") | Q(kind__startswith="field:")


class Filters(Narrowing):
    """What the rules are narrowed by."""

    q = forms.CharField(label="Account, code or value", required=False, max_length=60)
    table = forms.ChoiceField(label="What", required=False, choices=[("", "Everything"), *GLMapping.Table.choices])
    company = forms.CharField(label="Company", required=False, max_length=20)
    integration = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def narrow(self, rows: "QuerySet[GLMapping]") -> "QuerySet[GLMapping]":
        """`rows` that pass every filter; `q` is the beginning of what comes, of what it becomes, or a word noted."""
        chosen = self.chosen
        if text := chosen.get("q"):
            rows = rows.filter(Q(source__istartswith=text) | Q(target__istartswith=text) | Q(note__icontains=text))
        if table := chosen.get("table"):
            rows = rows.filter(table=table)
        if company := chosen.get("company"):
            rows = rows.filter(company=company)
        return rows.filter(integration__uuid=chosen["integration"]) if "integration" in chosen else rows

    def said(self, name: str, value: Any) -> str:
        match name:
            case "q":
                return f"begins with “{value}”"
            case "table":
                return str(GLMapping.Table(value).label)
            case "company":
                return f"company {value}"
        return integration_words(value)


def integration_words(uuid: UUID) -> str:
    """An integration's name for a chip; a foreign one has none."""
    return Integration.objects.filter(uuid=uuid).values_list("name", flat=True).first() or "unknown integration"


def kind_words(kind: str) -> str:
    """What a blocker asks for, in words: "Code part B value" for dimension:B."""
    head, _, part = kind.partition(":")
    if head in _PREFIXED:
        return _PREFIXED[head].format(part.replace("_", " "))
    return KINDS.get(head, head.replace("_", " ").capitalize())


def asks(kind: str, key: str) -> dict[str, str]:
    """The fields of the rule that would supply this, as the form's address carries them."""
    head, _, part = kind.partition(":")
    if head == "part":
        return {"kind": "field", "source": f"dimensions.{key}"}
    if head == "field":
        return {"kind": "text", "field": part}
    return {"kind": "gl", "table": head, "part": part, "source": key}


def decidable(request: HttpRequest, sets: "QuerySet[MappingSet]") -> list[tuple[MappingSet, bool, bool]]:
    """Each set that waits, with whether the person approves it, and whether it is their own."""
    place = place_of(request)
    return [(s, may_approve(place, Act.MAP, s.made_by_id), s.made_by_id == place.person) for s in sets]


@page()
def mappings(request: HttpRequest) -> HttpResponseBase:
    """What waits for a second person, the rules in force, and what changed last; how much is uncovered."""
    filters = Filters(request.GET)
    sets = (
        MappingSet.objects.select_related("integration", "made_by", "checked_by")
        .annotate(size=Count("changes"))
        .order_by("-id")
    )
    rules = GLMapping.objects.filter(active=True).select_related("integration", "made_by", "checked_by")
    fields = (
        FieldMapping.objects.filter(active=True)
        .select_related("integration")
        .order_by("integration", *FieldMapping.KEY)[:AT_MOST]
    )
    context = {
        "missing": Blocker.objects.filter(_MAPPED).values("integration", "kind", "key").distinct()[:MANY].count(),
        "waiting": Blocker.objects.filter(_MAPPED).aggregate(n=Count("item", distinct=True))["n"],
        "proposed": decidable(request, sets.filter(status=MappingSet.Status.PROPOSED)[:AT_MOST]),
        "latest": sets.exclude(status=MappingSet.Status.PROPOSED)[:LATEST],
        "page": page_of(filters.narrow(rules), request),
        "filters": filters,
        "chips": filters.chips,
        "parts": [row for row in fields if not row.field],
        "texts": [row for row in fields if row.field],
        "has_integration": Integration.objects.exists(),
        "may_map": ruling(place_of(request), Act.MAP) is not Ruling.NO,
    }
    return render(request, "integrations/mappings.html", context)
