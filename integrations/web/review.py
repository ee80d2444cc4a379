"""The review queue: what needs a person now, worth how much, due when, and what fixes most at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Case, Count, F, IntegerField, Min, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format

from integrations.models import Flow, Integration, OutboxItem, ReviewItem
from integrations.store import answers
from integrations.store.answers import NEVER_BLINDLY
from integrations.store.search import search
from integrations.web.filters import KINDS, Narrowing, kind_words, of_kind
from integrations.web.gate import may, page, place_of
from integrations.web.offers import proposal
from integrations.web.paging import SIZE
from integrations.web.tags import said
from integrations.web.words import noun, reason
from integrations.web.work import back_to, until_of
from tenants.permissions import Act

AT_ONCE = 200  # ignored by one click: each with its own reason kept
_FAR = date.max


@dataclass(slots=True)
class Group:
    """Open items with one code: what fixing it once would free."""

    code: str
    count: int = 0
    urgent: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)
    earliest: date | None = None

    @property
    def retryable(self) -> bool:
        """Whether deciding again is harmless."""
        return self.code not in NEVER_BLINDLY


def groups() -> list[Group]:
    """Groups by urgency, then by earliest due date; one query."""
    found: dict[str, Group] = {}
    rows = (
        ReviewItem.objects.filter(status=ReviewItem.Status.OPEN)
        .values_list("code", "item__source__currency")
        .annotate(
            n=Count("id"),
            pressing=Count("id", filter=Q(urgent=True)),
            amount=Sum("item__source__amount"),
            due=Min("item__source__due_date"),
        )
    )
    for code, currency, count, urgent, amount, due in rows.order_by():
        group = found.setdefault(code, Group(code))
        group.count += count
        group.urgent += urgent
        if amount is not None:
            group.amounts[currency] = amount
        if due and (group.earliest is None or due < group.earliest):
            group.earliest = due
    return sorted(found.values(), key=lambda g: (not g.urgent, g.earliest or _FAR, -g.count, g.code))


def ordered(after: str) -> "QuerySet[ReviewItem]":
    """Open items: urgent first, then by due date; `after` is the key of the last row of the page before."""
    rows: Any = (
        ReviewItem.objects.filter(status=ReviewItem.Status.OPEN)
        .select_related("item__source", "item__flow")
        .annotate(
            calm=Case(When(urgent=True, then=Value(0)), default=Value(1), output_field=IntegerField()),
            due=Coalesce(F("item__source__due_date"), Value(_FAR)),
        )
    )
    try:
        calm, due, key = after.split("_")
        place = int(calm), date.fromisoformat(due), int(key)
    except ValueError:
        place = None
    if place and 0 <= place[2] < 2**63 and place[0] in (0, 1):
        later = Q(calm=place[0]) & (Q(due__gt=place[1]) | Q(due=place[1], id__gt=place[2]))
        rows = rows.filter(Q(calm__gt=place[0]) | later)
    found: QuerySet[ReviewItem] = rows.order_by("calm", "due", "id")
    return found


class Filters(Narrowing):
    """What the queue is narrowed by."""

    q = forms.CharField(label="Number, amount, name or id", required=False, max_length=120)
    entity = forms.ChoiceField(label="Kind", required=False, choices=KINDS)
    code = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    urgent = forms.BooleanField(required=False, widget=forms.HiddenInput)
    integration = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def narrow(self, rows: "QuerySet[ReviewItem]") -> "QuerySet[ReviewItem]":
        """`rows` that pass every filter."""
        chosen = self.chosen
        if text := chosen.get("q"):
            rows = rows.filter(item__source__in=search(text))
        if entity := chosen.get("entity"):
            rows = rows.filter(item__flow__in=Flow.objects.filter(of_kind(entity)))
        if code := chosen.get("code"):
            rows = rows.filter(code=code)
        if chosen.get("urgent"):
            rows = rows.filter(urgent=True)
        if integration := chosen.get("integration"):
            rows = rows.filter(item__flow__integration__uuid=integration)
        return rows

    def said(self, name: str, value: Any) -> str:
        match name:
            case "q":
                return f"found by “{value}”"
            case "entity":
                return kind_words(value)
            case "urgent":
                return "May cost money now"
            case "integration":
                return (
                    Integration.objects.filter(uuid=value).values_list("name", flat=True).first()
                    or "unknown integration"
                )
        return reason(value)


@page()
def review(request: HttpRequest) -> HttpResponseBase:
    """The queue, by reason and one by one."""
    found = groups()
    filters = Filters(request.GET)
    shown = list(filters.narrow(ordered(request.GET.get("after", "")))[: SIZE + 1])
    last: Any = shown[SIZE - 1] if len(shown) > SIZE else None
    context = {
        "groups": found,
        "filters": filters,
        "chips": filters.chips,
        "rows": shown[:SIZE],
        "next": f"{last.calm}_{last.due}_{last.pk}" if last else "",
        "not_first": "after" in request.GET,
        "total": sum(group.count for group in found),
        "urgent": sum(group.urgent for group in found),
        "answer": answer(found),
        "proposed": answers.proposals()[:1000].count(),
        "may_retry": may(request, Act.WORK),
        "may_ignore": may(request, Act.IGNORE) or may(request, Act.OVERRIDE),
        "never_blindly": NEVER_BLINDLY,
    }
    return render(request, "integrations/review.html", context)


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
    context = {"rows": found, "answer": _waits(len(found), mine), "total": sum(group.count for group in groups())}
    return render(request, "integrations/proposals.html", context)


def _waits(count: int, mine: int) -> str:
    """What waits, and how much of it for this person, in one sentence."""
    if not count:
        return "Nothing waits for a second person."
    words = f"{count:,} proposal{' waits' if count == 1 else 's wait'} for a second person"
    if mine == count:
        return f"{words}: for you."
    return (
        f"{words}; {mine:,} of them {'is' if mine == 1 else 'are'} yours to decide."
        if mine
        else f"{words}, not for you."
    )


def answer(found: Sequence[Group]) -> str:
    """What needs a person, in one sentence with numbers."""
    total = sum(group.count for group in found)
    if not total:
        return "Nothing needs you."
    sums: dict[str, Decimal] = {}
    for group in found:
        for currency, amount in group.amounts.items():
            sums[currency] = sums.get(currency, Decimal(0)) + amount
    money = said(sums)
    due = min((group.earliest for group in found if group.earliest), default=None)
    words = f"{total:,} {'record needs' if total == 1 else 'records need'} you{': ' if money else ''}{money}"
    words += f", earliest due {date_format(due, 'j F Y')}" if due else ""
    urgent = sum(group.urgent for group in found)
    return f"{words}. {urgent:,} may cost money now." if urgent else f"{words}."


@page("POST", write=Act.WORK)
def retry(request: HttpRequest) -> HttpResponseBase:
    """Decide the chosen items again, or all open ones with a code; back to where the person was."""
    if request.method != "POST":
        return redirect("web:review")
    rows = ReviewItem.objects.filter(status=ReviewItem.Status.OPEN)
    code = request.POST.get("code", "")
    whole = code and "\0" not in code
    rows = rows.filter(code=code) if whole else rows.filter(item__uuid__in=chosen_of(request))
    retried = answers.retry(rows, place_of(request).person)
    if retried:
        word = noun("record", retried) if retried != 1 else "record"
        messages.success(request, f"{retried:,} {word} will be decided again with the next run, which is due now.")
    else:
        messages.warning(
            request, "Nothing was chosen, or it is no longer held, or it may be on the other side already."
        )
    return redirect(back_to(request, reverse("web:review")))


@page("POST", write=Act.READ)
def ignore(request: HttpRequest) -> HttpResponseBase:
    """Ignore the chosen records with one reason; each is proved, kept and audited by itself."""
    if request.method != "POST":
        return redirect("web:review")
    done, proposed, refused = 0, 0, ""
    items = OutboxItem.objects.filter(uuid__in=chosen_of(request)[:AT_ONCE]).select_related(
        "source", "flow__integration"
    )
    for item in items.order_by("id"):
        try:
            given = answers.ignore(place_of(request), item, request.POST.get("reason", ""), until_of(request))
        except answers.Refused as error:
            refused = error.message
            continue
        done += given.status == given.Status.APPROVED
        proposed += given.status == given.Status.PROPOSED
    if done:
        messages.success(request, f"{done:,} ignored. They come back by themselves when their content changes.")
    if proposed:
        messages.warning(request, f"{proposed:,} proposed: above the limit somebody else approves it.")
    if refused or not (done or proposed):
        messages.error(request, refused or "Nothing was chosen.")
    return redirect(back_to(request, reverse("web:review")))


def chosen_of(request: HttpRequest) -> list[str]:
    """The records that the form names."""
    return [uuid for uuid in request.POST.getlist("item")[: answers.AT_ONCE] if _is_uuid(uuid)]


def _is_uuid(text: str) -> bool:
    return len(text) == 36 and all(c in "0123456789abcdefABCDEF-" for c in text) and text.count("-") == 4
