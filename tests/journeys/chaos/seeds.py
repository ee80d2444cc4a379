"""What the ERP holds, and what must stand in BILL because of it: made here, by code that knows no engine.

A spend export is all that the ERP's stand-in needs. Clean invoices and credits are eligible; two kinds of poison are
not: an account that BILL does not have, and an invoice without a date.
"""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from tests.journeys.chaos.judge import Document

ACCOUNTS = ("5000", "5030", "5100", "5180", "6000", "6110", "6240", "7000")  # of the BILL stand-in's own chart
UNKNOWN_ACCOUNT = "4499"
SUPPLIERS = 30
_HEADERS = (
    "transaction",
    "line",
    "paid_date",
    "supplier_id",
    "supplier_name",
    "service_area",
    "expenditure_code",
    "expenditure_category",
    "amount_gbp",
)


@dataclass(frozen=True)
class Seeds:
    """The export's path, what must arrive, the numbers of what must not, and how many documents there are."""

    file: Path
    wanted: Counter[Document]
    poison: frozenset[str]
    invoices: int


def sow(file: Path, invoices: int, seed: int) -> Seeds:
    """Write an export of `invoices` clean documents (a twentieth of them credits) and some poison among them."""
    chance = Random(seed)
    poison = max(2, invoices // 200)
    kinds = ["unknown_account"] * poison + ["undated"] * poison + ["clean"] * invoices
    chance.shuffle(kinds)
    wanted: Counter[Document] = Counter()
    bad: set[str] = set()
    suppliers: set[str] = set()
    with file.open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream)
        rows.writerow(_HEADERS)
        for place, kind in enumerate(kinds, 1):
            found = _document(place, chance)
            rows.writerows(_lines(found, kind))
            suppliers.add(found.supplier)
            if kind == "clean":
                wanted[found] += 1
            else:
                bad.add(found.number)
    wanted.update(Document("vendor", supplier) for supplier in suppliers)
    return Seeds(file, wanted, frozenset(bad), len(kinds))


def _document(place: int, chance: Random) -> Document:
    kind = "credit" if chance.random() < 0.05 else "bill"
    day = date(2026, 1, 2) + timedelta(days=chance.randrange(300))
    amounts = [Decimal(chance.randrange(100, 500_000)) / 100 for _ in range(chance.choice((1, 1, 2, 3)))]
    lines = sorted((chance.choice(ACCOUNTS), amount) for amount in amounts)
    supplier = f"S{chance.randrange(SUPPLIERS):03d}"
    return Document(kind, supplier, f"T-{place:05d}", day.isoformat(), sum(amounts, Decimal(0)), tuple(lines))


def _lines(found: Document, kind: str) -> Sequence[Sequence[object]]:
    sign = -1 if found.kind == "credit" else 1
    day = "" if kind == "undated" else found.day
    name = f"Supplier {found.supplier}"
    return [
        (found.number, place, day, found.supplier, name, "", _code(account, kind), f"Cost {account}", sign * amount)
        for place, (account, amount) in enumerate(found.lines, 1)
    ]


def _code(account: str, kind: str) -> str:
    return UNKNOWN_ACCOUNT if kind == "unknown_account" else account
