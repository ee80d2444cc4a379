"""A new bill against what stands on the other side already: link it, ask a person, or note what looks alike."""

from collections.abc import Sequence

import msgspec

from integrations.engine.asking import CREATE_ANYWAY, LINK, Answers, about, answered, hold, link_to
from integrations.engine.decisions import Hold, LinkTo
from integrations.engine.drafts import InvoiceDraft
from integrations.engine.duplicates import Existing, Verdict
from integrations.engine.errors import Problem
from integrations.engine.mapping import Rules
from integrations.engine.peers import Peers
from integrations.engine.policy import Policy
from integrations.engine.records import Invoice

_SHOWN = 3  # of many suspects
_NOBODY = Peers()


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """`instead` of creating; None: create it, with `notes`."""

    instead: LinkTo | Hold | None = None
    notes: tuple[Problem, ...] = ()


def check(source: Invoice, draft: InvoiceDraft, rules: Rules, policy: Policy, answers: Answers) -> Checked:
    """Sections 3.1 to 3.5: exact is linked, similar asks, alike every day is noted; our own begun try is none."""
    if rules.guard.has_begun(source.key):
        return Checked()
    found = rules.guard.invoice(draft, rules.tax_twins.get(source.vendor_key, ()))
    if found.same is not None:
        return Checked(instead=LinkTo(target_id=found.same.target_id, why=(found.why,)))
    asked = _asked(draft, found, policy)
    if asked is None:
        return Checked(notes=_notes(source, draft, found, rules))
    chosen = answered(answers, asked)
    if chosen.startswith(LINK):
        linked = LinkTo(target_id=chosen.removeprefix(LINK), why=("linked by a person",))
        return Checked(instead=linked)
    if chosen != CREATE_ANYWAY.key:
        return Checked(instead=hold(asked))
    return Checked(notes=_notes(source, draft, found, rules))


def _asked(draft: InvoiceDraft, found: Verdict, policy: Policy) -> Problem | None:
    if found.suspects:
        seen = _few(found.suspects)
        words = f"The other side has what may be the same, entered by somebody else: {seen}. Compare the two."
        return _problem("possible_duplicate", words, draft.number, found.suspects)
    if found.weak and policy.weak_duplicates == "hold":
        seen = _few(found.weak)
        words = f"The other side has the same amount of the same day under another number: {seen}. Compare the two."
        return _problem("weak_duplicate", words, draft.number, found.weak)
    return None


def _problem(code: str, words: str, number: str, suspects: Sequence[Existing]) -> Problem:
    choices = (*(link_to(each.target_id, _shown(each)) for each in suspects), CREATE_ANYWAY)
    asked_about = about(each.target_id for each in suspects)
    return Problem(code, words, field="number", value=number, choices=choices, subject=asked_about)


def _notes(source: Invoice, draft: InvoiceDraft, found: Verdict, rules: Rules) -> tuple[Problem, ...]:
    noted = []
    if found.reused:
        words = f"The number was used before, on {_few(found.reused)}."
        noted.append(Problem("number_reused", words, field="number", value=found.reused[0].target_id))
    if found.weak:
        words = f"Same amount and date as {_few(found.weak)}."
        noted.append(Problem("weak_duplicate", words, field="amount", value=found.weak[0].target_id))
    peers = rules.peers.get(source.vendor_key, _NOBODY)
    alike, count = peers.alike(source.key, draft.number, draft.total, draft.invoice_date, _SHOWN)
    if alike:
        seen = "; ".join(f"{peer.number} over {peer.amount} of {peer.dated}" for peer in alike)
        words = f"In the ledger {'looks' if count == 1 else 'look'} alike: {seen}{_more(count)}."
        noted.append(Problem("alike_in_source", words, field="number", value=alike[0].key))
    return tuple(noted)


def _few(found: Sequence[Existing]) -> str:
    """The first of them, and how many more there are."""
    return "; ".join(_shown(each) for each in found[:_SHOWN]) + _more(len(found))


def _more(count: int) -> str:
    return f" and {count - _SHOWN:,} more" if count > _SHOWN else ""


def _shown(each: Existing) -> str:
    return f"{each.number} over {each.amount} of {each.dated} ({each.target_id})"
