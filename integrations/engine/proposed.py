"""An invoice that is paid here and that the ERP is about to pay as well: taken out of its proposal, or stopped."""

from integrations.engine.asking import Answers, answered, hold, subject
from integrations.engine.decisions import Act, Decision
from integrations.engine.drafts import UnproposeDraft
from integrations.engine.errors import Choice, Problem

_REMOVE = Choice("remove_from_proposal", "Take it out of the proposal", "override")
_KEEP = Choice("keep", "Leave the proposal as it is, and go on", "override")
_REMOVABLE = ("preliminary", "acknowledged")  # what the ERP calls a proposal that nobody has ordered yet


def about_to_be_paid(draft: UnproposeDraft, target_id: str, state: str, answers: Answers) -> Decision | None:
    """None: people decided to leave it. `draft` names the invoice, `target_id` is its id in the books."""
    removable = state.casefold() in _REMOVABLE
    what = "Take it out of the proposal." if removable else "Stop that payment in the ERP, or recover the money."
    words = (
        f"Invoice {draft.number} is paid by the AP tool, and it is in a payment proposal of the ERP "
        f"({state or 'open'}): it may be paid twice. {what}"
    )
    choices, about = ((_REMOVE, _KEEP) if removable else (_KEEP,)), subject(target_id, state)
    code = "in_payment_proposal"
    asked = Problem(code, words, field="number", value=draft.number, urgent=True, choices=choices, subject=about)
    match answered(answers, asked):
        case _REMOVE.key:
            key = f"unpropose|{draft.company}|{draft.vendor}|{draft.series}|{draft.number}"
            return Act(draft=draft, natural_key=key, target_id=target_id, why=(f"in a {state} proposal",), again=True)
        case "":
            return hold(asked)
    return None
