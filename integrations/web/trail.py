"""The audit: who or what did which thing when, and whether the chain is whole."""

import json
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from audit.models import AuditEntry, AuditHead
from integrations.web.gate import page
from integrations.web.paging import page_of
from integrations.web.words import deed, plainly
from tenants.keys import Keys, Unreadable


class Filters(forms.Form):
    """Actions match by their beginning ("connection" finds all that happened to connections)."""

    action = forms.CharField(label="Action begins with", required=False, max_length=60)


@dataclass(frozen=True, slots=True)
class Line:
    """An entry with its readable part opened; `unreadable` when its key is gone."""

    entry: AuditEntry
    who: str
    refs: list[tuple[str, str]]
    detail: list[tuple[str, str]]
    unreadable: bool = False

    @property
    def what(self) -> str:
        """What was done."""
        return deed(self.entry.action)


def opened(entry: AuditEntry) -> Line:
    """The entry as people read it."""
    refs = _pairs(json.loads(entry.body).get("refs", {}))
    try:
        sealed = json.loads(Keys.of_scope().decrypt(bytes(entry.sealed)))
    except Unreadable:
        return Line(entry, entry.actor_id or entry.actor_kind, refs, [], unreadable=True)
    return Line(entry, sealed.get("actor") or entry.actor_kind, refs, _pairs(sealed.get("detail", {})))


def _pairs(values: dict[str, Any]) -> list[tuple[str, str]]:
    found = [(name.replace("_", " "), value) for name, value in values.items() if value not in ("", None, [], {})]
    return [(name, plainly(value)) for name, value in found]


@page()
def audit(request: HttpRequest) -> HttpResponseBase:
    filters = Filters(request.GET)
    filters.is_valid()
    rows = AuditEntry.objects.all()
    if action := filters.cleaned_data.get("action"):
        rows = rows.filter(action__startswith=action)
    shown = page_of(rows, request, key="sequence")
    return render(
        request,
        "integrations/audit.html",
        {
            "page": shown._replace(rows=[opened(entry) for entry in shown.rows]),
            "filters": filters,
            "head": AuditHead.objects.first(),
            "verified": AuditEntry.objects.filter(action="audit.verified").order_by("-sequence").first(),
        },
    )
