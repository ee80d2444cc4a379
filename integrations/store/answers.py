"""The one way in which people decide about records: pages, API, admin and commands all come through here.

Every call runs inside the caller's scope and transaction, proves what the person may do alone, and leaves an audit
entry with its reason. What takes a second person is proposed first. Refused says in words why something cannot be.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from integrations.engine import reposting
from integrations.engine.correcting import CORRECTED, SET
from integrations.models import Answer, Blocker, OutboxItem, RecordLink, ReviewItem
from integrations.models.proposal import people_of
from integrations.store import linking
from integrations.store.checking import Ruling, may_approve, ruling
from integrations.store.lease import due_now, poll_now
from integrations.store.questions import (
    STATES,
    Refused,
    close_review,
    locked,
    make_ready,
    move,
    name_of,
    needs_reason,
    problem_of,
    tell,
)
from integrations.store.rulebook import policy_of
from tenants.access import Place
from tenants.permissions import Act

if TYPE_CHECKING:
    from django.db.models import QuerySet

__all__ = [
    "Refused",
    "answer",
    "approve",
    "correct",
    "decide_again",
    "draft",
    "ignore",
    "link",
    "note",
    "proposals",
    "reject",
    "repost",
    "retry",
    "smallness",
    "take_correction_back",
    "unignore",
    "unlink",
    "withdraw",
]

IGNORE, UNLINK, REPOST = "ignore", linking.UNLINK, reposting.CODE
AT_ONCE = 10_000  # retried by one click
# It may be on the other side already, or was taken back: deciding it again could write it twice.
NEVER_BLINDLY = frozenset({"uncertain", "link_conflict", linking.UNLINKED})
_OPEN = (STATES.HELD, STATES.WAITING)
_ACTS = dict.fromkeys((IGNORE, UNLINK, REPOST), Act.OVERRIDE)  # of what is proposed without a question
_OF_SENT = (UNLINK, REPOST)  # said of what is on the other side, whether or not it needs anybody


def answer(place: Place, item: OutboxItem, code: str, subject: str, choice: str, reason: str) -> Answer:
    """Answer one open problem of a held record with one of its choices; at once, or as a proposal."""
    reason = needs_reason(reason)
    item = locked(item, (STATES.HELD,))
    problem = problem_of(item, code, subject)
    offered = {each["key"]: each["act"] for each in (problem or {}).get("choices", ())}
    if problem is None or choice not in offered:
        raise Refused("closed", "This question is not asked any more. Look at what the record says now.")
    fingerprint = "" if problem.get("once") else item.source.fingerprint
    return _give(place, item, Act(offered[choice]), draft(item, code, subject, choice, reason, fingerprint))


def approve(place: Place, given: Answer) -> Answer:
    """A second person agrees: the answer counts, and what it asks for is done."""
    item, given = _proposed(given)
    act = _act_of(item, given)
    if not may_approve(place, act, given.made_by_id):
        raise Refused("not_allowed", "Somebody else approves this: whoever proposes it does not, nor does every role.")
    if given.choice not in _OF_SENT and item.state not in _OPEN:
        raise Refused("closed", "The record went on in the meantime: the question is settled. Reject the proposal.")
    if given.fingerprint not in ("", item.source.fingerprint):
        raise Refused("closed", "The record has changed since this was proposed. Reject it; it is asked again.")
    _conclude(place, given, Answer.Status.APPROVED)
    _take_effect(place, item, given, act)
    return given


def reject(place: Place, given: Answer, reason: str = "") -> Answer:
    """A second person disagrees: the question stays open."""
    item, given = _proposed(given)
    act = _act_of(item, given)
    if not may_approve(place, act, given.made_by_id):
        raise Refused("not_allowed", "Somebody else judges this: whoever proposes it does not, nor does every role.")
    _conclude(place, given, Answer.Status.REJECTED)
    note("answer_rejected", item, given, act, {"why": reason.strip()})
    return given


def withdraw(place: Place, given: Answer) -> Answer:
    """Whoever proposed it takes it back."""
    item, given = _proposed(given)
    if place.person is None or given.made_by_id != place.person:
        raise Refused("not_allowed", "Only whoever proposed it takes it back.")
    _conclude(place, given, Answer.Status.WITHDRAWN)
    note("answer_withdrawn", item, given, _act_of(item, given))
    return given


def ignore(place: Place, item: OutboxItem, reason: str, until: datetime | None = None) -> Answer:
    """Leave a held or waiting record out, until it changes or `until` passes; above the limit as a proposal."""
    reason = needs_reason(reason)
    if until is not None and until <= timezone.now():
        raise Refused("unknown", "That day has passed. Choose a later one, or none.")
    item = locked(item, _OPEN)
    act = Act.IGNORE if smallness()(item) else Act.OVERRIDE
    subject = until.isoformat() if until else ""
    return _give(place, item, act, draft(item, IGNORE, subject, IGNORE, reason, item.source.fingerprint))


def unignore(place: Place, item: OutboxItem, reason: str) -> None:
    """Decide an ignored record again with the next run."""
    reason = needs_reason(reason)
    item = locked(item, (STATES.IGNORED,))
    _allowed(place, Act.IGNORE)
    move(item, STATES.READY, reason="", message="", until=None, ignored_fingerprint="")
    _live(item).filter(choice=IGNORE).update(status=Answer.Status.WITHDRAWN)
    due_now([item.flow_id])
    tell("unignored", item, {}, {"reason": reason})


def link(place: Place, item: OutboxItem, target_id: str, reason: str) -> Answer | RecordLink:
    """Say that a held or waiting record is that record of the other side.

    Where the open question offers exactly this, it is its answer; else the link is made now, and compared next.
    """
    reason = needs_reason(reason)
    item = locked(item, _OPEN)
    row = linking.found_on_target(item, target_id)
    for review in ReviewItem.objects.filter(item=item, status=ReviewItem.Status.OPEN):
        for problem in review.problems:
            if any(each["key"] == f"link:{target_id}" for each in problem.get("choices", ())):
                return answer(place, item, problem["code"], problem.get("subject", ""), f"link:{target_id}", reason)
    _allowed(place, Act.WORK)
    return linking.make_link(item, row, reason, place.person)


def correct(place: Place, item: OutboxItem, subject: str, value: str, was: str, reason: str) -> Answer:
    """Put `value` in a place of this record's coding, as long as its content stays; the caller has checked both."""
    given = draft(item, CORRECTED, subject, f"{SET}{value}", reason, item.source.fingerprint)
    given.was = was[:120]
    return _give(place, item, Act.WORK, given)


