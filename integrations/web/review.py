"""The review queue: what needs a person now, worth how much, due when, and what fixes most at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db.models import Case, Count, F, IntegerField, Min, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import url_has_allowed_host_and_scheme

from audit.log import Source, record
from integrations import runner
from integrations.models import OutboxItem, ReviewItem
from integrations.web.gate import may, page, place_of
from integrations.web.paging import SIZE
from integrations.web.tags import said
from integrations.web.words import noun
from tenants.permissions import Act

AT_ONCE = 10_000  # retried by one click
# It may be on the other side already: deciding it again could write it twice.
NEVER_BLINDLY = frozenset({"uncertain", "link_conflict"})
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


@page()
def review(request: HttpRequest) -> HttpResponseBase:
    found = groups()
    code = request.GET.get("code", "")
    code = code if any(group.code == code for group in found) else ""
    rows: Any = ordered(request.GET.get("after", ""))
    if code:
        rows = rows.filter(code=code)
    shown = list(rows[: SIZE + 1])
    last = shown[SIZE - 1] if len(shown) > SIZE else None
    return render(
        request,
        "integrations/review.html",
        {
            "groups": found,
            "code": code,
            "rows": shown[:SIZE],
            "next": f"{last.calm}_{last.due}_{last.pk}" if last else "",
            "not_first": "after" in request.GET,
            "total": sum(group.count for group in found),
            "answer": answer(found),
            "may_retry": may(request, Act.WORK),
            "never_blindly": NEVER_BLINDLY,
        },
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
    uuids = request.POST.getlist("item")
    if code and "\0" not in code:
        rows = rows.filter(code=code)
    else:
        rows = rows.filter(item__uuid__in=[uuid for uuid in uuids[:AT_ONCE] if _is_uuid(uuid)])
    retried = set_ready(rows, by=int(place_of(request).actor.id))
    if retried:
        word = noun("record", retried) if retried != 1 else "record"
        messages.success(request, f"{retried:,} {word} will be decided again with the next run, which is due now.")
    else:
        messages.warning(
            request, "Nothing was chosen, or it is no longer held, or it may be on the other side already."
        )
    back = request.POST.get("next", "")
    ours = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return redirect(back if ours else reverse("web:review"))


def set_ready(rows: "QuerySet[ReviewItem]", *, by: int) -> int:
    """Make the held items of open reviews ready again, close the reviews, audit each; returns how many.

    What may be on the other side already stays held.
    Two people at once: the rows are locked, the second one finds nothing to do.
    """
    now = timezone.now()
    open_rows = (
        rows.filter(item__state=OutboxItem.State.HELD)
        .exclude(code__in=NEVER_BLINDLY)
        .select_related("item__flow")
        .order_by("id")
    )
    found = list(open_rows.select_for_update(of=("self",))[:AT_ONCE])
    OutboxItem.objects.filter(pk__in=[r.item_id for r in found], state=OutboxItem.State.HELD).update(
        state=OutboxItem.State.READY, not_before=now, attempts=0, changed_at=now
    )
    ReviewItem.objects.filter(pk__in=[r.pk for r in found]).update(
        status=ReviewItem.Status.RESOLVED, resolved_at=now, resolved_by=by, resolution="retried"
    )
    for row in found:
        item = row.item
        record(
            "retried",
            subject=f"flow:{item.flow_id}",
            source=Source(entity=item.flow.entity, key=item.source_key),
            refs={"code": row.code, "item": str(item.uuid)},
        )
    for flow in sorted({r.item.flow_id for r in found}):
        runner.run_soon(flow)
    return len(found)


def _is_uuid(text: str) -> bool:
    return len(text) == 36 and all(c in "0123456789abcdefABCDEF-" for c in text) and text.count("-") == 4
