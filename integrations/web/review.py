"""The review queue: what needs a person now, worth how much, due when, and what fixes most at once."""

from typing import NamedTuple

from django.db.models import Count, OuterRef, Subquery
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.formats import date_format

from integrations.engine.reasons import Reason, reason_of
from integrations.models import Comment, Flow, ReviewItem
from integrations.store import answers, queue
from integrations.store.answers import NEVER_BLINDLY
from integrations.store.bulk import MOST
from integrations.store.queue import Cause, Sums
from integrations.web.gate import may, page, place_of
from integrations.web.members import members
from integrations.web.mending import Mend, mend
from integrations.web.offers import proposal
from integrations.web.paging import SIZE
from integrations.web.review_filters import Filters
from integrations.web.tags import said
from tenants.permissions import Act

CAUSES = 10  # shown; the rest stands in the list below them


class CauseView(NamedTuple):
    """A cause with what it means, where it is mended, and whether deciding again is harmless."""

    cause: Cause
    flow: Flow
    reason: Reason
    mend: Mend | None
    retryable: bool


@page()
def review(request: HttpRequest) -> HttpResponseBase:
    """The queue, by cause and one by one."""
    filters, place = Filters(request.GET), place_of(request)
    flows = {flow.pk: flow for flow in Flow.objects.select_related("integration")}
    found = queue.narrowed(queue.opened(), filters.chosen, place)
    sums, causes = queue.summed(found, 0 if "after" in request.GET else CAUSES + 1)
    order = filters.sorted_by
    ids, after = queue.page_of(found, order, request.GET.get("after", ""), SIZE)
    rows = queue.loaded(ReviewItem.objects.annotate(comments=_COMMENTS).select_related(*_JOINED), ids)
    narrow = bool(filters.chips)
    context = {
        "causes": [_cause(each, flows[each.flow]) for each in causes[:CAUSES]],
        "more_causes": len(causes) > CAUSES,
        "filters": filters,
        "chips": filters.chips,
        "rows": rows,
        "next": after,
        "not_first": "after" in request.GET,
        "sums": sums,
        "answer": answer(sums, narrow=narrow),
        "integrations": {flow.integration.pk: flow.integration for flow in flows.values()}.values(),
        "members": members(),
        "most": MOST,
        "proposed": answers.proposals()[:1000].count(),
        "may_work": may(request, Act.WORK),
        "may_ignore": may(request, Act.IGNORE) or may(request, Act.OVERRIDE),
    }
    return render(request, "integrations/review.html", context)


_JOINED = ("item__source", "assignee")
_COMMENTS = Subquery(
    Comment.objects.filter(item=OuterRef("item")).order_by().values("item").annotate(n=Count("id")).values("n")
)


def _cause(cause: Cause, flow: Flow) -> CauseView:
    return CauseView(
        cause, flow, reason_of(cause.code), mend(cause.code, cause.named, flow), cause.code not in NEVER_BLINDLY
    )


@page()
def proposals(request: HttpRequest) -> HttpResponseBase:
    """What one person has proposed and another approves."""
    rows = list(answers.proposals()[:SIZE])
    reviews = {
        review.item_id: review
        for review in ReviewItem.objects.filter(item__in=[row.item_id for row in rows], status=ReviewItem.Status.OPEN)
    }
    found = [(row, proposal(place_of(request), row, reviews.get(row.item_id))) for row in rows]
    mine = sum(each.may_approve for _, each in found)
    context = {"rows": found, "answer": _waits(len(found), mine)}
    return render(request, "integrations/proposals.html", context)


def _waits(count: int, mine: int) -> str:
    """What waits, and how much of it for this person, in one sentence."""
    if not count:
        return "No decision on a record waits for a second person."
    words = f"{count:,} proposal{' waits' if count == 1 else 's wait'} for a second person"
    if mine == count:
        return f"{words}: for you."
    return (
        f"{words}; {mine:,} of them {'is' if mine == 1 else 'are'} yours to decide."
        if mine
        else f"{words}, not for you."
    )


def answer(found: Sums, *, narrow: bool) -> str:
    """What needs a person, in one sentence with numbers."""
    if not found.count:
        return "Nothing matches." if narrow else "Nothing needs you."
    money = said(found.amounts)
    one = found.count == 1
    matches, needs = ("record matches", "record needs you") if one else ("records match", "records need you")
    verb = matches if narrow else needs
    words = f"{found.count:,} {verb}{': ' if money else ''}{money}"
    words += f", earliest due {date_format(found.earliest, 'j F Y')}" if found.earliest else ""
    return f"{words}. {found.urgent:,} may cost money now." if found.urgent else f"{words}."
