"""The whole story of one record, in order: read, decided, written, linked, looked at by a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from audit.models import AuditEntry
from integrations.engine.correcting import CORRECTED
from integrations.models import Answer, OutboxItem, RecordLink, ReviewItem, WriteIntent
from integrations.web.compare import Pair, both_sides
from integrations.web.offers import choice_words
from integrations.web.schedules import system_label
from integrations.web.sent import Sent, sent_of
from integrations.web.words import reason, recognised


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `points` are the reasons or problems, `quoted` what the other side answered."""

    at: datetime
    title: str
    icon: str
    tone: str
    points: Sequence[str] = ()
    quoted: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """Events oldest first; both sides of each link; the open review; the mapping's reasons; what was last sent.

    `forms` are the other records that the same source record became: a further currency, an instalment.
    """

    events: list[Event]
    pairs: list[Pair]
    review: ReviewItem | None
    why: list[str]
    sent: Sent | None
    forms: list[OutboxItem]
    audit: list[AuditEntry]
    intent: WriteIntent | None


def story(item: OutboxItem) -> Story:
    """Everything our own rows say of this record; a constant number of queries."""
    reviews = list(ReviewItem.objects.filter(item=item).select_related("resolved_by", "assignee").order_by("id"))
    intents = list(WriteIntent.objects.filter(item=item).order_by("id"))
    flow = item.flow
    links = list(
        RecordLink.objects.filter(
            integration=flow.integration_id, entity=flow.entity, inbound=flow.inbound, source_key=item.source_key
        ).order_by("id")
    )
    entries = list(
        AuditEntry.objects.filter(entity=flow.entity, source_key=item.source_key).order_by("-sequence")[:200]
    )
    answers = list(Answer.objects.filter(item=item).select_related("made_by", "checked_by").order_by("id"))
    forms = OutboxItem.objects.filter(source=item.source_id).exclude(pk=item.pk).select_related("source", "flow")
    mine = [link for link in links if item.variant in ("", link.variant)]
    last = mine[-1] if mine else None
    events = [*_reading(item), *_writing(item, intents), *_reviewing(reviews), *_answering(answers), *_linking(mine)]
    return Story(
        events=sorted(events, key=lambda event: event.at),
        pairs=both_sides(item, mine),
        review=next((r for r in reviews if r.status == ReviewItem.Status.OPEN), None),
        why=[*(last.why if last else intents[-1].why if intents else ())],
        sent=sent_of(item, last.sent if last and last.sent else intents[-1].draft if intents else None, last),
        forms=list(forms.order_by("variant")),
        audit=entries[::-1],
        intent=intents[-1] if intents else None,
    )


def _reading(item: OutboxItem) -> list[Event]:
    source, label = item.source, system_label(item.flow.source.system)
    events = [Event(source.first_seen, f"Read from {label}", "download", "info")]
    if source.changed_at > source.first_seen:
        events.append(Event(source.changed_at, f"Changed in {label}, read again", "repeat", "info"))
    if item.state in (OutboxItem.State.WAITING, OutboxItem.State.OUT) and item.message:
        word = "Waiting" if item.state == OutboxItem.State.WAITING else "Out of scope"
        events.append(Event(item.changed_at, word, "clock", "wait", points=[item.message]))
    if source.gone_since:
        words = "A whole reading did not see it, and a look by its key found nothing"
        events.append(Event(source.gone_since, f"No longer in {label}", "cross", "bad", points=[words]))
    if item.notes:
        points = [str(note.get("message", "")) for note in item.notes]
        events.append(Event(item.changed_at, "Worth knowing", "info", "look", points))
    return events


def _linking(links: Sequence[RecordLink]) -> list[Event]:
    """Links that were not made by a write: those are told with it."""
    events = []
    for link in links:
        if link.made_by != RecordLink.MadeBy.CREATED:
            sure = f", {link.score} of 100 sure" if link.score else ""
            title = f"{link.get_made_by_display()}: {link.target_id}{sure}"
            events.append(Event(link.linked_at, title, "check", "good", [*link.why]))
    return events


