"""Payments as the decision sees them: a clean one of one invoice, and the books that it goes into."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from integrations.engine import fingerprint as hashing
from integrations.engine.books import Books, Voucher
from integrations.engine.decide import decide
from integrations.engine.decisions import Create, Decision, Link
from integrations.engine.drafts import VoucherDraft
from integrations.engine.mapping import Rules
from integrations.engine.policy import Policy
from integrations.engine.records import AccountingPeriod, GLAccount, PaidInvoice, Payment, PaymentState
from integrations.engine.targets import TargetRecord

CLEARING = Policy(
    company="10", voucher_type="AVP", settlement_account="2410", cash_account="1150", rounding_account="7990"
)
CONTROL = Policy(
    company="10",
    payment_mode="control",
    voucher_type="AVP",
    cash_account="1150",
    debt_account="2400",
    discount_account="7100",
    exchange_gain_account="8100",
    exchange_loss_account="8200",
    rounding_account="7990",
    control_confirmed=True,
)
PERIODS = tuple(
    AccountingPeriod(key=f"10|2026|{month}", year=2026, period=month, starts=start, ends=end, open=month != 2)
    for month, start, end in (
        (1, date(2026, 1, 1), date(2026, 1, 31)),
        (2, date(2026, 2, 1), date(2026, 2, 28)),
        (3, date(2026, 3, 1), date(2026, 3, 31)),
    )
)


def account(number: str, **fields: Any) -> GLAccount:
    """A ledger account that takes any row."""
    return GLAccount(key=f"10|{number}", number=number, name=f"Account {number}", **fields)


ACCOUNTS = {
    **{number: account(number) for number in ("1150", "2410", "7100", "7990", "8100", "8200")},
    "2400": account("2400", control=True),
}


def paid(key: str = "I1", net: str = "100.00", **fields: Any) -> PaidInvoice:
    """What is paid of an invoice; amounts as text so that no float slips in."""
    return PaidInvoice(key=key, net=Decimal(net), number=f"INV-{key}", **fields)


def held(key: str = "I1", amount: str = "100.00", **fields: Any) -> TargetRecord:
    """Invoice INV-`key` as it stands in the books: supplier S1, open, in USD."""
    clean: dict[str, Any] = {
        "target_id": f"10|{key}",
        "number": f"INV-{key}",
        "vendor_id": "S1",
        "currency": "USD",
        "amount": Decimal(amount),
        "paid": Decimal(0),
        "date": date(2026, 3, 1),
        "kind": "postedauth",
        "version": "1",
        "echo": {"series": "SI"},
    }
    return TargetRecord(**{**clean, **fields})


def books(*invoices: TargetRecord, **fields: Any) -> Books:
    """The books of company 10 in USD, which hold `invoices` (none named: I1 over 100.00)."""
    standing = {each.target_id: each for each in invoices or (held(),)}
    clean: dict[str, Any] = {
        "currency": "USD",
        "accounts": ACCOUNTS,
        "periods": PERIODS,
        "companies": frozenset({"10"}),
        "suppliers": {"S1": "S1"},
        "invoices": {each.target_id.removeprefix("10|"): each.target_id for each in standing.values()},
        "standing": standing,
    }
    return Books(**{**clean, **fields})


def payment(*invoices: PaidInvoice, **fields: Any) -> Payment:
    """An issued check of supplier S1 over what it pays of `invoices` (none named: 100.00 of I1)."""
    items = invoices or (paid(),)
    clean: dict[str, Any] = {
        "key": "P1",
        "vendor_key": "S1",
        "vendor_name": "Grafton",
        "method": "check",
        "trace": "5001",
        "state": PaymentState.ISSUED,
        "state_word": "Issued",
        "amount": sum((each.net for each in items), Decimal(0)),
        "currency": "USD",
        "dated": date(2026, 3, 10),
        "company": "10",
        "transaction_id": "T1",
        "invoices": items,
    }
    return Payment(**{**clean, **fields})


def decided(
    source: Payment,
    given: Books | None = None,
    policy: Policy = CLEARING,
    *,
    link: Link | None = None,
    target: TargetRecord | None = None,
    proposals: dict[tuple[str, str], str] | None = None,
    **more: Any,
) -> Decision:
    """What is decided of `source` on 11 March 2026."""
    rules = Rules(books=given or books(), today=date(2026, 3, 11), proposals=proposals)
    return decide(source, link, target, rules, policy, **more)


def voucher_of(source: Payment, given: Books | None = None, policy: Policy = CLEARING, **more: Any) -> VoucherDraft:
    """The voucher that `source` becomes."""
    found = decided(source, given, policy, **more)
    assert isinstance(found, Create), found
    assert isinstance(found.draft, VoucherDraft)
    return found.draft


def booked(source: Payment, given: Books | None = None, policy: Policy = CLEARING) -> tuple[Link, TargetRecord, Books]:
    """`source` after it was booked as voucher V1: its link, the voucher as it stands, the books that know it."""
    given = given or books()
    draft = voucher_of(source, given, policy)
    link = Link(target_id="V1", fingerprint=hashing.fingerprint(source), schema=hashing.VERSION, sent=draft)
    vouchers = {source.key: Voucher(target_id="V1", draft=draft)}
    earlier = {given.invoices[each.key]: each.net for each in source.invoices}
    known = msgspec.structs.replace(given, paid=earlier, vouchers=vouchers)
    return link, TargetRecord(target_id="V1", kind="voucher"), known


def sides(draft: VoucherDraft) -> list[str]:
    """Its rows in a few words: account, amount, and domestic where that is another."""
    return [
        f"{row.account} {row.amount}" + (f" = {row.domestic}" if row.domestic != row.amount else "")
        for row in draft.rows
    ]
