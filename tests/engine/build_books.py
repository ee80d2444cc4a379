"""Records on their way into the books: a clean captured invoice, the books and rules; codes and orders out of them."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from integrations.engine import fingerprint as hashing
from integrations.engine.books import Books
from integrations.engine.decide import decide
from integrations.engine.decisions import Create, Decision, Hold, Link
from integrations.engine.drafts import BookedInvoiceDraft, Making
from integrations.engine.mapping import Account, Rules
from integrations.engine.policy import Policy
from integrations.engine.records import (
    AccountingPeriod,
    AnyRecord,
    Dimension,
    GLAccount,
    Invoice,
    InvoiceState,
    Posting,
    PostingKind,
)
from integrations.engine.targets import TargetRecord
from tests.engine.build import VENDOR

APPROVED = date(2026, 3, 5)
POLICY = Policy(company="10", authoriser="MEYER", no_tax_code="0", tax_code="T1")
SPLIT = msgspec.structs.replace(POLICY, tax_mode="split", tax_accounts=("2410",))
SUPPLIER = msgspec.structs.replace(VENDOR, payment_term="30")
PERIODS = (
    AccountingPeriod(key="2026|2", year=2026, period=2, starts=date(2026, 2, 1), ends=date(2026, 2, 28)),
    AccountingPeriod(key="2026|3", year=2026, period=3, starts=date(2026, 3, 1), ends=date(2026, 3, 31)),
    AccountingPeriod(key="2026|4", year=2026, period=4, starts=date(2026, 4, 1), ends=date(2026, 4, 30)),
)


def closed(*months: int) -> tuple[AccountingPeriod, ...]:
    """The periods with these ones closed."""
    return tuple(msgspec.structs.replace(each, open=each.period not in months) for each in PERIODS)


def account(number: str, **fields: Any) -> GLAccount:
    """An account of the books, without demands and always valid."""
    return GLAccount(key=f"10|{number}", **{"number": number, "name": f"Account {number}", **fields})


def value(kind: str, code: str, **fields: Any) -> Dimension:
    """A value of a code part."""
    return Dimension(key=f"10|{kind}|{code}", **{"kind": kind, "value": code, "name": f"Value {code}", **fields})


ACCOUNTS = (account("4000"), account("4100"), account("2410"))
VALUES = (value("B", "100", kind_name="Department"), value("F", "P7", kind_name="Project"))


def books(*more: GLAccount | Dimension, **fields: Any) -> Books:
    """The books of company 10; `more` stand instead of, or beside, the clean accounts and values."""
    accounts = {each.number: each for each in (*ACCOUNTS, *more) if isinstance(each, GLAccount)}
    values = {(each.kind, each.value): each for each in (*VALUES, *more) if isinstance(each, Dimension)}
    given: dict[str, Any] = {
        "currency": "USD",
        "accounts": accounts,
        "values": values,
        "periods": PERIODS,
        "companies": frozenset({"10"}),
        "suppliers": {"S1": "S1"},
    }
    return Books(**{**given, **fields})


def rules(held: Books | None = None, **fields: Any) -> Rules:
    """Accounts and values by equal number; departments on code part B, projects on F."""
    held = held or books()
    given: dict[str, Any] = {
        "accounts": [Account(target_id=a.number, number=a.number, active=a.active) for a in held.accounts.values()],
        "values": [
            Account(target_id=v.value, number=v.value, kind=v.kind, active=v.active) for v in held.values.values()
        ],
        "parts": {"Department": "B", "Project": "F"},
        "match_by_number": True,
        "vendors": {"S1": SUPPLIER},
        "books": held,
    }
    return Rules(**{**given, **fields})


def row(key: str, amount: str, number: str = "4000", **fields: Any) -> Posting:
    """A distribution; the amount as text so that no float slips in."""
    return Posting(key=key, kind=PostingKind.COST, account=number, amount=Decimal(amount), **fields)


COST = row("1", "100.00", text="Bolts", dimensions={"Department": "100"})
TAX = row("2", "20.00", "2410", text="Sales tax")


def captured(**fields: Any) -> Invoice:
    """120.00 USD, approved: 100.00 on account 4000 and department 100, 20.00 of tax on 2410."""
    clean: dict[str, Any] = {
        "key": "7001",
        "company": "10",
        "vendor_key": "S1",
        "vendor_name": "Grafton",
        "number": "INV-001",
        "state": InvoiceState.AUTHORISED,
        "state_word": "Approved",
        "invoice_date": date(2026, 3, 1),
        "due_date": date(2026, 3, 31),
        "approved_on": APPROVED,
        "currency": "USD",
        "gross": Decimal("120.00"),
        "net": Decimal("100.00"),
        "tax": Decimal("20.00"),
        "po_number": "P1",
        "document": "/images/7001",
        "postings": (COST, TAX),
    }
    return Invoice(**{**clean, **fields})


CREDIT = captured(
    key="7009",
    number="CR-1",
    gross=Decimal("-120.00"),
    net=Decimal("-100.00"),
    tax=Decimal("-20.00"),
    postings=(row("1", "-100.00"), row("2", "-20.00", "2410")),
)


def decided(source: AnyRecord, given: Rules | None = None, policy: Policy = POLICY, **more: Any) -> Decision:
    """What becomes of `source`, never seen before."""
    return decide(source, None, None, given or rules(), policy, **more)


def booked(source: Invoice, given: Rules | None = None, policy: Policy = POLICY, **more: Any) -> BookedInvoiceDraft:
    """The draft that `source` enters the books as."""
    found = decided(source, given, policy, **more)
    assert isinstance(found, Create), found
    assert isinstance(found.draft, BookedInvoiceDraft)
    return found.draft


def linked(source: AnyRecord, sent: Making | None, target_id: str = "10|55") -> Link:
    """The link of `source` after it was written as `sent`; None: somebody else's record, adopted."""
    return Link(target_id=target_id, fingerprint=hashing.fingerprint(source), schema=hashing.VERSION, sent=sent)


def entered(source: Invoice, given: Rules | None = None, policy: Policy = POLICY) -> Link:
    """The link of `source` after it was booked."""
    return linked(source, booked(source, given, policy))


def codes(found: Decision) -> list[str]:
    """The codes of all reasons of a hold."""
    assert isinstance(found, Hold), found
    return [problem.code for problem in found.problems]


IN_BOOKS = TargetRecord(
    target_id="10|55",
    number="INV-001",
    vendor_id="S1",
    currency="USD",
    amount=Decimal("120.00"),
    date=date(2026, 3, 1),
    kind="bill",
)
