"""What looks alike among a supplier's invoices: few named, all counted, none compared with each other."""

from datetime import date
from decimal import Decimal
from itertools import product

import msgspec
import pytest

from integrations.engine.decide import decide
from integrations.engine.decisions import Create
from integrations.engine.duplicates import digits_of, plain_number
from integrations.engine.peers import Peer, Peers
from tests.engine.build import POLICY, invoice, rules

DAY = date(2026, 3, 1)
MANY = 2000


class Counted(str):
    """A number that counts how often it is brought into the form in which numbers are compared."""

    __slots__ = ()
    read = 0

    def upper(self) -> str:
        Counted.read += 1
        return super().upper()


def peer(n: int, number: str, amount: str = "120.00", dated: date | None = DAY) -> Peer:
    return Peer(key=f"10|{n}", number=number, amount=Decimal(amount), dated=dated)


def looks_alike(one: Peer, other: Peer) -> bool:
    """Section 3 in plain words, to compare with."""
    assert one.amount is not None
    assert other.amount is not None
    same_amount = abs(one.amount) == abs(other.amount)
    digits = digits_of(one.number)
    return (
        plain_number(one.number) == plain_number(other.number)
        or (bool(digits) and digits == digits_of(other.number) and same_amount)
        or (same_amount and one.dated == other.dated)
    )


def test_it_finds_and_counts_what_comparing_each_with_each_finds() -> None:
    told = product(("INV-1", "inv 1", "0001", "X", ""), ("120.00", "-120.00", "7"), (DAY, date(2026, 4, 1), None))
    every = [peer(n, number, amount, dated) for n, (number, amount, dated) in enumerate(told)]
    found = Peers(every)
    for one in every:
        assert one.amount is not None
        others = {each.key for each in every if each.key != one.key and looks_alike(one, each)}
        seen, count = found.alike(one.key, one.number, one.amount, one.dated, len(every))
        assert ({each.key for each in seen}, count) == (others, len(others))


@pytest.mark.parametrize(
    "number", [lambda n: f"INV-{n}", lambda n: "RENT"], ids=["numbers of their own", "one number for all"]
)
def test_a_supplier_with_thousands_of_invoices_is_read_once_not_once_for_each(number: object) -> None:
    assert callable(number)
    every = [peer(n, Counted(number(n))) for n in range(MANY)]
    Counted.read = 0
    found = Peers(every)
    for each in every:
        seen, count = found.alike(each.key, each.number, Decimal("120.00"), DAY, 3)
        assert (len(seen), count) == (3, MANY - 1)
    assert Counted.read == 2 * MANY


def test_the_note_names_three_and_counts_the_rest() -> None:
    given = rules(peers={"S1": Peers(peer(n, f"INV {n}") for n in range(2, 52))})
    made = decide(msgspec.structs.replace(invoice(), key="10|1"), None, None, given, POLICY)
    assert isinstance(made, Create)
    (note,) = made.notes
    assert (note.code, note.value) == ("alike_in_source", "10|2")
    assert note.message.startswith("In the ledger look alike: INV 2 over 120.00 of 2026-03-01; INV 3")
    assert note.message.endswith(" and 47 more.")
