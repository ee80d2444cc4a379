"""A tenant with open books in the IFS simulator, and drafts that come into them."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from integrations.engine.drafts import BookedInvoiceDraft, BookedLine, Draft, Receipt, VoucherDraft, VoucherRow
from integrations.engine.errors import SyncError
from integrations.engine.ports import Write
from integrations.engine.records import Entity
from tests.systems.ifs.lines.world import World

POST = "POST"


class Books(World):
    """Company 10 with a supplier, open periods except October, accounts, a code part and a voucher type."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.supplier("S1")
        self.supplier("S2")
        for month, state in ((10, "Closed"), (11, "Open"), (12, "Open")):
            key = {"Company": "10", "AccountingYear": 2026, "AccountingPeriod": month}
            days = {"DateFrom": f"2026-{month}-01", "DateUntil": f"2026-{month}-{31 if month != 11 else 30}"}
            self.sim.insert("AccountingPeriod", key | days | {"Objstate": state})
        for number in ("6120", "6130", "2410", "1150", "5990"):
            self.account(number)
        self.account("2100", LedgFlag=True)
        self.sim.insert("CodeB", {"Company": "10", "CodeB": "100", "Description": "North"})
        self.sim.insert("VoucherTypeDef", {"Company": "10", "VoucherType": "AVP", "Description": "Payments"})

    def write(self, draft: Draft, **more: Any) -> Receipt:
        """One write to IFS, as a push does it."""
        write = Write(
            intent=1,
            entity=Entity.PAYMENT if isinstance(draft, VoucherDraft) else Entity.INVOICE,
            draft=draft,
            natural_key="1",
            send_by=self.clock() + timedelta(seconds=30),
            **more,
        )
        ((each,),) = self.client.groups([write])
        (receipt,) = self.client.write([each])
        return receipt

    def tries(self, draft: Draft, most: int = 60) -> tuple[Receipt, int]:
        """Writes until it comes through: (the receipt, how many tries failed)."""
        for failed in range(most):
            try:
                return self.write(draft), failed
            except SyncError:
                continue
        raise AssertionError("it never comes through")

    def lose_all_but(self, *kept: str) -> None:
        """From now on no answer to a POST arrives, but for those whose address ends with one of `kept`."""
        self.wire.loses = lambda request: (
            request.method == POST and "/projection/" in request.url.path and not request.url.path.endswith(kept)
        )

    def posts(self) -> int:
        """How many requests have created or done something."""
        return len(self.wire.calls(POST, "/projection/"))


def captured(**more: Any) -> BookedInvoiceDraft:
    """An approved invoice of two lines."""
    draft = BookedInvoiceDraft(
        company="10",
        vendor="S1",
        series="SI",
        number="AV-77",
        invoice_date=date(2026, 11, 10),
        due_date=date(2026, 12, 10),
        currency="USD",
        net=Decimal("150.00"),
        tax=Decimal("12.50"),
        external_id="900177",
        lines=(
            BookedLine(net=Decimal("100.00"), account="6120", dimensions={"B": "100"}, text="Cables"),
            BookedLine(net=Decimal("50.00"), account="6130", text="Freight"),
        ),
        arrival_date=date(2026, 11, 12),
        payment_method="AVID",
        authoriser="ALICE",
        document="https://avid.test/images/900177",
    )
    return msgspec.structs.replace(draft, **more)


def paid(**more: Any) -> VoucherDraft:
    """A payment of one invoice with a rounding row."""
    rows = (
        ledger_row("2410", "100.00", vendor="S1", series="SI", number="AV-77"),
        ledger_row("1150", "-100.01", transaction_id="CHK 5"),
        ledger_row("5990", "0.01"),
    )
    draft = VoucherDraft(
        company="10",
        voucher_type="AVP",
        dated=date(2026, 11, 20),
        text="AVID-31 check 5 S1 AV-77",
        external_id="AVID-31",
        rows=rows,
        amount=Decimal("100.01"),
        currency="USD",
    )
    return msgspec.structs.replace(draft, **more)


def ledger_row(account: str, amount: str, **more: Any) -> VoucherRow:
    """A row in the company's own currency."""
    value = Decimal(amount)
    row = VoucherRow(account=account, amount=value, domestic=value, currency="USD", rate=Decimal(1), text="AVID-31")
    return msgspec.structs.replace(row, **more)
