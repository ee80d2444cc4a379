"""Records as the decision sees them: a clean invoice, its vendor and rules; a test changes what it is about."""

from datetime import date
from decimal import Decimal
from typing import Any

from integrations.engine import fingerprint as hashing
from integrations.engine.decide import decide
from integrations.engine.decisions import Act, Create, Decision, Hold, Link, Nothing, Out, Wait
from integrations.engine.drafts import InvoiceDraft
from integrations.engine.mapping import Account, Rule, Rules, VendorLink
from integrations.engine.policy import Policy
from integrations.engine.records import Address, Invoice, InvoiceState, LedgerItem, Posting, PostingKind, Vendor
from integrations.engine.targets import Standing, TargetRecord

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


def created(source: Invoice, given: Rules | None = None, policy: Policy = POLICY, **more: Any) -> InvoiceDraft:
    """The draft that `source` becomes when it is sent for the first time."""
    found = decide(source, None, None, given or rules(), policy, **more)
    assert isinstance(found, Create), found
    assert isinstance(found.draft, InvoiceDraft)
    return found.draft


def echo_of(draft: InvoiceDraft) -> dict[str, str]:
    """What a target says it stored."""
    return {
        "vendor_id": draft.vendor_id,
        "number": draft.number,
        "date": draft.invoice_date.isoformat(),
        "due_date": draft.due_date.isoformat(),
        "amount": format(draft.total.normalize(), "f"),
        "currency": draft.currency,
    }


def sent(source: Invoice, given: Rules | None = None, policy: Policy = POLICY, **more: Any) -> Link:
    """The link of `source` after it was sent as bill 00n1."""
    draft = created(source, given, policy, **more)
    return Link(
        target_id="00n1",
        fingerprint=hashing.fingerprint(source),
        schema=hashing.VERSION,
        version="1",
        sent=draft,
        echo=echo_of(draft),
    )


def there(link: Link, **fields: Any) -> TargetRecord:
    """That bill as it stands: unpaid, nobody has acted, nobody has edited it."""
    draft = link.sent
    assert isinstance(draft, InvoiceDraft)
    as_sent: dict[str, Any] = {
        "target_id": link.target_id,
        "number": draft.number,
        "vendor_id": draft.vendor_id,
        "currency": draft.currency,
        "amount": draft.total,
        "paid": Decimal(0),
        "kind": "credit" if draft.credit else "bill",
        "version": "1",
        "standing": Standing.UNPAID,
        "echo": link.echo,
    }
    return TargetRecord(**{**as_sent, **fields})


def said(found: Decision) -> str:
    """A decision in a few words: out settled, wait blocked, hold! urgent_code, update ..."""
    match found:
        case Out(reason=reason):
            return f"out {reason}"
        case Wait(problems=problems):
            return f"wait {problems[0].code}"
        case Hold(problems=problems):
            return f"hold{'!' if any(p.urgent for p in problems) else ''} {problems[0].code}"
        case Act(draft=draft):
            return type(draft).__name__.removesuffix("Draft").lower()
        case Nothing(notes=notes) if notes:
            return f"note {notes[0].code}"
    return type(found).__name__.lower()


def answer(found: Decision, choice: str) -> dict[tuple[str, str], str]:
    """The answer `choice` to the first problem of a hold, which must offer it."""
    assert isinstance(found, Hold), found
    problem = found.problems[0]
    assert choice in [each.key for each in problem.choices], problem.choices
    return {(problem.code, problem.subject): choice}
