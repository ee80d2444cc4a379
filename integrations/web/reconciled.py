"""What a reconciliation comes to, for people: filters, lines of sums, and the one sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms

from integrations.engine.agreement import AT_REST, OWNERS, PART_CHOICES, PARTS, STATE_CHOICES, WORDS, Part, State
from integrations.engine.reasons import REASONS
from integrations.models import Integration
from integrations.store.reconciling import Cell, Narrowed, Row
from integrations.web.filters import Narrowing
from integrations.web.tags import said
from integrations.web.words import listed


class Filters(Narrowing):
    """What the page and the list of records are narrowed by."""

    integration = forms.UUIDField(required=False, widget=forms.HiddenInput)
    part = forms.ChoiceField(label="What", required=False, choices=[("", "Everything"), *PART_CHOICES])
    state = forms.ChoiceField(label="State", required=False, choices=[("", "Any state"), *STATE_CHOICES])
    currency = forms.CharField(label="Currency", required=False, max_length=10)
    period = forms.CharField(label="Period", required=False, max_length=20)
    party = forms.CharField(label="Supplier number", required=False, max_length=120)

    def said(self, name: str, value: Any) -> str:
        match name:
            case "part":
                return PARTS[Part(value)]
            case "state":
                return WORDS[State(value)]
            case "integration":
                return Integration.objects.filter(uuid=value).values_list("name", flat=True).first() or "unknown"
        return f"{name if name != 'party' else 'supplier'} {value}"

    @property
    def narrowed(self) -> Narrowed:
        """The filters of records."""
        chosen = {name: value for name, value in self.chosen.items() if name != "integration"}
        return Narrowed(**chosen)


@dataclass(frozen=True, slots=True)
class Line:
    """One part, currency and period: its sums, and its records by state."""

    part: str
    currency: str
    period: str
    records: int
    here: Decimal
    there: Decimal
    states: Sequence[Cell]

    @property
    def words(self) -> str:
        """What is compared."""
        return PARTS[Part(self.part)]

    @property
    def apart(self) -> Decimal:
        """By how much the two sides differ."""
        return self.here - self.there


def passes(cell: Cell, chosen: dict[str, Any]) -> bool:
    """Whether a cell passes the filters that speak of cells."""
    return all(
        getattr(cell, name) == chosen[name] for name in ("part", "state", "currency", "period") if name in chosen
    )


def lines_of(cells: Sequence[Cell]) -> list[Line]:
    """Cells by part, currency and period, the newest period first; what is out or ignored is no difference."""
    grouped: dict[tuple[str, str, str], list[Cell]] = {}
    for cell in cells:
        grouped.setdefault((cell.part, cell.currency, cell.period), []).append(cell)
    order = list(PARTS)
    return [
        Line(
            *place,
            sum(cell.records for cell in mine),
            sum((cell.here for cell in mine if cell.state not in (State.OUT, State.IGNORED)), Decimal(0)),
            sum((cell.there for cell in mine if cell.state not in (State.OUT, State.IGNORED)), Decimal(0)),
            sorted(mine, key=lambda cell: list(WORDS).index(State(cell.state))),
        )
        for place, mine in sorted(grouped.items(), key=lambda pair: order.index(Part(pair[0][0])))
    ]


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
    parts = [f"{counted[state][0]:,} {WORDS[state].lower()}" for state in open_states]
    sentence = f"Every difference is explained: {listed(parts)}."
    if State.PAID_NOT_SETTLED in counted:
        sentence += f" Paid, and still open in the ledger: {said(counted[State.PAID_NOT_SETTLED][1])}."
    return sentence


def owner_of(row: Row) -> str:
    """Whose work it is: as its reason says, else as its state does; nobody's where nothing is left to do."""
    if State(row.state) in AT_REST:
        return ""
    known = REASONS.get(row.reason)
    return known.owner if known else OWNERS[State(row.state)]
