"""BILL's resources as data: where each lives, what its rows are, how many one bulk request takes.

https://developer.bill.com/docs/search-op-with-lists
"""

from dataclasses import dataclass

from integrations.engine.records import Entity
from integrations.systems.bill import wire


@dataclass(frozen=True, slots=True)
class Resource:
    """One list of BILL. `kind` is our word for its rows; `wrapper` names the array of a bulk answer ("" = bare)."""

    kind: str
    path: str
    entity: Entity
    row: type[wire.Wire]
    label: str
    bulk: int
    wrapper: str = ""
    by_vendor: bool = False  # its list can be narrowed to one vendor
    archives: bool = True  # its records can be archived, and are then in a list of their own


CLASSIFICATIONS = "/v3/classifications"

VENDORS = Resource("vendor", "/v3/vendors", Entity.VENDOR, wire.WireVendor, "vendors", 20, "vendors")
BILLS = Resource("bill", "/v3/bills", Entity.INVOICE, wire.WireBill, "bills", 100, by_vendor=True)
CREDITS = Resource(
    "credit",
    "/v3/vendor-credits",
    Entity.INVOICE,
    wire.WireCredit,
    "vendor credits",
    50,
    "vendorCredits",
    by_vendor=True,
)
ACCOUNTS = Resource(
    "account",
    f"{CLASSIFICATIONS}/chart-of-accounts",
    Entity.GL_ACCOUNT,
    wire.WireClassification,
    "chart of accounts",
    50,
    "chartOfAccounts",
)


def _classification(kind: str, path: str, label: str, wrapper: str) -> Resource:
    url = f"{CLASSIFICATIONS}/{path}"
    return Resource(kind, url, Entity.DIMENSION, wire.WireClassification, label, 50, wrapper)


DIMENSIONS = (
    _classification("department", "departments", "departments", "departments"),
    _classification("location", "locations", "locations", "locations"),
    _classification("accounting_class", "accounting-classes", "accounting classes", "accountingClasses"),
    _classification("job", "jobs", "jobs", "jobs"),
)

PAYMENTS = Resource(
    "payment", "/v3/payments", Entity.PAYMENT, wire.WirePayment, "payments", 0, by_vendor=True, archives=False
)

RESOURCES = (VENDORS, BILLS, CREDITS, ACCOUNTS, *DIMENSIONS, PAYMENTS)
BY_KIND = {resource.kind: resource for resource in RESOURCES}
DIMENSION_LABELS = (
    ("department", "Department"),
    ("location", "Location"),
    ("accounting_class", "Class"),
    ("job", "Job"),
)


def of(entity: Entity) -> tuple[Resource, ...]:
    """The lists that together hold all records of `entity`; none for an entity BILL does not have."""
    return tuple(resource for resource in RESOURCES if resource.entity == entity)
