"""Demo suppliers, with the names, numbers and addresses that break naive matching."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any

from integrations.systems.ifs.simulator.demo_masters import COMPANY, OTHER_COMPANY

Row = dict[str, Any]
_FIRST = (
    "Acme",
    "Midwest",
    "Great-Lakes",
    "Precision",
    "Harbor",
    "Summit",
    "Keystone",
    "Prairie",
    "Cascade",
    "Liberty",
    "Pioneer",
    "Granite",
)
_LAST = ("Steel Supply", "Fasteners", "Bearings Co.", "Industrial Gases", "Tool & Die", "Logistics", "Electric")
_PLACES = (
    ("Chicago", "IL", "60601"),
    ("Cleveland", "OH", "44101"),
    ("Detroit", "MI", "48201"),
    ("Milwaukee", "WI", "53202"),
)


@dataclass(frozen=True, slots=True)
class Supplier:
    """kind: what is special about it; ordinary suppliers have none. tax_id: "" makes one for a US supplier."""

    id: str
    name: str
    country: str = "US"
    currency: str = "USD"
    term: str = "30"
    kind: str = ""
    tax_id: str = ""
    address: Row = field(default_factory=dict)


_SPECIAL = (
    Supplier("ONETIME", "One-time supplier", kind="one_time"),
    Supplier("S1001", "Blocked Brothers Welding", kind="blocked"),
    Supplier("S1002", "Nowhere Set Up Ltd.", kind="no_company"),
    Supplier("S1003", "Maybe Later Prospects LLC", kind="prospect"),
    Supplier("S1004", 'O\'Brien & Sons "Quality" Tooling', kind="two_addresses"),
    Supplier("S1005", "株式会社日本精機", "JP", kind="document_address"),
    Supplier("S1006", "Sunny Café ☀️ Catering", kind="incomplete_address"),
    Supplier("00123", "Zero Lead Plating"),
    Supplier("123", "Lead Zero Plating"),
    Supplier("S1009", "Łódź Stal Sp. z o.o.", "PL", "EUR"),
    Supplier("S1010", "Müller Maschinenbau GmbH", "DE", "EUR"),
    Supplier("S1011", "Fonderie Générale SA", "FR", "EUR"),
    Supplier("S1012", "Maple Leaf Castings Ltd.", "CA", "CAD"),
    Supplier("S1013", "Hamilton Rolling Mills", "CA", "CAD"),
    Supplier("S1014", "Tornillos del Norte S.A. de C.V.", "MX", "MXN"),
    Supplier("S1015", "Aceros Monterrey", "MX", "MXN"),
)
_SHARED = frozenset({"00123", "123", "S1009"})


def roster(count: int, chance: Random) -> list[Supplier]:
    """`count` suppliers, the special ones first."""
    found = list(_SPECIAL)
    terms = ("30", "30", "45", "2-10-30", "0")
    for number in range(1016, 1016 + max(0, count - len(found))):
        name = f"{_FIRST[number % len(_FIRST)]} {_LAST[number % len(_LAST)]} {number - 1000}"
        found.append(Supplier(f"S{number}", name, term=chance.choice(terms)))
    return found


def companies_of(supplier: Supplier) -> tuple[str, ...]:
    """Where the demo's suppliers may be invoiced: at home, some in both companies, one nowhere."""
    if supplier.kind == "no_company":
        return ()
    return (COMPANY, OTHER_COMPANY) if supplier.currency == "MXN" or supplier.id in _SHARED else (COMPANY,)


def supplier_rows(
    suppliers: list[Supplier],
    today: date,
    chance: Random,
    companies: Callable[[Supplier], tuple[str, ...]] = companies_of,
) -> Iterator[tuple[str, list[Row]]]:
    """(entity, rows) of the supplier master; `companies` says where a supplier may be invoiced."""
    tables: dict[str, list[Row]] = {}

    def add(entity: str, **row: Any) -> None:
        tables.setdefault(entity, []).append(row)

    for position, supplier in enumerate(suppliers):
        key = {"SupplierId": supplier.id}
        add("SupplierInfoGeneral", **key, **_general(supplier, position, today))
        for company in companies(supplier):
            add("SupplierInvoiceCompany", **key, **_company(supplier, company, position))
            _payment(add, supplier, company)
        add("SupplierPurchase", **key, VendorNo=supplier.id, CurrencyCode=supplier.currency, BuyerCode="PURCH")
        _addresses(add, supplier, position, today, chance)
    yield from tables.items()


