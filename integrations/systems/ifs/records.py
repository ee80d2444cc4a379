"""Rows of companies, suppliers and invoices -> canonical records; nothing is guessed or rounded.

A row that cannot become a record raises BadValue.

A record's version is `<head's ETag>|<digest>`: the digest covers ETags and mapped content of the head and of all its
child rows, so that also a change within the second that leaves a date ETag as it was is seen. `etag_of` gives the
part that If-Match wants back.
"""

from collections.abc import Sequence
from datetime import date
from hashlib import blake2b
from operator import attrgetter

import msgspec

from integrations.engine.records import (
    Address,
    Company,
    Invoice,
    InvoiceLine,
    InvoiceState,
    LedgerItem,
    Posting,
    PostingKind,
    Vendor,
)
from integrations.systems.ifs.profile import Profile
from integrations.systems.ifs.rows import (
    AddressRow,
    AddressTypeRow,
    CompanyRow,
    InvoiceRow,
    ItemRow,
    LedgerRow,
    PostingRow,
    Row,
    SupplierCompanyRow,
    SupplierPaymentRow,
    SupplierRow,
)
from integrations.systems.ifs.values import (
    ZERO,
    BadValue,
    day,
    flag,
    moment,
    money,
    number,
    per_unit,
    places,
    some_money,
    text,
    whole,
)

_encode = msgspec.json.Encoder().encode

UNREAD_USE = "unknown"  # the use of an address whose types were not read


def version_of(head: Row, children: Sequence[Row] = ()) -> str:
    """The version of a record made of these rows; `children` in key order, as they are read."""
    return f"{head.etag or ''}|{blake2b(_encode((head, children)), digest_size=12).hexdigest()}"


def etag_of(version: str) -> str:
    """The ETag inside a version, byte for byte as IFS sent it; "" when it sent none."""
    return version.rpartition("|")[0]


def invoice_key(company: str, invoice_id: int | str) -> str:
    return f"{company}|{invoice_id}"


def company(row: CompanyRow) -> Company:
    return Company(
        key=row.company,
        version=version_of(row),
        name=row.name or row.company,
        currency=row.currency or "",
        country=row.country or "",
    )


class SupplierParts(msgspec.Struct):
    """What hangs under one supplier. `types` is None where the address types were not read."""

    addresses: list[AddressRow] = []
    types: list[AddressTypeRow] | None = None
    companies: list[SupplierCompanyRow] = []
    payments: list[SupplierPaymentRow] = []
    email: str = ""


def supplier_version(row: SupplierRow, parts: SupplierParts) -> str:
    """Covers what is read set-wise; address types are not, and are compared when a sweep reads them."""
    return version_of(row, [*parts.addresses, *parts.companies, *parts.payments])


def vendor(row: SupplierRow, parts: SupplierParts, company_code: str) -> Vendor:
    """A supplier as `company_code` sees it; "" = without the company's data, then it counts as being in it."""
    mine = next((c for c in parts.companies if c.company == company_code), None)
    types = parts.types or []
    return Vendor(
        key=row.supplier_id,
        version=supplier_version(row, parts),
        name=row.name or "",
        number=row.supplier_id,
        kind=(row.category or "supplier").lower(),
        country=row.country or "",
        currency=(mine.currency or "") if mine else "",
        payment_term=text(mine.payment_term) if mine else "",
        group=text(mine.group) if mine else "",
        email=parts.email,
        tax_id=text(row.tax_id).strip(),
        one_time=flag(row.one_time, "one_time"),
        in_company=mine is not None or not company_code,
        blocked=any(flag(p.blocked, "blocked") for p in parts.payments if p.company == company_code),
        addresses=tuple(_address(a, types if parts.types is not None else None) for a in parts.addresses),
        modified=moment(row.changed),
    )


def is_valid(row: AddressRow, today: date) -> bool:
    """Whether the address may be used today."""
    start, end = day(row.valid_from, "valid_from"), day(row.valid_to, "valid_to")
    return (start is None or start <= today) and (end is None or today <= end)


def _address(row: AddressRow, types: Sequence[AddressTypeRow] | None) -> Address:
    key = text(row.address_id)
    mine = [t for t in types or () if text(t.address_id) == key]
    uses = (UNREAD_USE,) if types is None else tuple(sorted({(t.type_code or "").lower() for t in mine}))
    return Address(
        key=key,
        name=row.name or "",
        line1=row.address1 or "",
        line2=row.address2 or "",
        city=row.city or "",
        state=row.state or "",
        postal_code=text(row.zip_code),
        country=row.country or "",
        uses=uses,
        default_for=tuple(sorted({(t.type_code or "").lower() for t in mine if flag(t.default, "default")})),
        valid_from=day(row.valid_from, "valid_from"),
        valid_to=day(row.valid_to, "valid_to"),
    )


