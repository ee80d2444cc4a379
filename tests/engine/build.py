"""Records as the decision sees them: a clean invoice, its vendor and rules; a test changes what it is about."""

from datetime import date
from decimal import Decimal
from typing import Any

from integrations.engine.mapping import Account, Rule, Rules, VendorLink
from integrations.engine.policy import Policy
from integrations.engine.records import Address, Invoice, InvoiceState, LedgerItem, Posting, PostingKind, Vendor

POLICY = Policy(company="10")
ADDRESS = Address(key="1", line1="1 Mill Road", city="Leeds", postal_code="LS1 1AA", country="GB", uses=("pay",))
VENDOR = Vendor(key="S1", name="Grafton", number="S1", currency="USD", addresses=(ADDRESS,))
LINKS = {"S1": [VendorLink(target_id="009A", currency="USD")]}


def posting(key: str, kind: PostingKind, amount: str, **fields: Any) -> Posting:
    """A ledger row; amounts as text so that no float slips in."""
    return Posting(key=key, kind=kind, amount=Decimal(amount), posting_type=kind.upper(), **fields)


DEBT = posting("1", PostingKind.DEBT, "-120.00", account="2400")
COST = posting("2", PostingKind.COST, "100.00", account="4000", text="Bolts", tax_code="T1", dimensions={"B": "100"})
TAX = posting("3", PostingKind.TAX, "20.00", account="2410", tax_code="T1")


def invoice(**fields: Any) -> Invoice:
    """120.00 USD: 100.00 on account 4000, 20.00 tax T1, authorised and open."""
    clean: dict[str, Any] = {
        "key": "10|1",
        "company": "10",
        "vendor_key": "S1",
        "vendor_name": "Grafton",
        "number": "INV-001",
        "state": InvoiceState.AUTHORISED,
        "state_word": "PostedAuth",
        "invoice_date": date(2026, 3, 1),
        "due_date": date(2026, 3, 31),
        "voucher_date": date(2026, 3, 2),
        "currency": "USD",
        "net": Decimal("100.00"),
        "tax": Decimal("20.00"),
        "open_amount": Decimal("120.00"),
        "postings": (DEBT, COST, TAX),
        "ledger_items": (LedgerItem(original=Decimal("120.00"), open=Decimal("120.00")),),
    }
    return Invoice(**{**clean, **fields})


def rules(**fields: Any) -> Rules:
    """Account 4000 by equal number, tax T1 on 2410, code part B to departments."""
    given: dict[str, Any] = {
        "rules": [Rule(id=1, version=1, table="tax_code", source="T1", target="2410")],
        "parts": {"B": "department"},
        "accounts": [Account(target_id=f"0ca{n}", number=n) for n in ("4000", "2410", "7990", "7000")],
        "values": [Account(target_id="0de100", number="100", kind="department")],
        "vendors": {"S1": VENDOR},
        "vendor_links": LINKS,
        "match_by_number": True,
    }
    return Rules(**{**given, **fields})
