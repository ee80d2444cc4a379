"""The whole story of one record, in order: read, decided, written, linked, looked at by a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from django.utils.formats import date_format

from audit.models import AuditEntry
from integrations.models import Answer, OutboxItem, RecordLink, ReviewItem, WriteIntent
from integrations.web.compare import Pair, both_sides
from integrations.web.offers import choice_words
from integrations.web.schedules import system_label
from integrations.web.sent import Sent, sent_of
from integrations.web.tags import exact
from integrations.web.words import reason

# Of a snapshot: what the head of the page shows already, or what means nothing to a person.
_SHOWN = {"key", "version", "number", "vendor_name", "name", "currency", "due_date", "tax_id", "tax_key"}
_HEADINGS = {"lines": "Lines", "postings": "Postings", "ledger_items": "Ledger items", "addresses": "Addresses"}
_EMPTY: tuple[object, ...] = (None, "", False, [], {})
_MONEY = {"net", "tax", "amount", "open", "original", "open_amount"}
_WORDS = {
    "po_number": "PO number",
    "po_line": "PO line",
    "state_word": "State in the ledger",
    "vendor_key": "Vendor number",
}
_ORDER = (
    *("key", "company", "series", "type", "state_word", "state", "vendor_key"),
    *("invoice_date", "voucher_date", "planned_pay_date", "payment_term", "payment_method", "po_number"),
    *("description", "text", "kind", "posting_type", "account", "dimensions", "tax_code"),
    *("net", "tax", "amount", "instalment", "due_date", "original", "open", "open_amount"),
    *("name", "line1", "line2", "postal_code", "city", "state", "country", "uses", "lines", "postings", "ledger_items"),
)


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


class Table(NamedTuple):
    """Rows of a snapshot: columns are (words, whether money), cells (column, text, whether money)."""

    name: str
    columns: list[tuple[str, bool]]
    rows: list[list[tuple[str, str, bool]]]


@dataclass(frozen=True, slots=True)
class Facts:
    """A source snapshot for people: single values, and tables for what comes in rows."""

    values: list[tuple[str, str]] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


def story(item: OutboxItem) -> Story:
    """Everything our own rows say of this record; a constant number of queries."""
    reviews = list(ReviewItem.objects.filter(item=item).select_related("resolved_by").order_by("id"))
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
        sent=sent_of(item, last.sent if last and last.sent else intents[-1].draft if intents else None),
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
        alone = given.status == Answer.Status.APPROVED and given.checked_at is None
        title = f"Answered: {words}" if alone else f"Proposed: {words}"
        who = given.made_by.email if given.made_by else "a program"
        events.append(Event(given.made_at, title, "person", "info", [reason(given.code), given.reason], by=who))
        if given.checked_at:
            look = {"approved": ("check", "good"), "rejected": ("cross", "bad")}.get(given.status, ("minus", "rest"))
            who = given.checked_by.email if given.checked_by else ""
            events.append(Event(given.checked_at, f"{given.get_status_display()}: {words}", *look, by=who))
    return events


_ENDS = {
    "created": ("Created on the other side", "check", "good"),
    "updated": ("Updated on the other side", "check", "good"),
    "linked": ("Found on the other side and linked", "check", "good"),
    "refused": ("Refused by the other side", "cross", "bad"),
    "postponed": ("Postponed: it was not processed", "clock", "wait"),
    "absent": ("Looked up twice: it is not there, so it may be written again", "lens", "look"),
    "held": ("Looked up: what is there is not provably ours", "lens", "bad"),
    "archived": ("Archived on the other side", "check", "good"),
    "recorded": ("Noted on the other side as paid", "check", "good"),
    "applied": ("Set off on the other side", "check", "good"),
    "marked": ("Marked as sent in the ledger", "check", "good"),
    "stale": ("Not written: the record had changed there meanwhile", "clock", "wait"),
    "conflict": ("Written, but already linked to another record", "cross", "bad"),
}


def _writing(item: OutboxItem, intents: Sequence[WriteIntent]) -> list[Event]:
    events = []
    label = system_label(item.flow.target.system)
    for intent in intents:
        events.append(
            Event(intent.created_at, f"About to be written to {label}", "arrow", "info", [f"As {intent.natural_key}"])
        )
        if intent.settled_at is None and item.state == OutboxItem.State.UNCERTAIN:
            looks = [f"Looked {intent.looks} times so far; nothing is sent meanwhile"]
            events.append(Event(item.changed_at, "The answer was lost: it is looked up", "lens", "look", looks))
        if intent.settled_at:
            title, icon, tone = _ENDS.get(intent.outcome, (intent.outcome.capitalize(), "info", "rest"))
            points = [", ".join(f"{key} {value}" for key, value in found.items()) for found in intent.evidence]
            if intent.looks:
                points.insert(0, f"Looked up {intent.looks} time{'' if intent.looks == 1 else 's'} without finding it")
            events.append(Event(intent.settled_at, title, icon, tone, points))
    return events


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


def facts(snapshot: Mapping[str, Any]) -> Facts:
    """The snapshot's values with readable names; what is empty, false or shown above is left out."""
    found = Facts()
    currency = str(snapshot.get("currency") or "")
    for name in sorted(snapshot, key=_place):
        value = snapshot[name]
        if name in _SHOWN or value in _EMPTY:
            continue
        if isinstance(value, list) and all(isinstance(row, Mapping) for row in value):
            found.tables.append(_table(name, value, currency))
        else:
            found.values.append((_words(name), _plain(name, value, currency)))
    return found


def _table(name: str, rows: Sequence[Mapping[str, Any]], currency: str) -> Table:
    used = {column for row in rows for column, value in row.items() if value not in _EMPTY}
    names = sorted(used, key=_place)
    cells = [[(_words(n), _plain(n, row.get(n), currency), n in _MONEY) for n in names] for row in rows]
    return Table(_HEADINGS.get(name, _words(name)), [(_words(n), n in _MONEY) for n in names], cells)


def _place(name: str) -> tuple[int, str]:
    return (_ORDER.index(name), "") if name in _ORDER else (len(_ORDER), name)


def _words(name: str) -> str:
    return _WORDS.get(name) or name.replace("_", " ").capitalize()


def _plain(name: str, value: Any, currency: str) -> str:
    if name in _MONEY and isinstance(value, str | int):
        return _money(value, currency)
    if isinstance(value, str) and (name.endswith("_date") or name.startswith("valid_")):
        return _date(value)
    if value is True:
        return "yes"
    if value in _EMPTY:
        return ""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {inner}" for key, inner in value.items() if inner)
    if isinstance(value, list):
        return ", ".join(_plain(name, inner, currency) for inner in value)
    return str(value)


def _money(value: str | int, currency: str) -> str:
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return str(value)
    return exact(amount, currency) if amount.is_finite() else str(value)


def _date(value: str) -> str:
    try:
        return date_format(date.fromisoformat(value), "j M Y")
    except ValueError:
        return value
