"""An invoice that the ERP paid in part before it was sent: bill the rest, or all of it and note what was paid."""

from decimal import Decimal

import msgspec

from integrations.engine.asking import Answers, answered, hold, subject
from integrations.engine.billing import total_owed
from integrations.engine.decisions import Hold
from integrations.engine.errors import Choice, Problem
from integrations.engine.policy import Policy
from integrations.engine.records import Invoice, InvoiceState
from integrations.engine.shares import open_amount

_OPEN = Choice("open_amount", "Bill the open amount", "override")
_FULL = Choice("full_and_record", "Bill all of it and record what was paid", "override")
_CHOSEN = {"open_amount": _OPEN.key, "record_payment": _FULL.key, "hold": ""}


class Partly(msgspec.Struct, frozen=True, kw_only=True):
    """How a partly paid invoice is sent: over `open_only` (signed), or whole and then `record` what was paid."""

    open_only: Decimal | None = None
    record: bool = False


def partly_paid(source: Invoice, policy: Policy, answers: Answers) -> Partly | Hold:
    """By the answer, else by the setting, else a person is asked. A credit is only ever sent with its open amount."""
    if source.state is not InvoiceState.PARTLY_PAID:
        return Partly()
    left, asked = open_amount(source), question(source)
    chosen = answered(answers, asked) or _CHOSEN[policy.partly_paid]
    if left is None or not any(choice.key == chosen for choice in asked.choices):
        return hold(asked)
    return Partly(open_only=left) if chosen == _OPEN.key else Partly(record=True)


def whole_and_recorded(source: Invoice, policy: Policy, answers: Answers) -> bool:
    """Whether it was decided to bill all of it and record the paid part."""
    chosen = answered(answers, question(source)) or _CHOSEN[policy.partly_paid]
    return chosen == _FULL.key


def question(source: Invoice) -> Problem:
    """What a person is asked; without a known open amount there is nothing to choose."""
    total, left = total_owed(source), open_amount(source)
    if total is None or left is None:
        words = "Partly paid in the ERP before it was sent, and what is open could not be read. Handle it by hand."
        return Problem("partly_paid", words, field="state", value=source.state_word)
    owed = f"{abs(left)} of {abs(total)} {source.currency} is open"
    words = f"Partly paid in the ERP before it was sent: {owed}. Decide who pays the rest."
    choices = (_OPEN, _FULL) if total > 0 else (_OPEN,)
    about = subject(source.number, left, source.currency)
    return Problem("partly_paid", words, field="state", value=source.state_word, choices=choices, subject=about)
