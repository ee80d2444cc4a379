"""Holds the expectation against what both sides show, per company: (name, wanted, found) of whatever differs."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tests.journeys.books import found, inward, outward, paid
from tests.journeys.books.outcome import Outcome
from tests.journeys.books.world import World

Difference = tuple[str, Any, Any]
Outcomes = Mapping[str, Outcome]
_SHOWN = 40


@dataclass(frozen=True)
class Seen:
    """(wanted, found) of suppliers, codes and orders, of invoices and of payments at one moment."""

    masters: Sequence[tuple[Outcomes, Outcomes]]
    invoices: tuple[Outcomes, Outcomes]
    payments: tuple[Outcomes, Outcomes]
    there: Sequence[Collection[str]]  # the keys of all that either side holds, in the same order

    def told(self) -> str:
        """How many of each kind."""
        sent = sum(each.what == "sent" for wanted, _ in self.masters for each in wanted.values())
        booked = [
            sum(each.what == "booked" for each in wanted.values()) for wanted, _ in (self.invoices, self.payments)
        ]
        return f"{sent} masters and orders sent, {booked[0]} invoices and {booked[1]} payments booked"


def seen(world: World, company: str) -> Seen:
    """As both sides are now."""
    avid, ifs = world.avid, world.ifs
    sent = [found.vendors(avid), found.codes(avid), found.orders(avid, company)]
    there: list[Collection[str]] = [*sent, found.booked(ifs, company), found.vouchers(ifs, company)]
    return Seen(masters(world, company), invoices(world, company), payments(world, company), there)


def masters(world: World, company: str) -> list[tuple[Outcomes, Outcomes]]:
    """(wanted, found) of suppliers, of codes, of orders."""
    tables, mine = world.tables(), world.choices[company]
    vendors = _of(world, company, "vendor", found.vendors(world.avid))
    codes = {
        **_of(world, company, "gl_account", found.codes(world.avid)),
        **_of(world, company, "dimension", found.codes(world.avid)),
    }
    orders = _of(world, company, "purchase_order", found.orders(world.avid, company))
    return [
        (outward.vendors(tables, mine), vendors),
        (outward.codes(tables, mine), codes),
        (outward.orders(tables, mine), orders),
    ]


def _of(world: World, company: str, entity: str, held: Outcomes) -> dict[str, Outcome]:
    """Found by the keys of the expectation: without the company, codes by their group."""
    groups = {
        row["CodePart"]: row["CodeName"] for row in world.ifs.rows("AccountingCodePart", Company=company)
    }  # fmt: skip

    def named(key: str) -> str:
        own = key.removeprefix(f"{company}|")
        if entity == "gl_account":
            return f"Accounting Codes|{own}"
        part, _, value = own.partition("|")
        return f"{groups[part]}|{value}" if entity == "dimension" else own

    states = found.states(*_place(world, company), entity, inbound=False)
    return {named(key): found.outcome(each, held.get(named(key))) for key, each in states.items()}


def _place(world: World, company: str) -> tuple[UUID, int]:
    return UUID(str(world.tenant.pk)), world.integrations[company]


def invoices(world: World, company: str) -> tuple[Outcomes, Outcomes]:
    """(wanted, found) of captured invoices."""
    wanted = inward.invoices(world.tables(), world.avid.dump("invoices"), world.choices[company])
    held = found.invoices(world.ifs, company)
    states = found.states(*_place(world, company), "invoice", inbound=True)
    return wanted, {key: found.outcome(each, held.get(key)) for key, each in states.items()}


def payments(world: World, company: str) -> tuple[Outcomes, Outcomes]:
    """(wanted, found) of payments; what they pay are the invoices as IFS has them."""
    booked = {**found.booked(world.ifs, company), **found.linked(world.ifs, *_place(world, company))}
    wanted = paid.payments(world.avid.dump("payments"), booked, world.choices[company])
    held = found.vouchers(world.ifs, company)
    states = found.states(*_place(world, company), "payment", inbound=True)
    return wanted, {key: found.outcome(each, held.get(key)) for key, each in states.items()}


def check(seed: int, wanted: Outcomes, found_: Outcomes) -> None:
    """Says every difference, with the seed that makes it again."""
    wrong = differences(wanted, found_)
    lines = "\n".join(f"{name}: wanted {mine}, found {theirs}" for name, mine, theirs in wrong[:_SHOWN])
    assert not wrong, f"{len(wrong)} of {len(wanted)} differ, seed {seed}\n{lines}"


def differences(wanted: Outcomes, found_: Outcomes) -> list[Difference]:
    """Whatever is not as computed; of two that both stand there only the facts that differ."""
    names = [name for name in sorted({*wanted, *found_}) if wanted.get(name) != found_.get(name)]
    return [(name, *_apart(wanted.get(name), found_.get(name))) for name in names]


def _apart(one: Outcome | None, other: Outcome | None) -> tuple[Any, Any]:
    if one is None or other is None or (one.what, one.codes) != (other.what, other.codes):
        return one and (one.what, one.codes), other and (other.what, other.codes)
    both = zip(one.facts, other.facts, strict=True)
    apart = [pair for pair in both if pair[0] != pair[1]]
    return [mine for mine, _ in apart], [theirs for _, theirs in apart]
