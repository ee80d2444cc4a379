"""What came of a push, counted by SQL over the rows it stamped."""

from decimal import Decimal

from integrations.store import sql
from integrations.store.frame import Frame

_WITH_REASON = {"out", "held", "waiting", "uncertain", "failed"}
Outcomes = tuple[dict[str, int], dict[str, int], dict[str, dict[str, str]]]


def outcomes(frame: Frame) -> Outcomes:
    """(outcome -> count, "outcome:reason" -> count, outcome -> currency -> exact amount) of the frame's run."""
    counts: dict[str, int] = {}
    reasons: dict[str, int] = {}
    amounts: dict[str, dict[str, Decimal]] = {}
    for outcome, reason, currency, count, amount in frame.rows(sql.COUNTS):
        counts[outcome] = counts.get(outcome, 0) + count
        if reason and outcome in _WITH_REASON:
            reasons[f"{outcome}:{reason}"] = reasons.get(f"{outcome}:{reason}", 0) + count
        if amount is not None:
            sums = amounts.setdefault(outcome, {})
            sums[currency] = sums.get(currency, Decimal(0)) + amount
    return counts, reasons, {o: {c: exact(a) for c, a in sums.items()} for o, sums in amounts.items()}


def exact(amount: Decimal) -> str:
    """An amount as text without exponent or needless zeros."""
    return format(amount.normalize(), "f")
