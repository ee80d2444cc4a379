"""What was captured and paid comes into the books: the direction from AvidXchange to IFS."""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.journeys.chaos.captured import CASH, SETTLEMENT, Act, Captured
from tests.journeys.chaos.direction import Direction
from tests.journeys.chaos.judge import Document
from tests.journeys.chaos.outward import serving_ifs
from tests.journeys.chaos.prepare import Tenancy
from tests.journeys.chaos.world import World

_FREE = 100_000  # requests a minute: limits have tests of their own
_POLICY = {
    "authoriser": "ALICE",
    "payment_method": "AVID",
    "no_tax_code": "NT",
    "voucher_type": "AVP",
    "settlement_account": SETTLEMENT,
    "cash_account": CASH,
}
Json = dict[str, Any]


class Inward(Direction):
    """See Direction."""

    target = "erp"
    writes = {
        "invoice": (
            *("ExtIncInvHeadSet", "ExtIncInvItemSet", "ExtIncInvPostingsSet", "ExtIncInvHead_Check"),
            *("ExtIncInvHead_Create", "PostingProposalHeadSet", "PostingProposalLineSet"),
        ),
        "payment": ("VoucherSet", "VoucherRowSet", "Voucher_Approve"),
    }
    looks = "ExtIncInvHeadSet"

    def __init__(self, captured: Captured) -> None:
        self.captured, self.wanted = captured, captured.wanted
        self.records = {"invoice": captured.invoices, "payment": captured.payments}
        self.held = captured.poison
        self.withheld: list[Act] = captured.withheld

    def servers(self, folder: Path) -> dict[str, Sequence[str]]:
        """See Direction. IFS takes a number twice: nothing but our own keys keeps a record from being doubled."""
        return {
            "erp": serving_ifs(self.captured.ifs, "duplicates=accept", "unlimited=yes"),
            "ap": (
                *("manage.py", "simulate", "avidxchange", "--port", "0", "--control"),
                *("--data", str(self.captured.avidxchange), "--option", "demo=no", "--option", "per_minute=none"),
            ),
        }

    def tenancy(self, erp: str, ap: str) -> Tenancy:
        """See Direction."""
        ifs = {"base_url": erp, "realm": "demo", "client_id": "ml-connector", "client_secret": "demo-secret"}
        avidxchange = {
            "environment": "simulator",
            "base_url": ap,
            "acct": "4711",
            "preset": "simulator",
            "company_token": "demo-company-token",
            "user_token": "demo-user-token",
            "profile": json.dumps({"limits": {"per_minute": _FREE}}),
        }
        return {
            "name": "chaos",
            "ap": "avidxchange",
            "erp_settings": {**ifs, "requests_per_minute": str(_FREE), "search_lag": "1"},
            "ap_settings": avidxchange,
            "policy": _POLICY,
            "mappings": {},
        }

    def release(self, place: World, count: int) -> None:
        """The last approver signs, the money leaves."""
        for act in self.withheld[:count]:
            place.ap.told("act", **act)
        del self.withheld[:count]

    def found(self, place: World) -> Counter[Document]:
        """Loads, invoices, proposals and vouchers, whatever their state; what was cancelled does not count."""
        books = _Books(place)
        documents = [
            *books.coded("load", "ExtIncInvHead", "ExtIncInvPostings", "LoadId"),
            *books.coded("invoice", "ManSuppInvoice", "ManSuppInvoicePostings", "InvoiceId"),
            *books.coded("proposal", "PostingProposalHead", "PostingProposalLine", "InvoiceId", "ProposalId"),
            *books.vouchers(),
        ]
        return Counter(documents)


class _Books:
    """The rows of the IFS stand-in."""

    def __init__(self, place: World) -> None:
        self._place = place

    def coded(self, kind: str, heads: str, lines: str, *key: str) -> list[Document]:
        """Heads of invoices, each with its coded lines."""
        below = self._below(lines, key)
        return [self._coded(kind, row, below[tuple(row[name] for name in key)]) for row in self._rows(heads)]

    def vouchers(self) -> list[Document]:
        """By the payment that their rows name; one that is not approved is of another kind."""
        key = ("VoucherType", "AccountingYear", "VoucherNo")
        below = self._below("VoucherRow", key)
        heads = [row for row in self._rows("Voucher") if row["Objstate"] != "Cancelled"]
        return [_voucher(row, below[tuple(row[name] for name in key)]) for row in heads]

    def _coded(self, kind: str, row: Json, lines: list[Json]) -> Document:
        total = Decimal(str(row["NetCurrAmount"])) + Decimal(str(row["VatCurrAmount"] or 0))
        coded = sorted((f"{line['CodeA']} {line['CodeB']}", Decimal(str(line["CurrAmount"]))) for line in lines)
        return Document(kind, row["Identity"], row["InvoiceNo"], row["InvoiceDate"], total, tuple(coded))

    def _rows(self, entity: str) -> list[Json]:
        rows: list[Json] = self._place.erp.dump(entity=entity)
        return rows

    def _below(self, entity: str, key: Sequence[str]) -> dict[tuple[Any, ...], list[Json]]:
        found: dict[tuple[Any, ...], list[Json]] = defaultdict(list)
        for row in self._rows(entity):
            found[tuple(row[name] for name in key)].append(row)
        return found


def _voucher(row: Json, rows: list[Json]) -> Document:
    amounts = [Decimal(str(each["CurrencyAmount"])) for each in rows]
    said = sorted((f"{e['Account']} {e['ReferenceNumber']}", a) for e, a in zip(rows, amounts, strict=True))
    return Document(
        "voucher" if row["Objstate"] == "Approved" else f"voucher {row['Objstate']}",
        "+".join(sorted({each["PartyTypeId"] for each in rows})),
        "+".join(sorted({each["TransCode"] for each in rows})),
        row["VoucherDate"],
        sum((amount for amount in amounts if amount > 0), Decimal(0)),
        tuple(said),
    )
