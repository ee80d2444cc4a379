"""Blocking now: what holds records up, worth how much, and what may supply it; accepting a suggestion proposes it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format

from integrations.store import blocking
from integrations.store.blocking import Total
from integrations.store.checking import Ruling, ruling
from integrations.store.suggested import joined_integrations
from integrations.web.accepting import accept
from integrations.web.filters import Narrowing
from integrations.web.gate import page, place_of
from integrations.web.mappings import integration_words
from integrations.web.missing import KINDS, place_from, place_words, rows_of
from integrations.web.paging import SIZE
from integrations.web.tags import said
from integrations.web.work import back_to
from tenants.permissions import Act


class Filters(Narrowing):
    """What the list is narrowed by."""

    kind = forms.ChoiceField(label="What is missing", required=False, choices=[("", "Everything"), *KINDS.items()])
    integration = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def said(self, name: str, value: Any) -> str:
        return KINDS[value] if name == "kind" else integration_words(value)


@page("POST", write=Act.WORK)
def blocking_now(request: HttpRequest) -> HttpResponseBase:
    """The list; POST proposes what was taken of its suggestions, or links the supplier."""
    if request.method == "POST":
        for level, words in accept(place_of(request), request.POST):
            messages.add_message(request, level, words)
        return redirect(back_to(request, reverse("web:blocking")))
    filters = Filters(request.GET)
    joined = list(joined_integrations().order_by("name"))
    chosen = {"kind": filters.chosen.get("kind", "")}
    if uuid := filters.chosen.get("integration"):
        chosen["integration"] = next((row.pk for row in joined if row.uuid == uuid), 0)
    found, total = blocking.look(SIZE + 1, **chosen, after=place_from(request.GET.get("after", "")))
    standing = ruling(place_of(request), Act.MAP)
    context = {
        "rows": rows_of(found[:SIZE], joined),
        "filters": filters,
        "chips": filters.chips,
        "answer": answer(total),
        "next": place_words(found[SIZE - 1].place) if len(found) > SIZE else "",
        "not_first": "after" in request.GET,
        "may_map": standing is not Ruling.NO,
        "alone": standing is Ruling.ALONE,
        "has_many": len(joined) > 1,
    }
    return render(request, "integrations/blocking.html", context)


def answer(total: Total) -> str:
    """What is held up, in one sentence with numbers."""
    if not total.records:
        return "Nothing that is missing holds a record up."
    money = said(total.amounts)
    words = f"{total.records:,} record{' is' if total.records == 1 else 's are'} held up{': ' if money else ''}{money}"
    due = f", earliest due {date_format(total.due, 'j F Y')}" if total.due else ""
    return f"{words}{due}. What is supplied once frees all that wait for it."
