"""What becomes of records that are not written now: their state, their reasons, their review items and blockers."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from integrations.engine.decisions import Decision, Hold, LinkTo, Nothing, Out, Wait
from integrations.engine.drafting import discount_day
from integrations.engine.errors import Problem
from integrations.engine.ports import Item
from integrations.engine.records import Invoice
from integrations.engine.reposting import CODE as REPOST
from integrations.models import Answer, OutboxItem
from integrations.store import sql
from integrations.store.blockers import free
from integrations.store.concerns import terms
from integrations.store.frame import Frame
from integrations.store.lease import due_now

MAX_TRIES = 8
STATES = OutboxItem.State
_TOLD_ELSEWHERE = {
    "unchanged",
    "created",
    "updated",
    "linked",
}  # by nothing having happened, or by the entry of the write


@dataclass(frozen=True, slots=True)
class Parked:
    """What becomes of one item; `reason` and `message` default to the first problem's."""

    item: Item
    state: str
    outcome: str
    problems: tuple[Problem, ...] = ()
    reason: str = ""
    message: str = ""
    answer: str = ""

    @property
    def why(self) -> str:
        """The stable code of the reason."""
        return self.reason or (self.problems[0].code if self.problems else "")

    @property
    def words(self) -> str:
        """The reason in words."""
        return self.message or (self.problems[0].message if self.problems else "")


def parked(item: Item, decision: Decision) -> Parked | None:
    """How this decision parks the item; None when it is to be written."""
    match decision:
        case Nothing():
            return Parked(item, STATES.DONE, "unchanged")
        case Out(reason=reason, message=message):
            return Parked(item, STATES.OUT, "out", reason=reason, message=message)
        case Wait(problems=problems):
            return Parked(item, STATES.WAITING, "waiting", problems)
        case Hold(problems=problems):
            return Parked(item, STATES.HELD, "held", problems)
        case LinkTo():
            return None
        case _ if item.attempts > MAX_TRIES:
            words = f"It was tried {MAX_TRIES} times without an end. Look at the connection, then retry it."
            return Parked(item, STATES.HELD, "held", (Problem("too_many_tries", words),))
    return None


def park(frame: Frame, rows: Sequence[Parked]) -> None:
    """Store states, review items (open exactly for what is held) and blockers, inside the open commit."""
    if not rows:
        return
    rows = _asked_once(frame, rows)
    frame.run_sql(
        sql.PARK,
        ids=[p.item.id for p in rows],
        revisions=[p.item.revision for p in rows],
        states=[p.state for p in rows],
        reasons=[p.why for p in rows],
        messages=[p.words for p in rows],
        outcomes=[p.outcome for p in rows],
    )
    held = [p for p in rows if p.state == STATES.HELD]
    frame.run_sql(
        sql.OPEN_REVIEWS,
        ids=[p.item.id for p in held],
        codes=[p.problems[0].code for p in held],
        problems=[json.dumps([_shown(q) for q in p.problems]) for p in held],
        answers=[p.answer for p in held],
        urgent=[any(q.urgent for q in p.problems) for p in held],
        named=[named(p.problems[0]) for p in held],
        discounts=_discounts(frame, held),
    )
    closed = frame.rows(sql.CLOSE_REVIEWS, ids=[p.item.id for p in rows if p.state != STATES.HELD])
    needs = [(p.item.id, *q.blocker) for p in rows for q in p.problems if q.blocker]
    items, kinds, keys = ([need[place] for need in needs] for place in range(3))
    frame.run_sql(sql.ADD_BLOCKERS, items=items, kinds=kinds, keys=keys)
    for (problems,) in closed:
        free_alike(frame.integration.pk, json.loads(problems))
    for p in rows:
        if p.outcome not in _TOLD_ELSEWHERE:
            refs = {"outcome": p.outcome, "codes": [q.code for q in p.problems] or [p.why]}
            detail = {"message": p.message, "problems": [q.message for q in p.problems]}
            frame.audit("decided", p.item, refs=refs, detail=detail)
    _end_reposts(frame, rows)


