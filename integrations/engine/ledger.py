"""What the ERP's ledger takes: a day in an open period, an account that may be posted to by hand."""

from datetime import date

from integrations.engine.books import Books
from integrations.engine.errors import Problem
from integrations.engine.policy import Policy
from integrations.engine.records import GLAccount


def booking_day(wanted: date, books: Books, policy: Policy) -> date | Problem:
    """`wanted` where its period is open, else by the tenant's choice the first open day after it; never an earlier."""
    period = books.period_of(wanted)
    if period is not None and period.open:
        return wanted
    if period is None:
        words = f"The ERP has no accounting period for {wanted}. Create it there, then try again."
        return Problem("no_period", words, field="dated", value=wanted.isoformat(), blocker=_period(wanted))
    if policy.closed_period == "hold":
        words = (
            f"The accounting period of {wanted} is closed. Open it, or let it use the first open day in the settings."
        )
        return Problem("closed_period", words, field="dated", value=wanted.isoformat(), blocker=_period(wanted))
    return books.first_open_day(wanted) or no_open_day(wanted)


def no_open_day(after: date) -> Problem:
    """There is nothing to move to."""
    words = f"No accounting period of the ERP is open on or after {after}. Open one there, then try again."
    return Problem("no_period", words, field="dated", value=after.isoformat(), blocker=_period(after))


def _period(day: date) -> tuple[str, str]:
    return "period", day.isoformat()[:7]


def why_unusable(account: GLAccount | None, day: date, *, control: bool = False) -> str:
    """Why a voucher's row without dimensions cannot stand on `account` on `day`; "" where it can.

    `control`: a control account is what is wanted.
    """
    if account is None:
        return "it is not in the ERP"
    late = account.valid_to is not None and account.valid_to < day
    early = account.valid_from is not None and day < account.valid_from
    if not account.active or late or early:
        return f"it is not valid on {day}"
    if account.statistical:
        return "it is a statistical account, which holds no money"
    if account.control and not control:
        return "it is a control account, which the ERP posts to by itself only"
    if demanded := sorted(kind for kind, demand in account.demands.items() if demand == "mandatory"):
        return f"it demands {', '.join(demanded)}, which a payment does not have"
    return ""
