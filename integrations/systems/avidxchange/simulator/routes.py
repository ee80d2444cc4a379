"""Every address, by the key of its operation."""

import re
from dataclasses import dataclass

from integrations.systems.avidxchange.simulator import invoices, masters, payments, writing
from integrations.systems.avidxchange.simulator.call import Handler

_ACCT = "/v1/accountingSystems/{acct}"
_PATHS: tuple[tuple[str, str, str, Handler], ...] = (
    ("ping", "GET", "/v1/accountingSystems", masters.accounting_systems),
    ("vendors.upsert", "POST", f"{_ACCT}/vendors", masters.upsert_vendors),
    ("vendors.list", "GET", f"{_ACCT}/vendors", masters.vendors),
    ("codes.upsert", "POST", f"{_ACCT}/enterpriseCodes", masters.upsert_codes),
    ("purchase_orders.upsert", "POST", f"{_ACCT}/purchaseOrders", masters.upsert_orders),
    ("receipts.upsert", "POST", f"{_ACCT}/materialReceipts", masters.upsert_receipts),
    ("jobs.get", "GET", "/v1/jobs/{job}", writing.job),
    ("invoices.list", "GET", f"{_ACCT}/invoices", invoices.invoices),
    ("invoices.ack", "POST", f"{_ACCT}/invoices/exportHistories", invoices.acknowledge),
    ("invoices.get", "GET", f"{_ACCT}/invoices/{{invoice}}", invoices.invoice),
    ("invoices.image", "GET", "/v1/invoices/{invoice}/image", invoices.image),
    ("invoice_batches.closed", "GET", "/v1/invoices/batches/closed/acctgSysId/{acct}", invoices.closed_batches),
    ("invoice_batches.ack", "POST", "/v1/invoices/batches/exportHistories", invoices.acknowledge_batch),
    ("invoice_batches.get", "GET", "/v1/invoices/batches/{batch}", invoices.batch),
    ("invoice_batches.invoices", "GET", "/v1/invoices/batches/{batch}/invoices", invoices.batch_invoices),
    ("payments.list", "GET", "/v1/payments", payments.payments),
    ("payments.history", "GET", "/v1/payments/{payment}/paymenthistory", payments.history),
    ("payments.check_image", "GET", "/v1/payments/{payment}/getclearedcheckimage", payments.check_image),
)


@dataclass(frozen=True)
class Route:
    """One operation."""

    operation: str
    method: str
    pattern: re.Pattern[str]
    handler: Handler


ROUTES = tuple(
    Route(operation, method, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), handler)
    for operation, method, path, handler in _PATHS
)


def find(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The operation of an address and the path's parameters; None for an unknown one."""
    for route in ROUTES:
        match = route.pattern.fullmatch(path) if route.method == method else None
        if match:
            return route, match.groupdict()
    return None
