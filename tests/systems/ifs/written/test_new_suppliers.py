"""A supplier made in IFS of an approved vendor: once, complete, and blocked before it can be invoiced."""

from typing import Any

import msgspec
import pytest

from integrations.engine.drafts import SupplierDraft
from integrations.engine.errors import ConnectionBroken, OutcomeUnknown, Rejected
from integrations.engine.records import Address, Entity
from tests.systems.ifs.written.books import POST, Books

ADDRESS = Address(
    key="", line1="1 Mill Road", line2="Unit 4", city="Austin", state="TX", postal_code="78701", country="US"
)
DRAFT = SupplierDraft(
    company="10",
    name="Nordic Bolts",
    currency="USD",
    address=ADDRESS,
    external_id="00902NORDIC",
    country="US",
    tax_id="12-3456789",
)
ALL_POSTS = 1 + 1 + 1 + 2 + 1


class Empty(Books):
    """The tenant before its first supplier."""

    def supplier(self, key: str, company: str = "10", **fields: Any) -> str:
        return key


@pytest.fixture
def books() -> Books:
    return Empty()


def made(books: Books) -> str:
    """There is exactly one supplier, whole and blocked; gives its number."""
    (head,) = books.sim.rows("SupplierInfoGeneral")
    key = str(head["SupplierId"])
    assert (head["Name"], head["AssociationNo"], head["Cf_Sent_To_Bill"]) == (
        "Nordic Bolts",
        "12-3456789",
        "00902NORDIC",
    )
    (payment,) = books.sim.rows("SupplierPayment")
    assert (payment["Identity"], payment["Company"], payment["BlockedForPayment"]) == (key, "10", True)
    (address,) = books.sim.rows("SupplierInfoAddress")
    assert (address["Address1"], address["ZipCode"]) == ("1 Mill Road", "78701")
    assert {row["AddressTypeCode"] for row in books.sim.rows("SupplierInfoAddressType")} == {"Pay", "Document"}
    (company,) = books.sim.rows("SupplierInvoiceCompany")
    assert (company["SupplierId"], company["Company"], company["DefCurrency"]) == (key, "10", "USD")
    return key


def test_it_is_made_whole_and_blocked_and_reads_back_as_a_supplier_to_be_paid_there(books: Books) -> None:
    receipt = books.write(DRAFT)
    assert receipt.target_id == made(books)
    read = books.only(Entity.VENDOR)
    assert (read.name, read.in_company, read.blocked, read.currency) == ("Nordic Bolts", True, True, "USD")
    assert {use for address in read.addresses for use in address.uses} == {"pay", "document"}
    assert books.write(DRAFT) == receipt
    assert books.posts() == ALL_POSTS


@pytest.mark.parametrize("after", range(ALL_POSTS))
def test_broken_off_anywhere_it_is_completed_by_the_next_try(books: Books, after: int) -> None:
    books.fault("drop_after", ".svc/", method=POST, after=after)
    with pytest.raises(OutcomeUnknown):
        books.write(DRAFT)
    books.write(DRAFT)
    made(books)


def test_it_can_be_invoiced_only_once_it_is_blocked(books: Books) -> None:
    books.write(DRAFT)
    order = [path.rpartition("/")[2].partition("(")[0] for path in books.calls(".svc/", POST)]
    assert order.index("SupplierPaymentSet") < order.index("SupplierInvoiceCompanySet")


def test_what_people_changed_since_a_broken_try_stays(books: Books) -> None:
    books.write(DRAFT)
    key = {"Company": "10", "Identity": made(books), "PartyType": "Supplier"}
    books.sim.edit("SupplierPayment", key, BlockedForPayment=False)
    books.write(DRAFT)
    assert books.sim.rows("SupplierPayment")[0]["BlockedForPayment"] is False


def test_without_a_field_for_the_vendors_id_a_supplier_of_that_name_is_never_made_twice(books: Books) -> None:
    books.override = {"written": {"new_supplier": {"fields": {"external_id": ""}}}}
    books.client = books.connect()
    books.write(DRAFT)
    with pytest.raises(Rejected) as caught:
        books.write(DRAFT)
    assert caught.value.code == "possible_duplicate_vendor"
    assert len(books.sim.rows("SupplierInfoGeneral")) == 1


def test_a_tenant_where_it_cannot_be_blocked_gets_none(books: Books) -> None:
    books.override = {"written": {"new_supplier_payment": {"set": ""}}}
    books.client = books.connect()
    with pytest.raises(Rejected) as caught:
        books.write(DRAFT)
    assert (caught.value.code, books.sim.rows("SupplierInfoGeneral")) == ("no_payment_block", [])


def test_a_profile_that_would_make_it_unblocked_is_refused(books: Books) -> None:
    books.override = {"new_supplier": {"new_supplier_payment": {"blocked": False}}}
    with pytest.raises(ConnectionBroken) as caught:
        books.connect()
    assert "blocked for payment" in caught.value.message


def test_what_ifs_refuses_is_said_and_nothing_is_there(books: Books) -> None:
    with pytest.raises(Rejected):
        books.write(msgspec.structs.replace(DRAFT, name="N" * 101))
    assert books.sim.rows("SupplierInfoGeneral") == []


def test_one_that_is_there_is_not_changed_from_here(books: Books) -> None:
    receipt = books.write(DRAFT)
    with pytest.raises(Rejected):
        books.write(msgspec.structs.replace(DRAFT, name="Other"), target_id=receipt.target_id)