def _general(supplier: Supplier, position: int, today: date) -> Row:
    made = f"{30 + position % 60}-{1234567 + position * 911}" if supplier.country == "US" else None
    return {
        "Name": supplier.name,
        "Country": supplier.country,
        "DefaultLanguage": "en",
        "AssociationNo": supplier.tax_id or made,
        "CreationDate": date(today.year - 1 - position % 6, 1 + position % 12, 1 + position % 28),
        "PartyType": "Supplier",
        "SupplierCategory": "Prospect" if supplier.kind == "prospect" else "Supplier",
        "OneTime": supplier.kind == "one_time",
        "B2bSupplier": False,
        "DefaultDomain": True,
        "IdentifierRefValidation": "None",
    }


def _company(supplier: Supplier, company: str, position: int) -> Row:
    return {
        "Company": company,
        "Identity": supplier.id,
        "PartyType": "Supplier",
        "GroupId": ("MATERIAL", "SERVICE", "UTILITY")[position % 3],
        "DefCurrency": supplier.currency,
        "PayTermId": supplier.term,
        "InvoiceType": "SI",
        "TaxLiability": "TAX",
    }


def _payment(add: Any, supplier: Supplier, company: str) -> None:
    add(
        "SupplierPayment",
        SupplierId=supplier.id,
        Company=company,
        Identity=supplier.id,
        PartyType="Supplier",
        PaymentAdvice="NO",
        BlockedForPayment=supplier.kind == "blocked",
        Priority=5,
    )


def _addresses(add: Any, supplier: Supplier, position: int, today: date, chance: Random) -> None:
    if supplier.kind in ("one_time", "no_address"):
        return
    if supplier.kind == "two_addresses":
        moved = date(today.year - 1, 6, 30)
        _address(add, supplier, "OLD", "Pay", position, ValidTo=moved)
        _address(add, supplier, "1", "Pay", position + 1, ValidFrom=date(today.year - 1, 7, 1))
    elif supplier.kind == "expired_address":
        _address(add, supplier, "1", "Pay", position, ValidTo=date(today.year - 1, 6, 30))
    elif supplier.kind == "document_address":
        _address(add, supplier, "1", "Document", position)
    elif supplier.kind == "incomplete_address":
        _address(add, supplier, "1", "Pay", position, City=None, ZipCode=None)
    else:
        _address(add, supplier, "1", "Pay", position)
        if chance.random() < 0.3:
            _address(add, supplier, "2", "Document", position + 1)
    if supplier.id.isascii() and supplier.country == "US":
        contact = {"SupplierId": supplier.id, "MethodId": "E_MAIL", "AddressId": "1"}
        add("SupplierInfoCommMethod", **contact, CommId=1, Value=f"ar{position}@supplier.example")
        phone = {**contact, "MethodId": "PHONE", "Value": f"+1 312 555 {position % 10000:04d}"}
        add("SupplierInfoCommMethod", **phone, CommId=2)


def _address(add: Any, supplier: Supplier, address: str, kind: str, position: int, **more: Any) -> None:
    city, state, code = _PLACES[position % len(_PLACES)]
    abroad = {} if supplier.country == "US" else {"City": "Central City", "State": None, "ZipCode": "10115"}
    row = {
        "SupplierId": supplier.id,
        "AddressId": address,
        "Name": supplier.name,
        "Address1": f"{100 + position} Industrial Parkway",
        "City": city,
        "State": state,
        "ZipCode": code,
        "Country": supplier.country,
        **abroad,
        **more,
    }
    add("SupplierInfoAddress", **row)
    add(
        "SupplierInfoAddressType",
        SupplierId=supplier.id,
        AddressId=address,
        AddressTypeCode=kind,
        DefAddress=True,
    )
