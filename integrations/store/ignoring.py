"""Leaving many records out at once, each with its own answer, as `answers.ignore` does with one."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from integrations.models import Answer, Blocker, OutboxItem, ReviewItem, SourceRecord, WriteIntent
from integrations.store import answers
from integrations.store.bulk import GONE, Act, Outcome
from integrations.store.checking import Ruling, ruling
from integrations.store.parking import free_alike
from integrations.store.questions import STATES, Refused, needs_reason
from tenants import permissions
from tenants.access import Place

if TYPE_CHECKING:
    from django.db.models import QuerySet

Small = Callable[[OutboxItem], bool]  # whether one person may leave it out
_BUSY = "it is being written at this moment"
_NOT_YOURS = "your role may not do this"
_PROPOSED = "it is proposed already, and waits for a second person"
_SEEN = ("item_id", "fingerprint", "status")


def ignoring(reason: str, until: datetime | None) -> Act:
    """Leave them out until they change or `until` passes; those above the limit as proposals. Raises Refused."""
    why = needs_reason(reason)
    if until is not None and until <= timezone.now():
        raise Refused("unknown", "That day has passed. Choose a later one, or none.")

    def ignore(place: Place, reviews: Sequence[ReviewItem], outcome: Outcome) -> None:
        _ignore(place, reviews, outcome, why, until)

    return ignore


def _ignore(place: Place, reviews: Sequence[ReviewItem], outcome: Outcome, why: str, until: datetime | None) -> None:
    items = _locked([review.item_id for review in reviews])
    busy = set(WriteIntent.objects.filter(item__in=items, settled_at=None).values_list("item_id", flat=True))
    asked = {(item, seen): status for item, seen, status in _live([*items], until).values_list(*_SEEN)}
    rulings = {act: ruling(place, act) for act in (permissions.Act.IGNORE, permissions.Act.OVERRIDE)}
    small = answers.smallness()
    given: list[Answer] = []
    for review in reviews:
        item = items.get(review.item_id)
        if item is None:
            outcome.refuse(review, GONE)
            continue
        may = rulings[_act_of(item, small)]
        if refusal := _refusal(item, may, busy, asked):
            outcome.refuse(review, refusal)
        else:
            given.append(_answer(place, item, why, until, alone=may is Ruling.ALONE))
    again = [g.item_id for g in given if (g.item_id, g.fingerprint) in asked]  # answered so before, to no avail
    _live(again, until).filter(status=Answer.Status.APPROVED).update(status=Answer.Status.WITHDRAWN)
    closing = [r for r in reviews if r.item_id in {g.item_id for g in given}]
    _give(place, given, closing, why, until, small)
    alone = sum(each.status == Answer.Status.APPROVED for each in given)
    outcome.done += alone
    outcome.proposed += len(given) - alone


def _act_of(item: OutboxItem, small: Small) -> permissions.Act:
    """Leaving out what is above the limit is an override."""
    return permissions.Act.IGNORE if small(item) else permissions.Act.OVERRIDE


def _refusal(item: OutboxItem, may: Ruling, busy: set[int], asked: dict[tuple[int, str], str]) -> str:
    if item.pk in busy:
        return _BUSY
    if may is Ruling.NO:
        return _NOT_YOURS
    return _PROPOSED if asked.get((item.pk, item.source.fingerprint)) == Answer.Status.PROPOSED else ""


def _answer(place: Place, item: OutboxItem, why: str, until: datetime | None, *, alone: bool) -> Answer:
    given = answers.draft(
        item, answers.IGNORE, until.isoformat() if until else "", answers.IGNORE, why, item.source.fingerprint
    )
    given.status = Answer.Status.APPROVED if alone else Answer.Status.PROPOSED
    given.made_by_id = place.person
    return given


def _give(
    place: Place,
    given: Sequence[Answer],
    reviews: Sequence[ReviewItem],
    why: str,
    until: datetime | None,
    small: Small,
) -> None:
    """Store the answers; the approved ones take effect now, set by set."""
    Answer.objects.bulk_create(given)
    done = {each.item_id: each for each in given if each.status == Answer.Status.APPROVED}
    now = timezone.now()
    seen = SourceRecord.objects.filter(pk=OuterRef("source")).values("fingerprint")
    fields = {"state": STATES.IGNORED, "reason": "ignored", "message": why, "until": until}
    again = {"attempts": 0, "lost_workers": 0, "not_before": now, "changed_at": now}
    OutboxItem.objects.filter(pk__in=done).update(**fields, **again, ignored_fingerprint=Subquery(seen))
    Blocker.objects.filter(item__in=done).delete()
    closed = [review for review in reviews if review.item_id in done]
    ReviewItem.objects.filter(pk__in=[review.pk for review in closed], status=ReviewItem.Status.OPEN).update(
        status=ReviewItem.Status.RESOLVED, resolved_at=now, resolved_by=place.person, resolution="ignored"
    )
    for review in closed:
        free_alike(review.item.flow.integration_id, review.problems)
    for each in given:
        act = _act_of(each.item, small)
        answers.note("answered" if each.item_id in done else "answer_proposed", each.item, each, act)


def _locked(ids: Sequence[int]) -> dict[int, OutboxItem]:
    """Those that are still held or waiting, locked, by id."""
    rows = OutboxItem.objects.select_for_update(of=("self",)).select_related("source", "flow__integration")
    return {each.pk: each for each in rows.filter(pk__in=ids, state__in=(STATES.HELD, STATES.WAITING)).order_by("pk")}


def _live(ids: Sequence[int], until: datetime | None) -> "QuerySet[Answer]":
    """What was answered, or proposed, in the same way before."""
    rows: QuerySet[Answer] = Answer.objects.filter(
        item__in=ids,
        code=answers.IGNORE,
        subject=until.isoformat() if until else "",
        status__in=(Answer.Status.PROPOSED, Answer.Status.APPROVED),
    )
    return rows
