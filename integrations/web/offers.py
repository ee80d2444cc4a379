"""What a person may do about a record now: answer its questions, link it, ignore it, take its link back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db.models import Q

from integrations.engine.correcting import SET, VENDOR
from integrations.engine.reposting import REPOST
from integrations.models import Answer, MirrorRecord, OutboxItem, ReviewItem
from integrations.store import newcomers
from integrations.store.answers import NEVER_BLINDLY
from integrations.store.checking import Ruling, may_approve, ruling
from tenants.access import Place
from tenants.permissions import Act

AT_MOST = 20  # records of the other side that a search shows
_OPEN = (OutboxItem.State.HELD, OutboxItem.State.WAITING)


@dataclass(frozen=True, slots=True)
class Offer:
    """One answer that may be given. `second` says that another person approves it first."""

    key: str
    label: str
    second: bool


@dataclass(frozen=True, slots=True)
class Question:
    """A problem with the answers this person may give; `withheld` counts those that their role may not.

    `sides` are fields that differ: field, ledger, agreed, target.
    """

    code: str
    subject: str
    message: str
    field: str
    value: str
    urgent: bool
    offers: Sequence[Offer]
    withheld: int
    sides: Sequence[Mapping[str, str]] = ()

    @property
    def needs_second(self) -> bool:
        """Whether one of the answers takes two people."""
        return any(offer.second for offer in self.offers)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed answer, and what this person may do with it."""

    given: Answer
    label: str
    may_approve: bool
    own: bool


@dataclass(frozen=True, slots=True)
class Work:
    """All of it, for one record."""

    questions: Sequence[Question]
    proposals: Sequence[Proposal]
    retry: bool
    link: bool
    ignore: bool
    ignore_alone: bool
    unignore: bool
    unlink: bool
    unlink_second: bool

    @property
    def any(self) -> bool:
        """Whether there is anything to be done."""
        return bool(self.questions or self.proposals or self.link or self.ignore or self.unignore)


def work_of(place: Place, item: OutboxItem, review: ReviewItem | None) -> Work:
    """What the person at `place` may do about `item`; a constant number of queries."""

    @cache
    def may(act: str) -> Ruling:
        return ruling(place, Act(act))

    waits = item.state in _OPEN
    ignoring = {may(Act.IGNORE), may(Act.OVERRIDE)} - {Ruling.NO}
    return Work(
        questions=[_question(problem, may) for problem in (review.problems if review else ())],
        proposals=proposals_of(place, item, review),
        retry=review is not None and review.code not in NEVER_BLINDLY and may(Act.WORK) is not Ruling.NO,
        link=waits and may(Act.WORK) is not Ruling.NO,
        ignore=waits and bool(ignoring),
        ignore_alone=may(Act.IGNORE) is Ruling.ALONE,
        unignore=item.state == OutboxItem.State.IGNORED and may(Act.IGNORE) is not Ruling.NO,
        unlink=may(Act.OVERRIDE) is not Ruling.NO,
        unlink_second=may(Act.OVERRIDE) is Ruling.PROPOSE,
    )


def _question(problem: Mapping[str, Any], may: Any) -> Question:
    offers, withheld = [], 0
    for choice in problem.get("choices", ()):
        standing = may(choice["act"])
        if standing is Ruling.NO:
            withheld += 1
        else:
            offers.append(Offer(choice["key"], choice["label"], second=standing is Ruling.PROPOSE))
    texts = {name: str(problem.get(name) or "") for name in ("code", "subject", "message", "field", "value")}
    urgent, sides = bool(problem.get("urgent")), problem.get("sides") or ()
    return Question(**texts, urgent=urgent, offers=offers, withheld=withheld, sides=sides)


def proposals_of(place: Place, item: OutboxItem, review: ReviewItem | None) -> list[Proposal]:
    """What has been proposed for this record and waits for somebody else."""
    rows = Answer.objects.filter(item=item, status=Answer.Status.PROPOSED).select_related("made_by").order_by("id")
    return [proposal(place, given, review) for given in rows]


def proposal(place: Place, given: Answer, review: ReviewItem | None) -> Proposal:
    """What the person at `place` may do with it; the store proves it again when it is done."""
    asked = {
        (problem["code"], problem.get("subject", ""), choice["key"]): choice
        for problem in (review.problems if review else ())
        for choice in problem.get("choices", ())
    }
    choice = asked.get((given.code, given.subject, given.choice), {})
    act = Act(choice.get("act", Act.OVERRIDE))
    return Proposal(
        given=given,
        label=choice.get("label") or choice_words(given.choice, given.subject),
        may_approve=may_approve(place, act, given.made_by_id),
        own=given.made_by_id is not None and str(given.made_by_id) == place.actor.id,
    )


def choice_words(choice: str, subject: str = "") -> str:
    """An answer in words where its question is not asked any more."""
    if choice.startswith("link:"):
        return f"Link to {choice.removeprefix('link:')}"
    if choice.startswith(SET):
        return f"{_place_words(subject)} corrected to {choice.removeprefix(SET) or 'nothing'}"
    if choice == REPOST.key:
        return REPOST.label
    if choice == "unlink":
        return f"Take the link to {subject} back"
    return choice.replace("_", " ").capitalize()


def _place_words(subject: str) -> str:
    """A place of the coding in words: "Account of line 2", "Code part B of line 2"."""
    if subject == VENDOR:
        return "Vendor"
    head, _, part = subject.partition("|part|")
    if part:
        return f"Code part {part} of line {head}"
    key = subject.removesuffix("|account")
    return f"Account of {key if key.startswith('tax ') else f'line {key}'}"


def candidates(item: OutboxItem, text: str) -> list[MirrorRecord]:
    """Records of the other side, of the same kind, whose number or name begins so; those of the same amount first."""
    if newcomers.is_of(item.flow):
        wanted = Q(source_key__istartswith=text) | Q(party_name__icontains=text)
        return newcomers.suppliers(item.flow, wanted, AT_MOST) if text else []
    rows = MirrorRecord.objects.filter(connection=item.flow.target, entity=item.flow.entity, active=True)
    if text:
        rows = rows.filter(Q(number__istartswith=text) | Q(name__icontains=text) | Q(target_id=text))
    elif item.source.amount is not None:
        rows = rows.filter(amount=abs(item.source.amount), currency=item.source.currency)
    else:
        return []
    found = list(rows.order_by("id")[: AT_MOST * 5])
    amount = item.source.amount
    found.sort(key=lambda row: (amount is None or row.amount is None or row.amount != abs(amount), row.number))
    return found[:AT_MOST]