def take_correction_back(place: Place, item: OutboxItem, subject: str, reason: str) -> None:
    """The place is coded by the rules again."""
    _allowed(place, Act.WORK)
    live = _live(item).filter(code=CORRECTED, subject=subject, fingerprint=item.source.fingerprint)
    if not live.update(status=Answer.Status.WITHDRAWN):
        raise Refused("closed", "Nothing is corrected there any more: somebody else was faster.")
    make_ready(item, place.person, "correction taken back")
    tell("correction_taken_back", item, {"subject": subject}, {"reason": reason})


def unlink(place: Place, made: RecordLink, reason: str) -> Answer:
    """Take a link back; the record is held until a person says what becomes of it."""
    reason = needs_reason(reason)
    item = locked(linking.item_of(made), (*_OPEN, STATES.DONE, STATES.OUT, STATES.IGNORED))
    asked = draft(item, UNLINK, made.target_id, UNLINK, reason, item.source.fingerprint)
    return _give(place, item, Act.OVERRIDE, asked)


def repost(place: Place, item: OutboxItem, subject: str, reason: str) -> Answer:
    """Have the coding of a sent bill, which `subject` names, posted anew; in the open scope, the item locked."""
    return _give(place, item, Act.OVERRIDE, draft(item, REPOST, subject, REPOST, reason, item.source.fingerprint))


def proposals() -> "QuerySet[Answer]":
    """What waits for a second person: proposals whose question is still open, oldest first."""
    open_still = Q(item__state__in=_OPEN) | Q(choice__in=_OF_SENT)
    current = Q(fingerprint="") | Q(fingerprint=F("item__source__fingerprint"))
    rows: QuerySet[Answer] = Answer.objects.filter(open_still, current, status=Answer.Status.PROPOSED)
    return rows.select_related("item__flow__integration", "item__source", "made_by").order_by("made_at", "id")


def retry(rows: "QuerySet[ReviewItem]", by: int | None) -> int:
    """Decide them again, as `decide_again`; returns how many."""
    return len(decide_again(rows, by))


def decide_again(rows: "QuerySet[ReviewItem]", by: int | None) -> list[int]:
    """Make the held items of open reviews ready again, close the reviews, audit each; returns the ids of these reviews.

    What may be on the other side already stays held. The caller has asked who may do it. Two people at once: the rows
    are locked, the second one finds nothing to do.
    """
    now = timezone.now()
    asked = rows.filter(status=ReviewItem.Status.OPEN, item__state=STATES.HELD).exclude(code__in=NEVER_BLINDLY)
    ids = dict(asked.order_by("id").values_list("pk", "item_id")[:AT_ONCE])
    # records before their reviews, as runs and answers lock them: two who come from both ends would wait for ever
    items = OutboxItem.objects.select_for_update(of=("self",)).filter(pk__in=ids.values(), state=STATES.HELD)
    held = [item.pk for item in items.order_by("pk").only("pk")]
    again = ReviewItem.objects.filter(pk__in=ids, item__in=held, status=ReviewItem.Status.OPEN)
    found = list(again.exclude(code__in=NEVER_BLINDLY).select_related("item__flow").order_by("id"))
    OutboxItem.objects.filter(pk__in=[r.item_id for r in found], state=STATES.HELD).update(
        state=STATES.READY, not_before=now, attempts=0, lost_workers=0, changed_at=now
    )
    Blocker.objects.filter(item__in=[r.item_id for r in found]).delete()
    ReviewItem.objects.filter(pk__in=[r.pk for r in found]).update(
        status=ReviewItem.Status.RESOLVED, resolved_at=now, resolved_by=by, resolution="retried"
    )
    for row in found:
        tell("retried", row.item, {"code": row.code})
    for flow in sorted({r.item.flow_id for r in found}):
        poll_now(flow)
    return [row.pk for row in found]


