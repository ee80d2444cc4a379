"""What becomes of payments, step by step: bills, payments of parts of them, and the rounds in which they move on."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest


@dataclass(frozen=True)
class Payment:
    """Of these bills so much each; `steps` are its states after SCHEDULED, one a round."""

    pays: Sequence[tuple[str, str]]
    steps: Sequence[str]


BILLS = {"A": "100.00", "B": "100.00", "C": "100.00", "D": "100.00", "E": "100.00", "F": "100.00", "G": "60.00"}
SCRIPT = {
    "cleared": Payment(
        [("A", "100.00")], ["READY_TO_FUND", "FUNDING_STARTED", "PROCESSED", "SENT", "DELIVERED", "CLEARED"]
    ),
    "returned": Payment(
        [("B", "100.00")], ["PROCESSED", "CLEARED", "DISBURSEMENT_FAILED_ACTION_NEEDED", "SENT", "CLEARED", "VOIDED"]
    ),
    "void": Payment([("C", "100.00")], ["FUNDING_STARTED", "PROCESSED", "SENT", "VOID_PENDING", "VOIDED"]),
    "stopped": Payment([("D", "100.00")], ["CANCELLATION_IN_PROGRESS", "CANCELED"]),
    "part": Payment([("E", "30.00")], ["PROCESSED", "SENT", "CLEARED"]),
    "other part": Payment(
        [("E", "70.00")],
        ["FUNDING_STARTED", "FUNDING_FAILED_ACTION_NEEDED", "PROCESSED", "CLEARED", "VOID_PENDING", "VOIDED"],
    ),
    "several": Payment([("F", "100.00"), ("G", "25.00")], ["PROCESSED", "SENT", "CLEARED", "VOID_PENDING", "VOIDED"]),
}


def rounds() -> list[dict[str, str]]:
    """Each round: the payments that move, and to where."""
    return [
        {name: step for name, step in zip(SCRIPT, steps, strict=True) if step}
        for steps in zip_longest(*(payment.steps for payment in SCRIPT.values()), fillvalue="")
    ]