def _answering(answers: Sequence[Answer]) -> list[Event]:
    """What people decided: who proposed, who approved, why."""
    events = []
    for given in answers:
        words = choice_words(given.choice, given.subject)
        if given.code == CORRECTED:
            events.append(_correction(given, words))
            continue
        alone = given.status == Answer.Status.APPROVED and given.checked_at is None
        title = f"Answered: {words}" if alone else f"Proposed: {words}"
        who = given.made_by.email if given.made_by else "a program"
        events.append(Event(given.made_at, title, "person", "info", [reason(given.code), given.reason], by=who))
        if given.checked_at:
            look = {"approved": ("check", "good"), "rejected": ("cross", "bad")}.get(given.status, ("minus", "rest"))
            who = given.checked_by.email if given.checked_by else ""
            over = given.status == Answer.Status.WITHDRAWN and given.checked_by_id != given.made_by_id
            title = "Approved, but counts no more" if over else given.get_status_display()
            events.append(Event(given.checked_at, f"{title}: {words}", *look, by=who))
    return events


def _correction(given: Answer, words: str) -> Event:
    """A corrected place of the coding, with what stood there before."""
    who = given.made_by.email if given.made_by else "a program"
    gone = ["Taken back, or corrected again, since"] if given.status == Answer.Status.WITHDRAWN else []
    was = f"It was {given.was}" if given.was else "It had no value"
    return Event(given.made_at, words, "person", "info", [was, given.reason, *gone], by=who)


# How a write ended; {} is the system that was written.
_ENDS = {
    "created": ("Created in {}", "check", "good"),
    "updated": ("Updated in {}", "check", "good"),
    "linked": ("Found in {} and linked", "check", "good"),
    "refused": ("Refused by {}", "cross", "bad"),
    "postponed": ("Postponed: it was not processed", "clock", "wait"),
    "absent": ("Looked up twice: it is not there, so it may be written again", "lens", "look"),
    "held": ("Looked up: what is there is not provably ours", "lens", "bad"),
    "archived": ("Archived in {}", "check", "good"),
    "recorded": ("Noted in {} as paid", "check", "good"),
    "applied": ("Set off in {}", "check", "good"),
    "attached": ("Put beside its payable in {}", "check", "good"),
    "marked": ("Marked as sent in the ledger", "check", "good"),
    "stale": ("Not written: the record had changed there meanwhile", "clock", "wait"),
    "unproposed": ("Taken out of the payment proposal in {}", "check", "good"),
    "conflict": ("Written, but already linked to another record", "cross", "bad"),
}


def _writing(item: OutboxItem, intents: Sequence[WriteIntent]) -> list[Event]:
    events = []
    label = system_label(item.flow.target.system)
    for intent in intents:
        events.append(
            Event(
                intent.created_at,
                f"About to be written to {label}",
                "arrow",
                "info",
                [f"Found again by {recognised(intent.natural_key)}"],
            )
        )
        if intent.settled_at is None and item.state == OutboxItem.State.UNCERTAIN:
            looks = [f"Looked {intent.looks} times so far; nothing is sent meanwhile"]
            events.append(Event(item.changed_at, "The answer was lost: it is looked up", "lens", "look", looks))
        if intent.settled_at:
            title, icon, tone = _ends(item, intent.outcome)
            points = [", ".join(f"{key} {value}" for key, value in found.items()) for found in intent.evidence]
            if intent.looks:
                points.insert(0, f"Looked up {intent.looks} time{'' if intent.looks == 1 else 's'} without finding it")
            events.append(Event(intent.settled_at, title, icon, tone, points))
    return events


def _ends(item: OutboxItem, outcome: str) -> tuple[str, str, str]:
    """(title, icon, tone) of how a write ended; what comes into the books is booked there."""
    title, icon, tone = _ENDS.get(outcome, (outcome.capitalize(), "info", "rest"))
    if outcome == "created" and item.flow.inbound:
        title = "Booked in {} as a voucher" if item.flow.entity == "payment" else "Booked in {}"
    return title.format(system_label(item.flow.target.system)), icon, tone


def _reviewing(reviews: Sequence[ReviewItem]) -> list[Event]:
    events = []
    for review in reviews:
        points = [problem.get("message", "") for problem in review.problems]
        events.append(Event(review.opened_at, "Held for a person", "hand", "bad", points, review.answer))
        if review.resolved_at:
            who = review.resolved_by.email if review.resolved_by else ""
            title = f"Resolved: {review.resolution or 'no longer held'}"
            events.append(Event(review.resolved_at, title, "check", "good", by=who))
    return events