def _end_reposts(frame: Frame, rows: Sequence[Parked]) -> None:
    """That a coding is posted anew was agreed for this decision, whatever came of it: nothing of it is done later."""
    for p in rows:
        for code, subject in p.item.answers:
            if code == REPOST:
                agreed = Answer.objects.filter(
                    item=p.item.id, code=REPOST, subject=subject, status=Answer.Status.APPROVED
                )
                agreed.update(status=Answer.Status.WITHDRAWN)
                frame.audit("repost_ended", p.item, refs={"outcome": p.outcome, "subject": subject})


def keep_notes(frame: Frame, decided: Sequence[tuple[Item, Decision]]) -> None:
    """What a person may want to know of each record; an unchanged record keeps what was said of it."""
    found = [
        (item.id, json.dumps([{"code": note.code, "message": note.message} for note in getattr(decision, "notes", ())]))
        for item, decision in decided
        if not isinstance(decision, Nothing) or decision.notes
    ]
    if found:
        frame.run_sql(sql.NOTES, ids=[item for item, _ in found], notes=[notes for _, notes in found])


def want(frame: Frame, decisions: Iterable[Decision]) -> None:
    """Ask for the further forms that these decisions wait for or are replaced by."""
    wanted = sorted(
        {(w.entity, w.key, w.variant) for d in decisions if isinstance(d, Wait | Out | Nothing) for w in d.wants}
    )
    if not wanted:
        return
    entities, keys, variants = ([each[place] for each in wanted] for place in range(3))
    flows = frame.rows(sql.WANT, entities=entities, keys=keys, variants=variants)
    if flows:
        due_now(sorted({row[0] for row in flows}))


def free_alike(integration_id: int, problems: Iterable[Mapping[str, Any]]) -> None:
    """A question that stood for many records is closed: those that waited for it are decided again."""
    for problem in problems:
        if problem.get("once") and problem.get("blocker"):
            free(integration_id, problem["blocker"][0], [problem["blocker"][1]])


def _asked_once(frame: Frame, rows: Sequence[Parked]) -> list[Parked]:
    """Of the records that raise only questions which stand for many, one is held; the others wait for its answer."""
    alike = {p.item.id for p in rows if p.state == STATES.HELD and p.problems and all(q.once for q in p.problems)}
    codes = sorted({p.problems[0].code for p in rows if p.item.id in alike})
    if not codes:
        return list(rows)
    asked = {(code, value): item for item, code, value in frame.rows(sql.ASKED, codes=codes)}
    found: list[Parked] = []
    for p in rows:
        if p.item.id in alike:
            first = asked.setdefault((p.problems[0].code, p.problems[0].value), p.item.id)
            waits = first != p.item.id and p.problems[0].blocker is not None
            found.append(replace(p, state=STATES.WAITING, outcome="waiting") if waits else p)
        else:
            found.append(p)
    return found


def named(problem: Problem) -> str:
    """What a record waits for, where supplying that one thing frees it: 4471."""
    return problem.value if problem.blocker else ""


def _discounts(frame: Frame, held: Sequence[Parked]) -> list[date | None]:
    """Until when each of them saves something by being paid early."""
    invoices = [p.item.source if isinstance(p.item.source, Invoice) else None for p in held]
    if not any(each and each.payment_term for each in invoices):
        return [None] * len(held)
    found = terms(frame.integration)
    return [discount_day(each, found.get(each.payment_term)) if each else None for each in invoices]


def _shown(problem: Problem) -> dict[str, Any]:
    names = ("code", "message", "field", "value", "urgent", "subject", "once", "blocker")
    shown = {name: getattr(problem, name) for name in names}
    sides = [{"field": s.field, "ledger": s.ledger, "agreed": s.agreed, "target": s.target} for s in problem.sides]
    return {
        **shown,
        "sides": sides,
        "choices": [{"key": c.key, "label": c.label, "act": c.act} for c in problem.choices],
    }
