"""The judge looks at what the BILL stand-in holds, never at our own rows."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.journeys.chaos.seeds import Document, Seeds
from tests.journeys.chaos.world import World

Json = dict[str, Any]


@dataclass(frozen=True)
class Verdict:
    """What differs; empty where nothing does."""

    doubled: dict[tuple[str, str], int] = field(default_factory=dict)
    lost: list[Document] = field(default_factory=list)
    unwanted: list[Document] = field(default_factory=list)
    doubled_vendors: dict[str, int] = field(default_factory=dict)
    lost_vendors: frozenset[str] = frozenset()


def judge(world: World, seeds: Seeds) -> Verdict:
    """Compare documents one by one: supplier, number, date, amount and every line."""
    vendors = [row for row in world.dump("vendors") if row.get("shortName")]
    supplier = {row["id"]: str(row["shortName"]) for row in vendors}
    accounts = {row["id"]: str(row["account"]["number"]) for row in world.dump("chart-of-accounts")}
    rows = [row for kind in ("bills", "vendor-credits") for row in world.dump(kind) if row["vendorId"] in supplier]
    found = Counter(_document(row, supplier, accounts) for row in rows)
    numbers = Counter((each.supplier, each.number) for each in found.elements())
    names = Counter(supplier.values())
    return Verdict(
        doubled={key: count for key, count in numbers.items() if count > 1},
        lost=sorted((seeds.wanted - found).elements()),
        unwanted=sorted((found - seeds.wanted).elements()),
        doubled_vendors={name: count for name, count in names.items() if count > 1},
        lost_vendors=seeds.suppliers - names.keys(),
    )


def _document(row: Json, supplier: dict[str, str], accounts: dict[str, str]) -> Document:
    credit = "referenceNumber" in row
    lines = row["vendorCreditLineItems"] if credit else row["billLineItems"]
    places = [accounts[line["classifications"]["chartOfAccountId"]] for line in lines]
    coded = sorted(zip(places, (Decimal(str(line["amount"])) for line in lines), strict=True))
    number = row["referenceNumber"] if credit else row["invoice"]["invoiceNumber"]
    day = row["creditDate"] if credit else row["invoice"]["invoiceDate"]
    return Document(
        "credit" if credit else "bill",
        supplier[row["vendorId"]],
        str(number),
        str(day),
        Decimal(str(row["amount"])),
        tuple(coded),
    )