class InvoiceParts(msgspec.Struct):
    """What hangs under one invoice; None where it could not be read or, for its state, is not read."""

    items: list[ItemRow] | None = None
    postings: list[PostingRow] | None = None
    ledger: list[LedgerRow] | None = None


def state_of(row: InvoiceRow, profile: Profile) -> InvoiceState:
    """The canonical state; a word that the profile does not list is UNKNOWN."""
    return profile.states.get(row.state or "", InvoiceState.UNKNOWN)


def invoice(row: InvoiceRow, parts: InvoiceParts, profile: Profile) -> Invoice:
    """A supplier invoice; the sign of its amounts tells a credit."""
    decimals = places(row.currency)
    state = state_of(row, profile)
    children: list[Row] = []
    if state not in profile.childless_states:
        children = [*(parts.items or ()), *(parts.postings or ()), *(parts.ledger or ())]
    return Invoice(
        key=f"{row.company}|{row.invoice_id}",
        version=version_of(row, children),
        company=row.company,
        vendor_key=row.identity or "",
        number=text(row.number),
        state=state,
        state_word=row.state or "",
        party_type=(row.party_type or "supplier").lower(),
        vendor_name=row.name or "",
        series=text(row.series),
        type=text(row.type),
        ordinary=text(row.type) in profile.invoice_types,
        invoice_date=day(row.invoice_date, "invoice_date"),
        due_date=day(row.due_date, "due_date"),
        planned_pay_date=day(row.planned_pay_date, "planned_pay_date"),
        voucher_date=day(row.voucher_date, "voucher_date"),
        currency=row.currency or "",
        net=money(row.net, decimals, "net"),
        tax=ZERO if row.tax is None else money(row.tax, decimals, "tax"),
        open_amount=some_money(row.open, decimals, "open_amount"),
        payment_term=text(row.payment_term),
        term_base_date=day(row.term_base_date, "term_base_date"),
        payment_method=text(row.payment_method),
        po_number=text(row.po_number),
        credit_for=text(row.credit_for),
        cash=flag(row.cash, "cash"),
        prepayment=flag(row.prepayment, "prepayment"),
        multi_company=flag(row.multi_company, "multi_company"),
        collect=flag(row.collect, "collect"),
        gross_up=flag(row.gross_up, "gross_up"),
        blocked=flag(row.blocked, "blocked"),
        lines=None if parts.items is None else tuple(_line(i, decimals) for i in parts.items),
        postings=None if parts.postings is None else tuple(_posting(p, decimals, profile) for p in parts.postings),
        ledger_items=None if parts.ledger is None else tuple(_ledger_item(i, decimals, row) for i in parts.ledger),
        rate=per_unit(row.rate, row.rate_factor),
        modified=moment(row.changed),
    )


_codes = attrgetter(*(f"code_{part}" for part in "bcdefghij"))


def _line(row: ItemRow, decimals: int) -> InvoiceLine:
    return InvoiceLine(
        key=str(row.item_id),
        description=row.description or "",
        tax_code=text(row.tax_code),
        net=money(row.net, decimals, "line net"),
        tax=ZERO if row.tax is None else money(row.tax, decimals, "line tax"),
        po_number=text(row.po_number),
        po_line=text(row.po_line),
        po_release=text(row.po_release),
        quantity=number(row.quantity, "quantity"),
        unit=text(row.unit),
    )


def _posting(row: PostingRow, decimals: int, profile: Profile) -> Posting:
    kind = row.posting_type or ""
    return Posting(
        key=f"{row.item_id}/{row.row_id}",
        kind=profile.posting_types.get(kind, PostingKind.UNKNOWN),
        posting_type=kind,
        account=text(row.account),
        dimensions={
            part: str(value) for part, value in zip("BCDEFGHIJ", _codes(row), strict=True) if value not in (None, "")
        },
        amount=money(row.amount, decimals, "posting amount"),
        tax_code=text(row.tax_code),
        text=row.text or "",
        preliminary=flag(row.preliminary, "preliminary"),
        reversed=flag(row.reversed, "reversed"),
    )


def _ledger_item(row: LedgerRow, decimals: int, head: InvoiceRow) -> LedgerItem:
    if row.currency and row.currency != head.currency:
        message = f"Its ledger item is in {row.currency}, the invoice in {head.currency}. Correct it in IFS."
        raise BadValue("ledger_currency", "ledger_items", message)
    return LedgerItem(
        instalment=whole(row.instalment, "instalment", 1),
        original=some_money(row.original, decimals, "original amount"),
        open=some_money(row.open, decimals, "open amount"),
        due_date=day(row.due_date, "due_date"),
    )
