from dataclasses import replace as with_fields
from datetime import date
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from integrations.engine.drafts import DraftLine, InvoiceDraft
from integrations.engine.records import Address
from integrations.systems.bill import drafts
from integrations.systems.bill.drafts import FieldLimits
from tests.systems.bill.world import codes, vendor_draft

LIMITS = FieldLimits()
encode = msgspec.json.Encoder(decimal_format="number").encode


def invoice(*lines: DraftLine, number: str = "A-1001", **fields: object) -> InvoiceDraft:
    rows = lines or (DraftLine(amount=Decimal("120.50"), account="0ca1"),)
    draft = InvoiceDraft(
        vendor_id="0091",
        number=number,
        invoice_date=date(2026, 1, 15),
        due_date=date(2026, 2, 14),
        currency="USD",
        total=sum((row.amount for row in rows), Decimal(0)),
        lines=rows,
    )
    return replace(draft, **fields)


def test_a_bill_is_nested_as_bill_wants_it() -> None:
    dimensions = {"department": "0de1", "location": "loc1", "accounting_class": "cls1", "job": "job1"}
    line = DraftLine(amount=Decimal("100.00"), account="0ca1", dimensions=dimensions, description="Bolts")
    assert drafts.body(invoice(line, po_number="PO-77", description="Head")) == {
        "vendorId": "0091",
        "invoice": {"invoiceNumber": "A-1001", "invoiceDate": "2026-01-15"},
        "dueDate": "2026-02-14",
        "billLineItems": [
            {
                "amount": Decimal("100.00"),
                "description": "Bolts",
                "classifications": {
                    "chartOfAccountId": "0ca1",
                    "departmentId": "0de1",
                    "locationId": "loc1",
                    "accountingClassId": "cls1",
                    "jobId": "job1",
                },
            }
        ],
        "description": "Head",
        "purchaseOrderNumber": "PO-77",
    }


def test_a_credit_has_its_own_words() -> None:
    body = drafts.body(invoice(credit=True))
    assert body["referenceNumber"] == "A-1001"
    assert body["creditDate"] == "2026-01-15"
    assert "dueDate" not in body
    assert "invoice" not in body


def test_a_vendor_has_all_of_its_address_and_nothing_empty() -> None:
    assert drafts.body(vendor_draft()) == {
        "name": "Nordic Bolts",
        "shortName": "SUP-1007",
        "accountType": "BUSINESS",
        "billCurrency": "USD",
        "address": {
            "line1": "1 Test Way",
            "city": "Austin",
            "stateOrProvince": "TX",
            "zipOrPostalCode": "78701",
            "country": "US",
        },
    }


@pytest.mark.parametrize(
    ("amount", "digits"),
    [("100.00", b"100.00"), ("0.1", b"0.1"), ("1E+3", b"1000"), ("0.000001", b"0.000001"), ("-0.00", b"0.00")],
)
def test_amounts_leave_as_exact_plain_numbers(amount: str, digits: bytes) -> None:
    assert encode(drafts.plain(Decimal(amount))) == digits


@given(st.decimals(min_value=-(10**15), max_value=10**15, places=3))
def test_no_digit_is_lost_or_made(amount: Decimal) -> None:
    assert Decimal(encode(drafts.plain(amount)).decode()) == amount


@given(st.text(max_size=300), st.integers(min_value=1, max_value=120))
def test_a_shortened_text_is_a_beginning_that_fits(value: str, length: int) -> None:
    cut = drafts.shortened(value, length)
    assert len(cut) <= length
    assert value.startswith(cut)
    assert cut == value or len(value) > length


def test_a_long_name_ends_with_a_whole_word() -> None:
    name = "The International Consolidated Company of " + "Manufacturers " * 6
    cut = drafts.shortened(name, 100)
    assert cut.endswith("Manufacturers")
    assert name[len(cut)] == " "


def test_numbers_are_never_cut() -> None:
    assert codes(list(drafts.problems(vendor_draft("S" * 41), LIMITS))) == ["number_too_long"]
    assert codes(drafts.problems(invoice(number="N" * 101), LIMITS)) == ["number_too_long"]
    assert codes(drafts.problems(invoice(po_number="P" * 101), LIMITS)) == ["number_too_long"]


def test_unpublished_limits_are_settings() -> None:
    lines = [DraftLine(amount=Decimal(1), account="0ca1")] * 101
    assert codes(drafts.problems(invoice(*lines), LIMITS)) == ["too_many_lines"]
    assert drafts.problems(invoice(*lines), with_fields(LIMITS, lines=101)) == ()


def test_every_reason_comes_at_once_with_its_field() -> None:
    draft = vendor_draft(name=" ", currency="", address=Address(key="1", line1="x", country="USA"))
    fields = [problem.field for problem in drafts.problems(draft, LIMITS)]
    assert fields == ["name", "currency", "address.city", "address.postal_code", "address.country"]


def test_lines_that_do_not_add_up_are_refused() -> None:
    assert codes(drafts.problems(invoice(total=Decimal("120.51")), LIMITS)) == ["lines_differ"]


def test_an_invoice_without_lines_is_refused() -> None:
    assert codes(drafts.problems(replace(invoice(), lines=()), LIMITS)) == ["no_lines"]


def test_a_dimension_bill_does_not_have_is_refused() -> None:
    line = DraftLine(amount=Decimal(1), account="0ca1", dimensions={"colour": "red"})
    assert codes(drafts.problems(invoice(line), LIMITS)) == ["unknown_dimension"]


@pytest.mark.parametrize("bad", ["a\x00b", "a\ud800b"])
def test_text_that_cannot_travel_is_named(bad: str) -> None:
    (problem,) = drafts.problems(invoice(description=bad), LIMITS)
    assert (problem.code, problem.field) == ("bad_text", "description")
    assert problem.value.isascii()


def test_emoji_and_other_scripts_travel_unchanged() -> None:
    draft = vendor_draft(name="Łódź Śruby 🔩 株式会社")
    assert drafts.problems(draft, LIMITS) == ()
    assert drafts.body(draft)["name"] == "Łódź Śruby 🔩 株式会社"
