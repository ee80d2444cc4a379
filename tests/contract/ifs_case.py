"""IFS Cloud for the contract suite: the demo company, read in small pages."""

from datetime import date
from decimal import Decimal
from typing import Any

from integrations.engine.drafts import (
    BookedInvoiceDraft,
    BookedLine,
    Draft,
    Making,
    SupplierDraft,
    VoucherDraft,
    VoucherRow,
)
from integrations.engine.ports import Scope
from integrations.engine.records import Address, Entity
from integrations.systems.ifs import SYSTEM
from integrations.systems.ifs.simulator import Fault, Simulator, SimulatorConfig, seed
from tests.contract.wiring import Clock, Wire, kit

_SETS = {
    Entity.VENDOR: "SupplierInfoGeneralSet",
    Entity.GL_ACCOUNT: "AccountSet",
    Entity.DIMENSION: "CodeBSet",
    Entity.TAX_CODE: "StatutoryFeeSet",
    Entity.PAYMENT_TERM: "PaymentTermSet",
    Entity.ACCOUNTING_PERIOD: "AccountingPeriodSet",
    Entity.PURCHASE_ORDER: "PurchaseOrderSet",
    Entity.INVOICE: "ManSuppInvoiceSet",
    Entity.INVOICE_IMAGE: "InvoiceDocumentSet",
    Entity.PAYMENT: "VoucherSet",
}


class Case:
    """See tests.contract.case. Invoices come in by hand's way, which makes them with the first request."""

    wrong_secret = {"client_secret": "wrong-secret"}
    several_pages = frozenset(
        {Entity.VENDOR, Entity.GL_ACCOUNT, Entity.DIMENSION, Entity.INVOICE}
        | {Entity.ACCOUNTING_PERIOD, Entity.PURCHASE_ORDER}
    )
    versioned = frozenset({Entity.INVOICE, Entity.PAYMENT})
    scope = Scope(company="10")

    def __init__(self) -> None:
        self.clock = Clock()
        self.sim = Simulator(config=SimulatorConfig(), clock=self.clock)
        seed(self.sim, invoices=120, suppliers=30)
        self.wire = Wire(self.sim)
        self.kit = kit(self.clock, self.wire)
        self._settings = {
            "base_url": "https://t1.ifs.test",
            "realm": "demo",
            "client_id": "ml-connector",
            "client_secret": "demo-secret",
            "page_size": "20",
        }
        self.secrets = ("demo-secret",)

    def connect(self, **settings: str) -> Any:
        return SYSTEM.connect(self._settings | settings, self.kit)

    def expire(self) -> None:
        self.sim.expire_tokens()

    def truth(self, entity: Entity) -> dict[str, tuple[Any, ...]]:
        if entity is Entity.VENDOR:
            rows = self.sim.rows("SupplierInfoGeneral")
            return {row["SupplierId"]: (row["SupplierId"], row["Name"]) for row in rows}
        if entity is Entity.GL_ACCOUNT:
            rows = self.sim.rows("Account", Company="10")
            return {f"10|{row['Account']}": (row["Account"], row["Description"]) for row in rows}
        if entity is Entity.TAX_CODE:
            rows = self.sim.rows("TaxCode", Company="10")
            return {f"10|{row['FeeCode']}": (row["FeeCode"], row["Description"]) for row in rows}
        if entity is Entity.PAYMENT_TERM:
            rows = self.sim.rows("PaymentTerm", Company="10")
            return {f"10|{row['PayTermId']}": (row["PayTermId"], row["Description"]) for row in rows}
        if entity is Entity.ACCOUNTING_PERIOD:
            rows = self.sim.rows("AccountingPeriod", Company="10")
            periods = [(row["AccountingYear"], row["AccountingPeriod"], row["Objstate"] == "Open") for row in rows]
            return {f"10|{year}|{period}": (year, period, is_open) for year, period, is_open in periods}
        if entity is Entity.PURCHASE_ORDER:
            rows = self.sim.rows("PurchaseOrder", Company="10")
            return {f"10|{row['OrderNo']}": (row["OrderNo"], row["VendorNo"], row["CurrencyCode"]) for row in rows}
        if entity is Entity.INVOICE:
            rows = self.sim.rows("ManSuppInvoice", Company="10")
            return {f"10|{r['InvoiceId']}": (r["InvoiceNo"], r["Currency"], Decimal(r["NetCurrAmount"])) for r in rows}
        if entity is Entity.INVOICE_IMAGE:
            rows = self.sim.rows("InvoiceDocument", Company="10")
            return {
                f"10|{row['InvoiceId']}|{row['DocNo']}": (f"10|{row['InvoiceId']}", row["FileName"], row["Size"])
                for row in rows
            }
        if entity is Entity.PAYMENT:
            rows = self.sim.rows("Voucher", Company="10")
            keys = [f"10|{row['VoucherType']}|{row['AccountingYear']}|{row['VoucherNo']}" for row in rows]
            return {key: (row["VoucherDate"], row["VoucherText"]) for key, row in zip(keys, rows, strict=True)}
        return {
            f"10|{part}|{row[f'Code{part}']}": (row[f"Code{part}"], row["Description"])
            for part in "BCD"
            for row in self.sim.rows(f"Code{part}", Company="10")
        }

    def change(self, entity: Entity, key: str = "") -> str:
        self.clock.forward(3600)
        key = key or next(iter(self.truth(entity)))
        parts = key.split("|")
        if entity is Entity.INVOICE:
            self.sim.edit("ManSuppInvoice", ("10", int(parts[1])), NetCurrAmount=Decimal("77.77"))
        elif entity is Entity.PAYMENT:
            self.sim.edit("Voucher", ("10", parts[1], int(parts[2]), int(parts[3])), VoucherText="Renamed")
        elif entity is Entity.INVOICE_IMAGE:
            self.sim.edit("InvoiceDocument", ("10", int(parts[1]), parts[2]), FileName="renamed.pdf")
        elif entity is Entity.VENDOR:
            self.sim.edit("SupplierInfoGeneral", (key,), Name="Renamed")
        elif entity is Entity.ACCOUNTING_PERIOD:
            self.sim.edit("AccountingPeriod", ("10", int(parts[1]), int(parts[2])), Objstate="Reopened")
        elif entity is Entity.PURCHASE_ORDER:
            self.sim.edit("PurchaseOrder", (parts[1],), CurrencyCode="CHF")
        else:
            tables = {Entity.GL_ACCOUNT: "Account", Entity.TAX_CODE: "TaxCode", Entity.PAYMENT_TERM: "PaymentTerm"}
            table = tables.get(entity, f"Code{parts[1]}")
            self.sim.edit(table, ("10", parts[-1]), Description="Renamed")
        return key

    def fault(self, entity: Entity, kind: str, *, writing: bool = False, **params: Any) -> None:
        done = {"processed": True} if writing and kind == "bad_json" else {}
        method = "POST" if writing else ""
        self.sim.faults.add(Fault(kind, f"/{_SETS[entity]}", method, times=None, **done, **params))

    def mend(self) -> None:
        self.sim.faults.clear()

    def drafts(self, entity: Entity) -> list[Making]:
        if entity is Entity.PAYMENT:
            return [_voucher("AVID-1"), _voucher("AVID-11")]
        if entity is Entity.VENDOR:
            return [_supplier("0091"), _supplier("00911")]
        return [_invoice("New-1"), _invoice("New-2")]

    def refused(self, entity: Entity) -> Draft:
        if entity is Entity.VENDOR:
            return _supplier("0092", "Atlantis")
        return _voucher("AVID-2", "NONE") if entity is Entity.PAYMENT else _invoice("New-3", "NOBODY")

    def stored(self, entity: Entity) -> int:
        return len(self.truth(entity))


