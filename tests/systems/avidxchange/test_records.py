"""Rows of any dress become the same records; what cannot be one is kept with its reason, its neighbours go on."""

from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest

from integrations.engine.records import (
    Entity,
    Invoice,
    InvoiceState,
    PaidInvoice,
    Payment,
    PaymentState,
    PostingKind,
    Unreadable,
)
from tests.systems.avidxchange.world import CLOSED, World, invoice, items, payment


def read(entity: Entity, row: Any, **settings: str) -> Any:
    """The record of one row."""
    world = World(settings)
    world.answered_by(lambda request: items(row))
    return world.read(entity)[0]


def test_an_invoice_with_its_coded_distributions() -> None:
    found = read(Entity.INVOICE, invoice(CompanyExternalCode="10", ApprovedDate="2026-11-05T14:11:09"))
    assert isinstance(found, Invoice)
    assert (found.key, found.number, found.vendor_key, found.company) == ("880231", "INV-10077", "S1001|2", "10")
    assert (found.gross, found.tax, found.net, found.currency) == (Decimal(1250), Decimal(50), Decimal(1200), "USD")
    assert (found.state, found.state_word) == (InvoiceState.AUTHORISED, "Approved")
    assert (found.invoice_date, found.approved_on) == (date(2026, 11, 2), date(2026, 11, 5))
    assert found.document == "/v1/invoices/880231/image"
    (posting,) = found.postings or ()
    assert (posting.key, posting.kind, posting.account) == ("1", PostingKind.COST, "6100")
    assert (posting.dimensions, posting.amount) == ({"Cost center": "D10"}, Decimal(1250))
    assert (posting.text, posting.po_line) == ("Cables", "3")


def test_a_payment_with_what_it_pays() -> None:
    found = read(Entity.PAYMENT, payment(ReplacesPaymentId=4765001))
    assert isinstance(found, Payment)
    assert (found.key, found.transaction_id, found.replaces) == ("4765360", "4765360", "4765001")
    assert (found.state, found.state_word, found.method) == (PaymentState.CLEARED, "Cleared", "check")
    assert (found.amount, found.currency, found.vendor_key) == (Decimal(1240), "USD", "S1001")
    assert (found.dated, found.cleared_on) == (date(2026, 11, 5), date(2026, 11, 9))
    paid = PaidInvoice(key="880231", number="INV-10077", gross=Decimal(1250), discount=Decimal(10), net=Decimal(1240))
    assert found.invoices == (paid,)


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("Approved", InvoiceState.AUTHORISED),
        ("approved", InvoiceState.AUTHORISED),
        ("InWorkflow", InvoiceState.PRELIMINARY),
        ("Rejected", InvoiceState.CANCELLED),
        ("Void", InvoiceState.CANCELLED),
        ("Paid", InvoiceState.PAID),
        ("Parked", InvoiceState.UNKNOWN),
        (None, InvoiceState.UNKNOWN),
    ],
)
def test_the_words_of_an_invoice(word: str | None, state: InvoiceState) -> None:
    found = read(Entity.INVOICE, invoice(Status=word))
    assert (found.state, found.state_word) == (state, word or "")


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("Pending Approval", PaymentState.PENDING),
        ("VCC Processing", PaymentState.IN_FLIGHT),
        ("ACH Credit Issued", PaymentState.ISSUED),
        ("Void", PaymentState.VOIDED),
        ("Error", PaymentState.FAILED),
        ("Under Review", PaymentState.UNKNOWN),
    ],
)
def test_the_words_of_a_payment(word: str, state: PaymentState) -> None:
    found = read(Entity.PAYMENT, payment(Status={"Id": 1, "Description": word}))
    assert (found.state, found.state_word) == (state, word)


def test_a_word_is_added_in_the_profile() -> None:
    override = '{"payment": {"status_map": {"Under Review": "pending"}}}'
    found = read(Entity.PAYMENT, payment(Status={"Description": "Under Review"}), profile=override)
    assert found.state is PaymentState.PENDING


def test_a_credit_keeps_its_sign() -> None:
    line = {"LineNumber": 1, "Amount": -12.5, "EnterpriseCodes": None}
    found = read(Entity.INVOICE, invoice(GrossAmount=-12.5, TaxAmount=-2.5, Distributions=line))
    assert (found.gross, found.tax, found.net) == (Decimal("-12.5"), Decimal("-2.5"), Decimal("-10.0"))
    assert [posting.amount for posting in found.postings] == [Decimal("-12.5")]


