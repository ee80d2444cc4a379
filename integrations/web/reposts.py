"""Posting coding anew: what today's rules would make of it, and asking for that, for one record or many."""

from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from integrations.engine.recoding import Came
from integrations.models import OutboxItem
from integrations.store import reposting
from integrations.store.checking import Ruling, ruling
from integrations.store.questions import STATES, Refused
from integrations.web.gate import page, place_of, typed
from integrations.web.offers import proposals_of
from integrations.web.review_acts import chosen_of
from integrations.web.schedules import system_label
from integrations.web.work import back_to
from tenants.permissions import Act

AT_ONCE = 200  # asked for by one click: each with its own reason kept
JOINED = "source", "flow__integration__erp", "flow__integration__ap"


class Line(NamedTuple):
    """A coded line with names."""

    amount: Decimal
    account: str
    dimensions: tuple[str, ...]


@page()
def one(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """The record as it was sent beside what today's rules would make of it."""
    item = get_object_or_404(OutboxItem.objects.select_related(*JOINED), uuid=uuid)
    place, waits = place_of(request), item.state != STATES.DONE
    found, standing = reposting.look([item])[item.pk], ruling(place, Act.OVERRIDE)
    context = {
        "item": item,
        "source": item.source,
        "to_label": system_label(item.flow.target.system),
        "old": _lines(found.old, found),
        "new": _lines(found.new, found),
        "refused": found.refused or ("It is not at rest: see what it waits for first." if waits else ""),
        "proposals": [each for each in proposals_of(place, item, None) if each.given.code == reposting.CODE],
        "may_repost": standing is not Ruling.NO,
        "second": standing is Ruling.PROPOSE,
    }
    return render(request, "integrations/repost.html", context)


@page("POST", write=Act.READ)
def repost(request: HttpRequest) -> HttpResponseBase:
    """Ask for the chosen bills with one reason; each is proved, kept and audited by itself."""
    if request.method != "POST":
        return redirect("web:records")
    done, proposed, refused = 0, 0, ""
    rows = OutboxItem.objects.filter(uuid__in=chosen_of(request)[:AT_ONCE]).select_related(*JOINED)
    items = list(rows.order_by("id"))
    looked = reposting.look(items)
    for item in items:
        try:
            given = reposting.propose(place_of(request), item, typed(request, "reason"), looked[item.pk])
        except Refused as error:
            refused = error.message
            continue
        done += given.status == given.Status.APPROVED
        proposed += given.status == given.Status.PROPOSED
    if done:
        messages.success(request, f"{done:,} posted anew with the next run, which is due now.")
    if proposed:
        messages.success(request, f"{proposed:,} proposed. It counts once somebody else approves it.")
    if refused or not (done or proposed):
        messages.error(request, refused or "Nothing was chosen.")
    return redirect(back_to(request, reverse("web:records")))


def _lines(came: Came | None, found: Any) -> list[Line]:
    names = found.names
    return [
        Line(line.amount, names.get(line.account, line.account), tuple(names.get(v, v) for _, v in line.dimensions))
        for line in (came.lines if came else ())
    ]
