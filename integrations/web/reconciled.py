"""What a reconciliation comes to, for people: filters, lines of sums, and the one sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms

from integrations.engine.agreement import (
    ACCOUNTS,
    AT_REST,
    OWNERS,
    PART_CHOICES,
    PARTS,
    STATE_CHOICES,
    WORDS,
    Part,
    State,
)
from integrations.engine.reasons import REASONS
from integrations.models import Integration
from integrations.store.reconciling import Cell, Narrowed, Row
from integrations.web.filters import Narrowing


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
        chosen = {name: value for name, value in self.chosen.items() if name in Narrowed.__slots__}
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
    def period_words(self) -> str:
        """The period; what others post on an account is compared over all of them."""
        return self.period or ("all periods" if self.part in ACCOUNTS else "no date")

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


def owner_of(row: Row) -> str:
    """Whose work it is: as its reason says, else as its state does; nobody's where nothing is left to do."""
    if State(row.state) in AT_REST:
        return ""
    known = REASONS.get(row.reason)
    return known.owner if known else OWNERS[State(row.state)]
