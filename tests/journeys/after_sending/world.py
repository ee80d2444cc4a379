"""A tenant between two stand-ins over real HTTP: one sent invoice to which things happen, on either side."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from threading import Thread
from typing import Any

import httpx
from django.test import override_settings
from django.utils import timezone

from integrations.management.serving import SimulatorServer
from integrations.models import (
    Answer,
    Checkpoint,
    Connection,
    DueFlow,
    FieldMapping,
    Flow,
    GLMapping,
    Integration,
    OutboxItem,
    ReviewItem,
)
from integrations.runner import foreground, setup
from integrations.store import answers
from integrations.systems.bill.simulator import Simulator as Bill
from integrations.systems.bill.simulator import build as build_bill
from integrations.systems.ifs.simulator import Simulator as Ifs
from integrations.systems.ifs.simulator import SimulatorConfig
from integrations.systems.ifs.simulator import seed as seed_ifs
from tenants.access import Place, places_of
from tenants.models import Role, Tenant
from tenants.scope import tenant_scope
from tests.factories import Cast, join, person

Json = dict[str, Any]
Hook = Callable[["Pair", httpx.Request], None]


@dataclass
class Pair:
    """Both sides, the tenant between them, and the one invoice that a test is about."""

    ifs: Ifs
    bill: Bill
    tenant: Tenant
    integration: Integration
    clerk: Place
    controller: Place
    untouched: list[Json]  # ordinary invoices that nothing has happened to yet
    invoice: Json = field(default_factory=dict)
    on_bill: Hook | None = None
    on_ifs: Hook | None = None
    seen: int = field(default=0)

    @property
    def key(self) -> str:
        return f"10|{self.invoice['InvoiceId']}"

    def take(self) -> None:
        """The test is about the next ordinary invoice; nobody listens any more."""
        self.on_bill = self.on_ifs = None
        self.invoice = self.untouched.pop()
        assert self.item().state == "done"

    @contextmanager
    def production(self) -> Iterator[None]:
        """As between real systems: what matters takes two people."""
        with tenant_scope(self.tenant.pk):
            Connection.objects.update(environment="production")
        yield
        with tenant_scope(self.tenant.pk):
            Connection.objects.update(environment="simulator")

    # what happens

    def sync(self, *entities: str) -> None:
        """One sync in the foreground; what BILL sees from now on counts as `writes`."""
        self.seen = max((each["seq"] for each in self.bill.ledger()), default=0)
        for report in foreground.sync(self.tenant.pk, self.integration.pk, entities):
            assert report.balanced, report
            assert not report.failed, report

    def sweep(self) -> None:
        """The invoices are read anew, as once a day."""
        with tenant_scope(self.tenant.pk):
            Checkpoint.objects.filter(flow=self.flow).update(swept_at=timezone.now() - timedelta(days=2))
        self.sync("invoice")

    def edit(self, **fields: Any) -> None:
        """Somebody changes the invoice's head in the ERP."""
        self.ifs.edit("ManSuppInvoice", self._head(), **fields)

    def edit_amount(self, more: str) -> None:
        """Its first cost row, its debt and its ledger item all grow by `more`."""
        change = Decimal(more)
        rows = self.ifs.rows("ManSuppInvoicePostings", **self._head())
        cost = next(row for row in rows if row["PostingType"] == "IP2" and not row["PrelVoucher"])
        debt = next(row for row in rows if row["PostingType"] == "IP1" and not row["PrelVoucher"])
        for row, off in ((cost, change), (debt, -change)):
            place = {name: row[name] for name in ("Company", "InvoiceId", "ItemId", "RowId")}
            self.ifs.edit("ManSuppInvoicePostings", place, CurrAmount=Decimal(row["CurrAmount"]) + off)
        for row in self._ledger():
            names = ("Company", "Identity", "LedgerItemSeriesId", "LedgerItemId", "InstallmentId")
            amounts = {name: Decimal(row[name]) + change for name in ("OriginalAmount", "OpenAmount")}
            self.ifs.edit("SupplierLedgerItem", {name: row[name] for name in names}, **amounts)
        self.edit(NetCurrAmount=Decimal(self.invoice["NetCurrAmount"]) + change)

    def pay_in_erp(self) -> None:
        """The ERP pays it, all of it."""
        for row in self._ledger():
            names = ("Company", "Identity", "LedgerItemSeriesId", "LedgerItemId", "InstallmentId")
            self.ifs.edit("SupplierLedgerItem", {name: row[name] for name in names}, OpenAmount=Decimal(0))
        self.edit(Objstate="PaidPosted", OpenAmountCurr=Decimal(0), OpenAmount=Decimal(0))

    def delete_in_erp(self) -> None:
        self.ifs.delete("ManSuppInvoice", self._head())

    def answer(self, choice: str, place: Place | None = None) -> Answer:
        """Give the open question this answer."""
        place = place or self.clerk
        with place.scope():
            item = OutboxItem.objects.get(flow=self.flow, source_key=self.key)
            problem = next(p for p in self.review().problems if any(c["key"] == choice for c in p["choices"]))
            return answers.answer(place, item, problem["code"], problem["subject"], choice, "as agreed by telephone")

    # what is there

    @property
    def flow(self) -> Flow:
        with tenant_scope(self.tenant.pk):
            found: Flow = Flow.objects.get(integration=self.integration, entity="invoice", inbound=False)
        return found

    def item(self) -> OutboxItem:
        with tenant_scope(self.tenant.pk):
            found: OutboxItem = OutboxItem.objects.select_related("source").get(flow=self.flow, source_key=self.key)
        return found

    def review(self) -> ReviewItem:
        with tenant_scope(self.tenant.pk):
            found: ReviewItem = ReviewItem.objects.get(item__source_key=self.key, status=ReviewItem.Status.OPEN)
        return found

    def held_as(self) -> tuple[str, bool]:
        """(code, urgent) of the open question."""
        found = self.review()
        return found.code, found.urgent

    def bill_row(self) -> Json:
        """The bill as BILL holds it."""
        number = self.invoice["InvoiceNo"]
        (found,) = [row for row in self.bill.dump("bills") if row["invoice"]["invoiceNumber"] == number]
        return found

    def writes(self) -> list[tuple[str, str]]:
        """(method, path) of what was written to BILL in the last sync."""
        late = self.bill.ledger(self.seen)
        return [(e["method"], e["path"]) for e in late if e["method"] != "GET" and "/v3/log" not in e["path"]]

    def _head(self) -> Json:
        return {"Company": "10", "InvoiceId": self.invoice["InvoiceId"]}

    def _ledger(self) -> list[Json]:
        return self.ifs.rows(
            "SupplierLedgerItem",
            Company="10",
            Identity=self.invoice["Identity"],
            LedgerItemId=self.invoice["InvoiceNo"],
        )


