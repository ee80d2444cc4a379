"""What a reconciliation comes to, in one sentence."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from integrations.engine.agreement import ACCOUNTS, AT_REST, NOUNS, WORDS, Part, State
from integrations.engine.money import exact
from integrations.store.reconciling.reckoning import Cell


class Kind(NamedTuple):
    """Records of one kind in a state: how many, and their amounts by currency; of accounts, by how much they differ."""

    words: str
    records: int
    amounts: Mapping[str, Decimal]


class Total(NamedTuple):
    """Records in a state, kind by kind: an invoice, its payment and an account show the same money, and never add."""

    state: State
    records: int
    kinds: Sequence[Kind]


def totals(cells: Sequence[Cell]) -> list[Total]:
    """All of it by state, in the order of the states."""
    counts: dict[tuple[State, Part], int] = defaultdict(int)
    sums: dict[tuple[State, Part], dict[str, Decimal]] = defaultdict(dict)
    for cell in cells:
        place = State(cell.state), Part(cell.part)
        counts[place] += cell.records
        if amount := _amount(cell):
            sums[place][cell.currency] = sums[place].get(cell.currency, Decimal(0)) + amount
    found = []
    for state in WORDS:
        kinds = [Kind(NOUNS[part], counts[state, part], sums[state, part]) for part in Part if (state, part) in counts]
        if kinds:
            found.append(Total(state, sum(kind.records for kind in kinds), kinds))
    return found


def _amount(cell: Cell) -> Decimal:
    if cell.part in ACCOUNTS:
        return cell.here - cell.there if cell.state not in AT_REST else Decimal(0)
    return cell.there if cell.part == Part.BY_HAND else cell.here


def answer(cells: Sequence[Cell]) -> str:
    """All of it in one sentence; it never says more than both sides show."""
    counted = {each.state: each.records for each in totals(cells)}
    if not counted:
        return "There is nothing to reconcile yet."
    if State.UNEXPLAINED in counted:
        count = counted[State.UNEXPLAINED]
        return f"{count:,} record{' is' if count == 1 else 's are'} unexplained: no row says why. Tell support."
    open_states = [state for state in counted if state not in AT_REST]
    if not open_states:
        return "Both sides agree: whatever is not out of scope stands on both with the same amount."
    parts = [f"{counted[state]:,} {WORDS[state].lower()}" for state in open_states]
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
        elif cell.state == State.PAID_NOT_SETTLED and cell.part not in ACCOUNTS:
            invoices[cell.currency] += cell.open_here - cell.open_there
    return {each: max(invoices[each], payments[each], key=abs) for each in invoices.keys() | payments.keys()}


def _amounts(sums: Mapping[str, Decimal]) -> str:
    return _listed(
        [f"{exact(amount, currency)}\N{NO-BREAK SPACE}{currency}" for currency, amount in sorted(sums.items())]
    )


def _listed(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