def test_lines_without_numbers_are_known_by_their_place() -> None:
    found = read(Entity.INVOICE, invoice(Distributions=[{"Amount": 1}, {"Amount": 2}]))
    assert [posting.key for posting in found.postings] == ["1", "2"]
    found = read(
        Entity.INVOICE, invoice(Distributions=[{"LineNumber": 7, "Amount": 1}, {"LineNumber": 7, "Amount": 2}])
    )
    assert [posting.key for posting in found.postings] == ["1", "2"]


def test_distributions_that_are_not_shown_are_unknown_not_empty() -> None:
    assert read(Entity.INVOICE, invoice(Distributions=None)).postings is None
    assert read(Entity.INVOICE, invoice(Distributions=[])).postings == ()


def test_the_version_changes_with_anything_in_the_row() -> None:
    first = read(Entity.INVOICE, invoice())
    assert read(Entity.INVOICE, invoice()).version == first.version
    assert read(Entity.INVOICE, {key.lower(): value for key, value in invoice().items()}).version == first.version
    assert read(Entity.INVOICE, invoice(LastChangedDate="2026-11-05T14:11:09")).version != first.version


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"Id": None}, "no_id"),
        ({"GrossAmount": None, "Amount": None}, "no_amount"),
        ({"GrossAmount": "1.250,00"}, "bad_amount"),
        ({"GrossAmount": "NaN"}, "bad_amount"),
        ({"GrossAmount": True}, "bad_amount"),
        ({"GrossAmount": 1e300}, "bad_amount"),
        ({"InvoiceDate": "soon"}, "bad_date"),
        ({"LastChangedDate": "2026-13-01T00:00:00"}, "bad_time"),
        ({"LastChangedDate": "9999-12-31T23:59:59-12:00"}, "bad_time"),
        ({"Number": "a\x00b"}, "bad_text"),
        ({"Number": ["a"]}, "bad_text"),
        ({"Distributions": [{"LineNumber": 1}]}, "no_amount"),
    ],
)
def test_a_row_that_cannot_be_an_invoice_is_kept(fields: dict[str, Any], code: str) -> None:
    world = World()
    world.answered_by(lambda request: items(invoice(**fields), invoice(Id=2)))
    bad, good = world.read(Entity.INVOICE)[:2]
    assert isinstance(bad, Unreadable)
    assert bad.code == code
    assert bad.key
    assert "INV-10077" in bad.raw or "Number" in fields
    assert bad.raw.isascii()
    assert good.key == "2"


def test_two_codes_of_one_group_are_nobodys_guess() -> None:
    code = {"EnterpriseCodeValue": "6200", "EnterpriseCodeGroups": {"CodeGroupName": "accounting codes"}}
    row = invoice()
    row["Distributions"][0]["EnterpriseCodes"].append(code)
    found = read(Entity.INVOICE, row)
    assert isinstance(found, Unreadable)
    assert found.code == "two_codes"


@pytest.mark.parametrize(
    "poison",
    [b'"GrossAmount": NaN', b'"Number": "\\ud800"', b'"Number": "\xff"', b'"Lines": ' + b"[" * 2000 + b"]" * 2000],
)
@pytest.mark.parametrize("member", [b"Items", b"items"])
def test_a_poisoned_row_costs_only_itself(poison: bytes, member: bytes) -> None:
    world = World()
    good = b'{"Id": 2, "Number": "I-2", "GrossAmount": 1, "Status": "Approved"}'
    page = b'{"' + member + b'": [{"Id": 1, ' + poison + b"}, " + good + b'], "Paging": {"PageCount": 1}}'
    world.answered_by(lambda request: httpx.Response(200, content=page))
    bad, fine = world.read(Entity.INVOICE)[:2]
    assert isinstance(bad, Unreadable)
    assert isinstance(fine, Invoice)
    assert fine.number == "I-2"


def test_a_row_that_is_no_object_is_kept_too() -> None:
    found = read(Entity.PAYMENT, "payment")
    assert isinstance(found, Unreadable)
    assert found.raw == '"payment"'


def test_without_a_status_an_invoice_of_a_closed_batch_is_approved() -> None:
    world = World(CLOSED, manners={"old_invoices": True})
    world.sim.close_batch("March", [world.sim.create_invoice("S1", "I-1", 10, codes={"Accounting Codes": "6100"})])
    (found,) = world.read(Entity.INVOICE)
    assert (found.state, found.state_word, found.company) == (InvoiceState.AUTHORISED, "", "")
    assert found.postings[0].account == "6100"