def _allowed(place: Place, act: Act) -> Ruling:
    found = ruling(place, act)
    if found is Ruling.NO:
        raise Refused("not_allowed", "Your role may not do this.")
    return found


def smallness() -> Callable[[OutboxItem], bool]:
    """Whether one person may leave a record out. The limit is in company currency; what is in another is not small."""
    limits: dict[int, Decimal] = {}

    def is_small(item: OutboxItem) -> bool:
        integration, amount = item.flow.integration, item.source.amount
        if integration.pk not in limits:
            limits[integration.pk] = policy_of(integration).ignore_limit
        home = integration.company_currency
        foreign = bool(home and item.source.currency and item.source.currency != home)
        return not amount or (not foreign and abs(amount) <= limits[integration.pk])

    return is_small


def draft(item: OutboxItem, code: str, subject: str, choice: str, reason: str, fingerprint: str) -> Answer:
    """An answer that is not given yet."""
    named: dict[str, Any] = {"item": item, "code": code, "subject": subject[:300], "choice": choice[:100]}
    return Answer(**named, reason=reason, fingerprint=fingerprint, made_at=timezone.now())


def _give(place: Place, item: OutboxItem, act: Act, given: Answer) -> Answer:
    """Store the answer, approved or proposed; an approved one takes effect in this transaction."""
    alone = _allowed(place, act) is Ruling.ALONE
    live = _live(item).filter(code=given.code, subject=given.subject, fingerprint=given.fingerprint)
    earlier = live.select_related("made_by").first()
    if earlier is not None and earlier.status == Answer.Status.PROPOSED:
        words = f"{name_of(earlier)} has proposed “{earlier.choice}” already. Approve, reject or have it taken back."
        raise Refused("taken", words)
    live.update(status=Answer.Status.WITHDRAWN)  # asked again all the same: it did not settle the question
    given.status = Answer.Status.APPROVED if alone else Answer.Status.PROPOSED
    given.made_by_id = place.person
    try:
        with transaction.atomic():
            given.save()
    except IntegrityError:
        raise Refused("taken", "Somebody else has just answered this. Look at what the record says now.") from None
    if alone:
        _take_effect(place, item, given, act)
    else:
        note("answer_proposed", item, given, act)
    return given


def _take_effect(place: Place, item: OutboxItem, given: Answer, act: Act) -> None:
    if given.choice == IGNORE:
        until = datetime.fromisoformat(given.subject) if given.subject else None
        fields = {"until": until, "ignored_fingerprint": item.source.fingerprint}
        move(item, STATES.IGNORED, reason="ignored", message=given.reason, **fields)
        close_review(item, place.person, "ignored")
    elif given.choice == UNLINK:
        linking.take_back(item, given.subject, given.reason, place.person)
    elif given.choice.startswith("link:") and given.code in NEVER_BLINDLY:  # asked by the store, not by a decision
        row = linking.found_on_target(item, given.choice.removeprefix("link:"))
        linking.make_link(item, row, given.reason, place.person)
    else:
        make_ready(item, place.person, "answered")
    note("coding_corrected" if given.code == CORRECTED else "answered", item, given, act, {"was": given.was})


def _proposed(given: Answer) -> tuple[OutboxItem, Answer]:
    """The proposal and its item as they are now, locked. Raises Refused when somebody was faster."""
    item = locked(given.item, STATES.values)
    now: Answer = Answer.objects.select_for_update(of=("self",)).get(pk=given.pk)
    if now.status != Answer.Status.PROPOSED:
        raise Refused("closed", f"This proposal was {now.get_status_display().lower()} already.")
    return item, now


def _act_of(item: OutboxItem, given: Answer) -> Act:
    """Whose agreement a proposal takes: what its choice says, else the strictest of those that people answer."""
    problem = problem_of(item, given.code, given.subject) or {}
    acts = {each["key"]: each["act"] for each in problem.get("choices", ())}
    return _ACTS.get(given.choice) or Act(acts.get(given.choice, Act.OVERRIDE))


def _conclude(place: Place, given: Answer, status: str) -> None:
    given.status, given.checked_by_id, given.checked_at = status, place.person, timezone.now()
    given.save(update_fields=["status", "checked_by", "checked_at"])


def _live(item: OutboxItem) -> "QuerySet[Answer]":
    rows: QuerySet[Answer] = Answer.objects.filter(
        item=item, status__in=[Answer.Status.PROPOSED, Answer.Status.APPROVED]
    )
    return rows


def note(action: str, item: OutboxItem, given: Answer, act: Act, detail: dict[str, Any] | None = None) -> None:
    """Audit what became of an answer; `act` is the row of the table of roles that it took."""
    refs = {"answer": str(given.uuid), "code": given.code, "subject": given.subject, "choice": given.choice}
    tell(action, item, {**refs, "act": act, **people_of(given)}, {"reason": given.reason, **(detail or {})})
