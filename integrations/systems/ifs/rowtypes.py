"""The row type of each set of a profile, made for the JSON names that one tenant has."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from integrations.systems.ifs.rows import (
    AccountRow,
    AddressRow,
    AddressTypeRow,
    BookedRow,
    CodePartRow,
    CodePartValueRow,
    CompanyRow,
    ContactRow,
    DocumentRow,
    InvoiceRow,
    ItemRow,
    LedgerRow,
    OrderLineRow,
    OrderRow,
    PaymentTermRow,
    PeriodRow,
    PostingRow,
    ProposalItemRow,
    ProposalRow,
    ReceiptRow,
    Row,
    SupplierCompanyRow,
    SupplierPaymentRow,
    SupplierRow,
    TaxCodeRow,
)

_META = {"etag": "@odata.etag"}

ROWS: dict[str, type[Row]] = {
    "company": CompanyRow,
    "supplier": SupplierRow,
    "supplier_address": AddressRow,
    "supplier_address_type": AddressTypeRow,
    "supplier_contact": ContactRow,
    "supplier_company": SupplierCompanyRow,
    "supplier_payment": SupplierPaymentRow,
    "account": AccountRow,
    "code_part": CodePartRow,
    "code_part_value": CodePartValueRow,
    "tax_code": TaxCodeRow,
    "payment_term": PaymentTermRow,
    "accounting_period": PeriodRow,
    "order": OrderRow,
    "order_line_part": OrderLineRow,
    "order_line_nopart": OrderLineRow,
    "order_receipt": ReceiptRow,
    "payment_proposal": ProposalRow,
    "proposal_item": ProposalItemRow,
    "invoice": InvoiceRow,
    "invoice_item": ItemRow,
    "invoice_posting": PostingRow,
    "ledger_item": LedgerRow,
    "booked_row": BookedRow,
    "invoice_document": DocumentRow,
}


def fields_of(name: str) -> frozenset[str]:
    """Our field names that the set `name` of a profile may map."""
    return frozenset(f.name for f in msgspec.structs.fields(ROWS[name])) - {"etag", "changed"}


def row_type(name: str, names: Mapping[str, str]) -> type[Row]:
    """The row type of the set `name`, reading the tenant's JSON `names`; fields without one keep their default."""
    return _row_type(name, tuple(sorted(names.items())))


def page_type(row: type[Row]) -> Any:
    """The envelope of a page of `row`s."""
    return _page_type(row)


# One type per profile and set, however many clients use it: making a type is slow and decoders are kept per type.
@lru_cache(maxsize=512)
def _row_type(name: str, names: tuple[tuple[str, str], ...]) -> type[Row]:
    template = ROWS[name]
    given = dict(names) | _META
    fields: list[Any] = []
    for f in msgspec.structs.fields(template):
        # A field that the tenant has not got must never be filled by chance: no OData name starts with a blank.
        wire = given.get(f.name) or f" {f.name}"
        required = f.default is msgspec.NODEFAULT
        fields.append(
            (f.name, f.type, msgspec.field(name=wire) if required else msgspec.field(name=wire, default=f.default))
        )
    made: Any = msgspec.defstruct(template.__name__, fields, bases=(template,), kw_only=True, gc=False)
    kind: type[Row] = made
    return kind


@lru_cache(maxsize=512)
def _page_type(row: type[Row]) -> Any:
    return msgspec.defstruct(
        f"{row.__name__}Page",
        [
            ("value", list[row]),  # type: ignore[valid-type]
            ("next_link", str, msgspec.field(name="@odata.nextLink", default="")),
        ],
    )
