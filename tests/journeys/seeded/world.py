"""One tenant between two stand-ins with seeded books, synced by the command, as a process, twice."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID

from django.utils import timezone

from integrations.management.serving import SimulatorServer
from integrations.models import FieldMapping, GLMapping, Integration, OutboxItem, RecordLink, ReviewItem
from integrations.runner import setup
from integrations.systems.bill.simulator import Simulator as Bill
from integrations.systems.bill.simulator import build as build_bill
from integrations.systems.ifs.simulator import Simulator as Ifs
from integrations.systems.ifs.simulator import SimulatorConfig, seed_awkward
from tenants.models import Tenant, User
from tenants.scope import tenant_scope
from tenants.signup import FIRST_PERSON, make_tenant
from tests.journeys.rehearsal import manage
from tests.journeys.seeded.expectation import Books, Choices, Outcome, outcomes

ENTITIES = (
    *("ManSuppInvoice", "ManSuppInvoiceItem", "ManSuppInvoicePostings", "SupplierLedgerItem", "SupplierInfoGeneral"),
    *("SupplierInvoiceCompany", "SupplierPayment", "SupplierInfoAddress", "SupplierInfoAddressType"),
    *("PaymentProposal", "ProposalItem", "PurchaseOrder"),
)
TAXES = {"ST825": "1260", "ST6": "1260", "GST5": "1260"}
PARTS = {"B": "department", "C": "", "D": "accounting_class"}
ROUNDING = "8030"
ASKED_ONCE = {"invoice_type", "one_time_supplier"}  # one review item for all; the others wait for its answer
NAME = "Seeded"
Json = dict[str, Any]


@dataclass
class Seeded:
    """Both stand-ins, the tenant, and what the two syncs said and left behind."""

    ifs: Ifs
    bill: Bill
    tenant: Tenant
    wanted: dict[str, Outcome]
    egress: dict[str, str]
    said: list[Json] = field(default_factory=list)
    late: list[Json] = field(default_factory=list)  # requests that BILL saw in the second sync

    def sync(self, folder: Path) -> None:
        """`manage.py sync` once, its JSON kept. It exits with 0 only when balanced and nothing failed."""
        log = folder / f"sync{len(self.said)}.txt"
        printed, _ = manage(log, "sync", NAME, "--tenant", self.tenant.slug, "--json", **self.egress)
        self.said.append(json.loads(printed.splitlines()[-1]))

    def found(self) -> dict[str, Outcome]:
        """The outcome of every invoice: documents as BILL holds them, reasons as our rows give them."""
        documents = dict(self._documents())
        with tenant_scope(UUID(str(self.tenant.pk))):
            codes = _codes()
            links = dict(RecordLink.objects.filter(entity="invoice").values_list("source_key", "target_id"))
            made = set(
                RecordLink.objects.filter(entity="invoice", made_by="created").values_list("source_key", flat=True)
            )
            items = list(
                OutboxItem.objects.filter(flow__entity="invoice").values_list("pk", "source_key", "state", "reason")
            )
        found = {}
        for item, key, state, reason in items:
            if state == "done":
                document = documents.get(links.get(key, ""), Outcome("nowhere"))
                found[key] = document if key in made else Outcome("linked")
            else:
                held = state == "held" or reason in ASKED_ONCE
                found[key] = Outcome("held" if held else state, codes.get(item, (reason,)))
        return found

    def documents(self) -> list[Outcome]:
        """Every bill and credit of suppliers that BILL holds."""
        return [document for _, document in self._documents()]

    def _documents(self) -> Iterator[tuple[str, Outcome]]:
        supplier = {row["id"]: row.get("shortName", "") for row in self.bill.dump("vendors")}
        account = {row["id"]: row["account"]["number"] for row in self.bill.dump("chart-of-accounts")}
        names = {"departmentId": "department", "accountingClassId": "accounting_class", "locationId": "location"}
        values = {
            row["id"]: row["shortName"] for kind in ("departments", "accounting-classes", "locations")
            for row in self.bill.dump(kind)
        }  # fmt: skip
        for kind in ("bills", "vendor-credits"):
            for row in self.bill.dump(kind):
                lines = []
                for line in row.get("billLineItems") or row.get("vendorCreditLineItems") or ():
                    codes = line.get("classifications", {})
                    used = sorted((ours, values[codes[theirs]]) for theirs, ours in names.items() if theirs in codes)
                    number = account.get(codes.get("chartOfAccountId", ""), "")
                    lines.append((number, tuple(used), Decimal(str(line["amount"]))))
                yield row["id"], _document(row, supplier[row["vendorId"]], tuple(sorted(lines)))


def _document(row: Json, supplier: str, lines: tuple[Any, ...]) -> Outcome:
    credit = "referenceNumber" in row
    return Outcome(
        "credit" if credit else "bill",
        (),
        supplier,
        str(row["referenceNumber"] if credit else row["invoice"]["invoiceNumber"]),
        str(row["creditDate"] if credit else row["invoice"]["invoiceDate"]),
        "" if credit else str(row["dueDate"]),
        Decimal(str(row["amount"])),
        lines,
    )


def _codes() -> dict[int, tuple[str, ...]]:
    open_items = ReviewItem.objects.filter(status=ReviewItem.Status.OPEN, item__flow__entity="invoice")
    return {row.item_id: tuple(sorted({problem["code"] for problem in row.problems})) for row in open_items}


@contextmanager
def seeded(invoices: int, seed: int) -> Iterator[Seeded]:
    """Books of `invoices` supplier invoices of every kind, hand-entered bills beside them, nothing synced yet."""
    ifs = Ifs(config=SimulatorConfig(requests_per_window=1000))
    report = seed_awkward(ifs, invoices, seed)
    bill = build_bill({"duplicates": "accept"})
    _by_hand(ifs, bill, set(report.cases["ordinary"]))
    servers = [SimulatorServer(each) for each in (ifs, bill)]
    for server in servers:
        Thread(target=server.serve_forever, daemon=True).start()
    start = timezone.now().date() - timedelta(days=365)
    choices = Choices("10", start, ROUNDING, TAXES, PARTS)
    try:
        hosts = [f"127.0.0.1:{server.port}" for server in servers]
        tenant = _tenant(f"http://{hosts[0]}", f"http://{hosts[1]}", start)
        egress = {"EGRESS_ALLOW_PRIVATE": "1", "EGRESS_ALLOWED_HOSTS": ",".join(hosts)}
        yield Seeded(ifs, bill, tenant, outcomes(_books(ifs, bill), choices), egress)
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
        ifs.close()
        bill.close()


def _by_hand(ifs: Ifs, bill: Bill, clean: set[int]) -> None:
    """What a clerk typed into BILL before: the very same bill, one under another spelling, one of another number.

    All of invoices that nothing else is the matter with (`clean`).
    """
    account = next(row["id"] for row in bill.dump("chart-of-accounts") if row["account"]["number"] == "5000")
    ordinary = [
        row
        for row in ifs.rows("ManSuppInvoice", Company="10")
        if row["InvoiceId"] in clean and row["Currency"] == "USD"
    ]
    whole = {row["SupplierId"] for row in ifs.rows("SupplierInfoAddress") if row["City"] and row["ZipCode"]}
    by_supplier: dict[str, list[Any]] = defaultdict(list)
    for row in ordinary:
        if row["Identity"] in whole:  # else its vendor is held, whatever stands in BILL
            by_supplier[row["Identity"]].append(row)
    (first, mine), (second, theirs) = sorted(by_supplier.items(), key=lambda each: -len(each[1]))[:2]
    names = {row["SupplierId"]: row["Name"] for row in ifs.rows("SupplierInfoGeneral")}
    vendors = {
        key: bill.create_vendor_by_hand(names[key], shortName=key, billCurrency="USD") for key in (first, second)
    }
    spellings: list[tuple[Any, Callable[[str], str]]] = [
        *[(row, str) for row in mine[:1] + mine[2:9]],  # several: not each of them is one that would be sent
        (mine[1], _other_spelling),
        (theirs[0], lambda number: f"OTHER-{number}"),
    ]
    for row, spell in spellings:
        total = sum(Decimal(each["OriginalAmount"]) for each in _ledger(ifs, row))
        if total > 0:
            bill.create_bill_by_hand(
                vendors[row["Identity"]], spell(row["InvoiceNo"]), str(total),
                invoice_date=str(row["InvoiceDate"]), account_id=account,
            )  # fmt: skip


def _other_spelling(number: str) -> str:
    return f"00{number}".replace("-", " ").lower()


def _ledger(ifs: Ifs, row: Mapping[str, Any]) -> list[Any]:
    return ifs.rows("SupplierLedgerItem", Company="10", Identity=row["Identity"], LedgerItemId=row["InvoiceNo"])


def _books(ifs: Ifs, bill: Bill) -> Books:
    kinds = {"department": "departments", "accounting_class": "accounting-classes"}
    return Books(
        ifs={entity: ifs.rows(entity) for entity in ENTITIES},
        accounts={row["account"]["number"] for row in bill.dump("chart-of-accounts")},
        values={ours: {row["shortName"] for row in bill.dump(theirs)} for ours, theirs in kinds.items()},
        vendors=bill.dump("vendors"),
        bills=bill.dump("bills"),
    )


def _tenant(ifs_url: str, bill_url: str, start: Any) -> Tenant:
    user = User.objects.create_user(f"seeded-{timezone.now().timestamp()}@example.test")
    tenant = make_tenant(user, NAME, "UTC", FIRST_PERSON)
    erp_values = {"base_url": ifs_url, "realm": "demo", "client_id": "ml-connector", "client_secret": "demo-secret"}
    ap_values = {
        "environment": "own",
        "base_url": bill_url,
        "organization_id": "00802DEMOORGANIZA001",
        "dev_key": "demo-dev-key",
        "credential_kind": "sync_token",
        "username": "ml-connector",
        "password": "demo-token",
        "search_lag": "1",
    }
    with tenant_scope(tenant.pk):
        erp = setup.add_connection("ERP", "ifs", erp_values, by="test")
        ap = setup.add_connection("AP", "bill", ap_values, by="test")
        made: Integration = setup.join(NAME, erp, ap, "10", start_date=start)
        made.policy = {"match_by_number": True, "rounding_account": ROUNDING}
        made.save()
        for part, kind in PARTS.items():
            FieldMapping.objects.create(integration=made, source=f"dimensions.{part}", target=kind)
        for code, target in TAXES.items():
            GLMapping.objects.create(integration=made, table="tax_code", source=code, target=target)
    return tenant
