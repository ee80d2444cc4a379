"""Accounts and dimension values as codes of the target: those that are valid today; what goes is switched off there."""

from datetime import date

import msgspec

from integrations.engine import fingerprint as hashing
from integrations.engine.asking import hold
from integrations.engine.decisions import Create, Decision, Link, Nothing, Out, Update
from integrations.engine.drafts import CodeDraft
from integrations.engine.errors import Problem
from integrations.engine.mapping import Rules
from integrations.engine.records import Dimension, GLAccount, Gone


def decide_code(source: GLAccount | Dimension, link: Link | None, rules: Rules) -> Decision:
    """Send it, refresh it, or switch it off once no company uses it any more."""
    unusable = _unusable(source, rules.today)
    if unusable is not None:
        return unusable if link is None else _off(source, link, rules)
    draft, notes = _drafted(source, rules)
    if link is not None and link.sent == draft:
        return _unchanged(source, link)
    others = rules.elsewhere.get(code_key(draft), ())
    if differs := [each for each in others if each.active and each.name != draft.name]:
        other = differs[0]
        words = (
            f"Company {other.company} sends {draft.value} as “{other.name}”, this one as “{draft.name}”. Both use one "
            "list on the other side: give them one text, or one of them another code."
        )
        return hold(Problem("code_text_differs", words, field="name", value=draft.value))
    if link is None:
        return Create(draft=draft, natural_key=code_key(draft), notes=notes)
    return Update(draft=draft, natural_key=code_key(draft), target_id=link.target_id, notes=notes)


def decide_code_gone(source: Gone, link: Link | None, rules: Rules) -> Decision:
    """It is no longer in the ERP: switched off, never deleted."""
    last = source.last
    if link is None or not isinstance(last, GLAccount | Dimension):
        return Out(reason="gone", message="It is no longer in the ERP.")
    return _off(last, link, rules)


def code_of(source: GLAccount | Dimension, day: date | None, longest: int) -> tuple[CodeDraft, bool]:
    """(the code it is on the target, whether it may be used on `day`)."""
    return _coded(source, longest), _unusable(source, day) is None


def code_key(draft: CodeDraft) -> str:
    """What finds the code again on the target."""
    return f"{draft.group}|{draft.value}"


def _unusable(source: GLAccount | Dimension, today: date | None) -> Out | None:
    if isinstance(source, GLAccount) and (source.control or source.statistical):
        kind = "A ledger account" if source.control else "A statistical account"
        return Out(reason="not_for_coding", message=f"{kind}: invoices are never coded to it.")
    if not source.active:
        return Out(reason="inactive", message="It is inactive in the ERP.")
    first, last = source.valid_from, source.valid_to
    if today is not None and not (first or today) <= today <= (last or today):
        return Out(reason="not_valid_today", message=f"It is valid from {first or '…'} to {last or '…'} only.")
    return None


def _coded(source: GLAccount | Dimension, longest: int) -> CodeDraft:
    group = "" if isinstance(source, GLAccount) else source.kind_name or source.kind
    value = source.number if isinstance(source, GLAccount) else source.value
    name = source.name or value
    return CodeDraft(group=group, value=value, name=name[:longest].rstrip() if longest else name)


def _drafted(source: GLAccount | Dimension, rules: Rules) -> tuple[CodeDraft, tuple[Problem, ...]]:
    draft = _coded(source, rules.longest_name)
    if draft.name in (source.name, draft.value):
        return draft, ()
    words = f"The other side keeps {rules.longest_name} characters of its text. The ERP's own text stays as it is."
    return draft, (Problem("shortened", words, field="name"),)


def _unchanged(source: GLAccount | Dimension, link: Link) -> Nothing:
    same = link.schema == hashing.VERSION and link.fingerprint == hashing.fingerprint(source)
    return Nothing(rebaseline=not same)


def _off(source: GLAccount | Dimension, link: Link, rules: Rules) -> Decision:
    """Switched off on the target, unless another company still uses it."""
    sent = link.sent if isinstance(link.sent, CodeDraft) else _drafted(source, rules)[0]
    if not sent.active:
        return _unchanged(source, link)
    others = [each.company for each in rules.elsewhere.get(code_key(sent), ()) if each.active]
    if others:
        words = f"Company {', '.join(sorted(others))} still uses it on the other side."
        return Nothing(rebaseline=True, notes=(Problem("used_elsewhere", words, field="active"),))
    draft = msgspec.structs.replace(sent, active=False)
    return Update(draft=draft, natural_key=code_key(draft), target_id=link.target_id, why=("no longer in use",))
