"""What a reconciliation comes to, in one sentence."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from integrations.engine.agreement import AT_REST, WORDS, Part, State
from integrations.engine.money import exact
from integrations.store.reconciling.reckoning import Cell


def totals(cells: Sequence[Cell]) -> list[tuple[str, int, dict[str, Decimal]]]:
    """(state, records, the larger side by currency) of all of it, in the order of the states."""
    found: dict[str, tuple[int, dict[str, Decimal]]] = {}
    for cell in cells:
        count, amounts = found.get(cell.state, (0, {}))
        amounts[cell.currency] = amounts.get(cell.currency, Decimal(0)) + (
            cell.there if cell.part == Part.BY_HAND else cell.here
        )
        found[cell.state] = count + cell.records, amounts
    return [(state, *found[state]) for state in WORDS if state in found]


def answer(cells: Sequence[Cell]) -> str:
    """All of it in one sentence; it never says more than both sides show."""
    counted = {state: (count, amounts) for state, count, amounts in totals(cells)}
    if not counted:
        return "There is nothing to reconcile yet."
    if State.UNEXPLAINED in counted:
        count = counted[State.UNEXPLAINED][0]
        return f"{count:,} record{' is' if count == 1 else 's are'} unexplained: no row says why. Tell support."
    open_states = [state for state in counted if state not in AT_REST]
    if not open_states:
        return "Both sides agree: whatever is not out of scope stands on both with the same amount."
    parts = [f"{counted[state][0]:,} {WORDS[State(state)].lower()}" for state in open_states]
    sentence = f"Every difference is explained: {_listed(parts)}."
    if State.PAID_NOT_SETTLED in counted:
        sentence += f" Paid, and still open in the ledger: {_amounts(_unsettled(cells))}."
    return sentence


def _unsettled(cells: Sequence[Cell]) -> dict[str, Decimal]:
    """What is paid and open, by currency. An invoice and its payment show the same money: it is counted once."""
    invoices: defaultdict[str, Decimal] = defaultdict(Decimal)
    payments: defaultdict[str, Decimal] = defaultdict(Decimal)
    for cell in cells:
        if cell.state == State.PAID_NOT_SETTLED and cell.part == Part.PAYMENTS:
            payments[cell.currency] += cell.here
        elif cell.state == State.PAID_NOT_SETTLED:
            invoices[cell.currency] += cell.open_here - cell.open_there
    return {each: max(invoices[each], payments[each], key=abs) for each in invoices.keys() | payments.keys()}


def _amounts(sums: Mapping[str, Decimal]) -> str:
    return _listed(
        [f"{exact(amount, currency)}\N{NO-BREAK SPACE}{currency}" for currency, amount in sorted(sums.items())]
    )


def _listed(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