@contextmanager
def pair(cast: Cast, *, on_ifs: Hook | None = None, **policy: Any) -> Iterator[Pair]:
    """Everything of a small company sent once; `on_ifs` acts from the first sync on."""
    ifs = Ifs(config=SimulatorConfig())
    seed_ifs(ifs, 80, 3, suppliers=30, images=0)
    bill = build_bill({"duplicates": "accept"})
    hooks: dict[str, Pair] = {}
    sides = {"ifs": ifs, "bill": bill}
    servers = {name: SimulatorServer(_listening(name, side, hooks)) for name, side in sides.items()}
    for server in servers.values():
        Thread(target=server.serve_forever, daemon=True).start()
    hosts = [f"127.0.0.1:{server.port}" for server in servers.values()]
    try:
        with override_settings(EGRESS_ALLOWED_HOSTS=hosts, EGRESS_ALLOW_PRIVATE=True):
            integration = _join(cast.tenant, f"http://{hosts[0]}", f"http://{hosts[1]}", policy)
            clerk, controller = _people(cast.tenant)
            made = hooks["pair"] = Pair(ifs, bill, cast.tenant, integration, clerk, controller, list(_ordinary(ifs)))
            made.on_ifs = on_ifs
            made.sync()
            yield made
    finally:
        with tenant_scope(cast.tenant.pk):
            ids = list(Flow.objects.values_list("pk", flat=True))
        DueFlow.objects.filter(flow_id__in=ids).update(enabled=False)
        for server in servers.values():
            server.shutdown()
            server.server_close()
        ifs.close()
        bill.close()


def _listening(name: str, side: Any, hooks: dict[str, Pair]) -> Callable[[httpx.Request], httpx.Response]:
    """The stand-in, with a person who may act right after it has answered."""

    def answer(request: httpx.Request) -> httpx.Response:
        response: httpx.Response = side(request)
        made = hooks.get("pair")
        hook: Hook | None = getattr(made, f"on_{name}", None)
        if made is not None and hook is not None:
            hook(made, request)
        return response

    return answer


def _ordinary(ifs: Ifs) -> Iterator[Json]:
    """Invoices in dollars that nothing is wrong with, of cost rows alone."""
    taken = {(row["Identity"], row["LedgerItemId"]) for row in ifs.rows("ProposalItem")}
    suppliers = {row["SupplierId"] for row in ifs.rows("SupplierInfoGeneral") if row["SupplierId"] > "S1015"}
    for row in ifs.rows("ManSuppInvoice", Company="10"):
        clean = row["Objstate"] == "PostedAuth" and row["InvoiceType"] == "SI" and row["DueDate"]
        flags = {row[name] for name in ("Cash", "AdvInv", "MultiCompanyInvoice", "Collect", "GrossUp")}
        postings = ifs.rows("ManSuppInvoicePostings", Company="10", InvoiceId=row["InvoiceId"])
        plain = {each["PostingType"] for each in postings} == {"IP1", "IP2"} and len(postings) < 10
        open_here = flags == {"FALSE"} and not row["BlockedForPayment"] and str(row["VoucherDateRef"] or "") > "2026"
        rows = ifs.rows("SupplierLedgerItem", Company="10", LedgerItemId=row["InvoiceNo"])
        amount = sum(Decimal(each["OriginalAmount"]) for each in rows)
        owed = amount > 0 and amount == Decimal(row["NetCurrAmount"]) and len(rows) == 1
        mine = row["Identity"] in suppliers and (row["Identity"], row["InvoiceNo"]) not in taken
        if clean and plain and open_here and owed and mine and "-" not in str(row["CreditForInvoiceNo"] or ""):
            yield dict(row)


def _people(tenant: Tenant) -> tuple[Place, Place]:
    found = []
    for role in (Role.CLERK, Role.CONTROLLER):
        user = person()
        join(user, tenant, role)
        found.append(places_of(user)[0])
    return found[0], found[1]


def _join(tenant: Tenant, ifs_url: str, bill_url: str, policy: Json) -> Integration:
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
        made = setup.join("Pair", erp, ap, "10")
        made.policy = {"match_by_number": True, "rounding_account": "8030", **policy}
        made.save()
        for part, kind in {"B": "department", "C": "", "D": "accounting_class"}.items():
            FieldMapping.objects.create(integration=made, source=f"dimensions.{part}", target=kind)
        for code in ("ST825", "ST6", "GST5"):
            GLMapping.objects.create(integration=made, table="tax_code", source=code, target="1260")
    return made
