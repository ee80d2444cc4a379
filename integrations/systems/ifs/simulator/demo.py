"""Seeded demo data: a US manufacturer with every awkward truth of accounts payable, at any size."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice
from random import Random
from typing import Any

from integrations.systems.ifs.simulator import demo_drafts
from integrations.systems.ifs.simulator.demo_cases import CASES, LEAST, REPEATS, SUPPLIER_KIND, Case, cost
from integrations.systems.ifs.simulator.demo_drafts import Draft
from integrations.systems.ifs.simulator.demo_masters import COMPANY, masters
from integrations.systems.ifs.simulator.demo_orders import demo_orders
from integrations.systems.ifs.simulator.demo_suppliers import Supplier, roster, supplier_rows
from integrations.systems.ifs.simulator.simulator import Simulator
from integrations.systems.ifs.simulator.store import Store, day

Row = dict[str, Any]
FIRST_ID = 10_001
CHUNK = 1000
_PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"
_PROPOSALS = {501: "Preliminary", 502: "Ordered", 503: "Cancelled", 504: "Acknowledged"}
_FORMATS = ("INV-{id}", "INV-{id}", "INV-{id}", "{year}/{id}", "{id}", "000{id}", "FA{year}-{id}")


@dataclass
class SeedReport:
    """Which invoice is which case: InvoiceIds by case name; rows: how many per entity."""

    cases: dict[str, list[int]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)

    def count(self, entity: str, rows: int) -> None:
        self.rows[entity] = self.rows.get(entity, 0) + rows


def seed(sim: Simulator, invoices: int = 300, seed: int = 1, suppliers: int = 60, images: int = 30) -> SeedReport:
    """Fill an empty simulator. The same arguments on the same day give the same data.

    Every case comes at least once, the rest by its share; `invoices` below the number of cases is refused.
    """
    least = len(CASES) + sum(LEAST.values()) - len(LEAST)
    if invoices < least:
        raise ValueError(f"at least {least} invoices are needed to show every case")
    chance = Random(seed)
    today = day(sim.clock())
    report = SeedReport()
    people = roster(suppliers, chance)
    with sim.store.transaction():
        alone = demo_orders(people, today, Random(seed))
        for entity, rows in (*masters(today), *supplier_rows(people, today, chance), *alone):
            report.count(entity, sim.store.insert_many(entity, rows))
        drafts = _drafts(invoices, people, today, chance, report)
        while chunk := list(islice(drafts, CHUNK)):
            insert(sim.store, chunk, today, report)
        propose(sim.store, report, today)
        _documents(sim.store, report, images)
    return report


def _drafts(count: int, people: list[Supplier], today: date, chance: Random, report: SeedReport) -> Iterator[Draft]:
    ordinary = [each for each in people if each.kind in ("", "two_addresses", "document_address")]
    special = {each.kind: each for each in people}
    mexican = [each for each in people if each.currency == "MXN"]
    last: Draft | None = None
    for position, name in enumerate(plan(CASES, count, chance)):
        if name in REPEATS and last is not None:
            supplier = last.supplier
        elif name in SUPPLIER_KIND:
            supplier = special[SUPPLIER_KIND[name]]
        else:
            supplier = chance.choice(mexican if name == "other_company" else ordinary)
        draft = plain(FIRST_ID + position, supplier, today, chance)
        draft.earlier = last.number if last is not None else ""
        CASES[name][1](draft, chance)
        report.cases.setdefault(name, []).append(draft.id)
        last = draft if name == "ordinary" else last
        yield draft


def plan(cases: Mapping[str, tuple[int, Case]], count: int, chance: Random) -> list[str]:
    """Case names: each once, then by share, shuffled, an ordinary one first."""
    names = [name for name in cases for _ in range(LEAST.get(name, 1))]
    shares = [share for share, _ in cases.values()]
    found = names + chance.choices(list(cases), shares, k=count - len(names))
    chance.shuffle(found)
    first = found.index("ordinary")
    found[0], found[first] = found[first], found[0]
    return found


def plain(number: int, supplier: Supplier, today: date, chance: Random) -> Draft:
    """An ordinary invoice of the last quarter."""
    voucher = today - timedelta(days=chance.randint(0, 90))
    invoiced = voucher - timedelta(days=chance.randint(0, 12))
    text = chance.choice(_FORMATS).format(id=number, year=invoiced.year)
    lines = [cost(chance, item) for item in range(1, chance.choice((1, 1, 2, 2, 3, 4)) + 1)]
    due = invoiced + timedelta(days={"0": 0, "45": 45}.get(supplier.term, 30))
    return Draft(number, text, supplier, invoiced, voucher, due, lines)


def insert(store: Store, drafts: list[Draft], today: date, report: SeedReport) -> None:
    """Store drafts with everything that hangs under them."""

    def add(entity: str, rows: Iterable[Row]) -> None:
        report.count(entity, store.insert_many(entity, rows))

    add("ManSuppInvoice", (demo_drafts.head(draft, today) for draft in drafts))
    add("ManSuppInvoiceItem", (row for draft in drafts for row in demo_drafts.items(draft)))
    add("ManSuppInvoicePostings", (row for draft in drafts for row in demo_drafts.postings(draft)))
    add("SupplierLedgerItem", (row for draft in drafts for row in demo_drafts.ledger_items(draft)))
    add("PurchaseOrder", (row for draft in drafts for row in draft.orders))
    add("PurchaseOrderLine", (row for draft in drafts for row in draft.order_lines))
    add("PurchaseReceipt", (row for draft in drafts for row in draft.receipts))


def propose(store: Store, report: SeedReport, today: date) -> None:
    """The `proposed` invoices, spread over one payment proposal of each state."""
    heads = [
        {
            "Company": COMPANY,
            "ProposalId": number,
            "ProposalDate": today,
            "Description": f"Pay run {number}",
            "Objstate": state,
        }
        for number, state in _PROPOSALS.items()
    ]
    report.count("PaymentProposal", store.insert_many("PaymentProposal", heads))
    numbers = list(_PROPOSALS)
    rows = []
    for position, invoice_id in enumerate(report.cases["proposed"]):
        invoice = store.find("ManSuppInvoice", Company=COMPANY, InvoiceId=invoice_id)[0]
        rows.append(
            {
                "Company": COMPANY,
                "ProposalId": numbers[position % len(numbers)],
                "LedgerItemSeriesId": invoice["SeriesId"],
                "LedgerItemId": invoice["InvoiceNo"],
                "Identity": invoice["Identity"],
                "Currency": invoice["Currency"],
                "CurrAmount": invoice["OpenAmountCurr"],
                "PlannedPayDate": today + timedelta(days=3),
            }
        )
    report.count("ProposalItem", store.insert_many("ProposalItem", rows))


def _documents(store: Store, report: SeedReport, images: int) -> None:
    """Invoice images of the first ordinary invoices."""
    for invoice_id in report.cases["ordinary"][:images]:
        row = {
            "Company": COMPANY,
            "InvoiceId": invoice_id,
            "DocNo": f"D{invoice_id}",
            "FileName": f"invoice-{invoice_id}.pdf",
            "ContentType": "application/pdf",
            "Size": len(_PDF),
        }
        stored = store.insert("InvoiceDocument", row)
        store.write_media("InvoiceDocument", stored, _PDF)
        report.count("InvoiceDocument", 1)