def _supplier(external_id: str, country: str = "US") -> SupplierDraft:
    address = Address(key="", line1="1 Mill Road", city="Austin", postal_code="78701", country=country)
    return SupplierDraft(
        company="10", name="Nordic Bolts", currency="USD", address=address, external_id=external_id, country=country
    )


def _invoice(number: str, vendor: str = "00123") -> BookedInvoiceDraft:
    net = Decimal("100.00")
    return BookedInvoiceDraft(
        company="10",
        vendor=vendor,
        series="SI",
        number=number,
        invoice_date=date(2026, 11, 2),
        due_date=date(2026, 12, 2),
        currency="USD",
        net=net,
        tax=Decimal("0.00"),
        external_id=f"id of {number}",
        lines=(BookedLine(net=net, account="6000", dimensions={"B": "100"}),),
        route="manual",
    )


def _voucher(external_id: str, voucher_type: str = "M") -> VoucherDraft:
    amount = Decimal("10.00")
    rows = tuple(
        VoucherRow(account="1040", amount=each, domestic=each, currency="USD", rate=Decimal(1), text=external_id)
        for each in (amount, -amount)
    )
    return VoucherDraft(
        company="10",
        voucher_type=voucher_type,
        dated=date(2026, 11, 20),
        text=f"{external_id} check",
        external_id=external_id,
        rows=rows,
        amount=amount,
        currency="USD",
    )
