"""How a record stands between both sides when they are reconciled: exactly one state each, proven by a row.

The states are those of docs/ap-rules.md; whatever no row proves is unexplained, and must be none.
"""

from collections.abc import Mapping
from enum import StrEnum

from integrations.engine.reasons.shape import CLERK, CONTROLLER, INTEGRATOR
from integrations.engine.reasons.writing import WRITING


class Part(StrEnum):
    """What is compared with what."""

    INVOICES = "invoices"  # of the ERP with bills and credits
    CAPTURED = "captured"  # approved in the AP tool with invoices in the books
    PAYMENTS = "payments"  # with vouchers and their reversals
    BY_HAND = "by_hand"  # on the other side, without a record of the ERP
    SETTLEMENT = "settlement"  # what our lists say of an account that AP settles from, with the ERP's ledger
    CASH = "cash"  # the same of an account that payments leave from


class State(StrEnum):
    """How a record stands."""

    AGREED = "agreed"
    IN_TRANSIT = "in_transit"
    WAITING = "waiting"
    HELD = "held"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    IGNORED = "ignored"
    OUT = "out"
    AMOUNT_DIFFERS = "amount_differs"
    STATUS_DIFFERS = "status_differs"
    CHANGED_IN_SOURCE = "changed_in_source"
    CHANGED_IN_TARGET = "changed_in_target"
    MISSING_IN_TARGET = "missing_in_target"
    MISSING_IN_SOURCE = "missing_in_source"
    PAID_NOT_SETTLED = "paid_not_settled"
    PAID_ON_ONE_SIDE = "paid_on_one_side"
    VOIDED_AFTER_POSTING = "voided_after_posting"
    UNEXPLAINED = "unexplained"


PARTS: Mapping[Part, str] = {
    Part.INVOICES: "Invoices of the ERP and bills",
    Part.CAPTURED: "Captured invoices and the books",
    Part.PAYMENTS: "Payments and vouchers",
    Part.BY_HAND: "Bills without an invoice of the ERP",
    Part.SETTLEMENT: "Settlement accounts",
    Part.CASH: "Cash accounts",
}
NOUNS: Mapping[Part, str] = {
    Part.INVOICES: "invoices",
    Part.CAPTURED: "captured invoices",
    Part.PAYMENTS: "payments",
    Part.BY_HAND: "bills",
    Part.SETTLEMENT: "lines of settlement accounts",
    Part.CASH: "lines of cash accounts",
}
ACCOUNTS = frozenset({Part.SETTLEMENT, Part.CASH})  # show the money of payments once more, account by account

WORDS: Mapping[State, str] = {
    State.AGREED: "Agreed",
    State.IN_TRANSIT: "In transit",
    State.WAITING: "Waiting",
    State.HELD: "Held",
    State.FAILED: "Failed",
    State.UNCERTAIN: "Uncertain",
    State.IGNORED: "Ignored",
    State.OUT: "Out of scope",
    State.AMOUNT_DIFFERS: "Amount differs",
    State.STATUS_DIFFERS: "Status differs",
    State.CHANGED_IN_SOURCE: "Changed in source",
    State.CHANGED_IN_TARGET: "Changed in target",
    State.MISSING_IN_TARGET: "Missing in target",
    State.MISSING_IN_SOURCE: "Missing in source",
    State.PAID_NOT_SETTLED: "Paid, not settled",
    State.PAID_ON_ONE_SIDE: "Paid on one side",
    State.VOIDED_AFTER_POSTING: "Voided after posting",
    State.UNEXPLAINED: "Unexplained",
}

STATE_CHOICES = [(state.value, words) for state, words in WORDS.items()]
PART_CHOICES = [(part.value, words) for part, words in PARTS.items()]

# Nothing is left to do about these; what is out or ignored is counted with its reason.
AT_REST = frozenset({State.AGREED, State.OUT, State.IGNORED})
# Whose work it is, where the reason of the record itself does not say.
OWNERS: Mapping[State, str] = {
    **dict.fromkeys(State, CLERK),
    **dict.fromkeys((State.UNEXPLAINED, State.FAILED), INTEGRATOR),
    **dict.fromkeys((State.PAID_ON_ONE_SIDE, State.VOIDED_AFTER_POSTING, State.PAID_NOT_SETTLED), CONTROLLER),
}

# What a held record differs by, where its reason says so; any other held record is simply held.
HELD_AS: Mapping[str, State] = {
    **dict.fromkeys(("amount_differs",), State.AMOUNT_DIFFERS),
    **dict.fromkeys(
        (
            *("amount_changed", "payee_or_currency_changed", "changed_after_approval", "changed_after_payment"),
            *("adopted_changed", "changed_after_booking", "payment_changed", "offset_elsewhere"),
        ),
        State.CHANGED_IN_SOURCE,
    ),
    **dict.fromkeys(
        ("cancelled_after_sending", "went_back", "blocked_after_sending", "changed_on_both", "payment_came_back"),
        State.STATUS_DIFFERS,
    ),
    **dict.fromkeys(("changed_on_target", "archived_on_target", "cancelled_in_books"), State.CHANGED_IN_TARGET),
    **dict.fromkeys(("missing_on_target", "unlinked", "voucher_gone"), State.MISSING_IN_TARGET),
    **dict.fromkeys(("gone_in_source", "removed_after_booking"), State.MISSING_IN_SOURCE),
    **dict.fromkeys(("paid_elsewhere", "paid_twice", "may_be_paid_twice", "void_but_settled"), State.PAID_ON_ONE_SIDE),
    **dict.fromkeys(("voided_after_booking", "reversal_prepared", "reverse_by_hand"), State.VOIDED_AFTER_POSTING),
    **dict.fromkeys(("uncertain", "answer_lost", "lost_worker"), State.UNCERTAIN),
    **dict.fromkeys(
        sorted(set(WRITING) - {"uncertain", "answer_lost", "lost_worker", "unlinked", "amount_differs"}), State.FAILED
    ),
}
