"""Made-up books of any size: clean and awkward invoices and payments for codes that an ERP uses."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from integrations.systems.avidxchange.simulator import invoice_cases, payment_cases
from integrations.systems.avidxchange.simulator.invoice_cases import PAYABLE, Codes, Draft, Order
from integrations.systems.avidxchange.simulator.payment_cases import Desk, Item
from integrations.systems.avidxchange.simulator.simulator import Simulator

BATCH = 50
Row = dict[str, Any]


def seeded(
    sim: Simulator,
    invoices: int = 1500,
    payments: int = 1200,
    seed: int = 1,
    companies: Sequence[str] = ("10",),
    vendors: Sequence[str] | Mapping[str, str] = (),
    accounts: Sequence[str] = (),
    dimensions: Mapping[str, Sequence[str]] | None = None,
    orders: Sequence[Order] = (),
    acct: str = "",
) -> list[Row]:
    """Make invoices and payments of every kind; every kind at least once, the rest by its share.

    vendors: codes, or names by code; dimensions: values by group name; orders: (number, vendor, line numbers).
    Returns {"kind", "id", "case"} of each. The same arguments on the same day give the same books. A payment run that
    ends with a reissue, or with nothing left to pay, makes one payment more or fewer. ValueError when there are fewer
    invoices or payments than kinds, or no vendor or account.
    """
    if invoices < len(invoice_cases.CASES) or 0 < payments < len(payment_cases.CASES):
        raise ValueError("too few invoices or payments to show every kind")
    if not vendors or not accounts:
        raise ValueError("vendors and accounts are needed")
    names = dict(vendors) if isinstance(vendors, Mapping) else {code: f"Vendor {code}" for code in vendors}
    codes = Codes(names, accounts, dimensions or {}, companies, orders)
    chance = Random(seed)
    with sim.lock, sim.rows.transaction():
        found = list(_invoices(sim, invoices, codes, chance, acct))
        _close(sim, found, acct)
        return found + list(_payments(sim, payments, found, chance))


def _plan(cases: Mapping[str, tuple[int, Any]], count: int, chance: Random) -> list[str]:
    """Case names: each once, the rest by share, an ordinary one first."""
    names = [*cases, *chance.choices(list(cases), [share for share, _ in cases.values()], k=count - len(cases))]
    first, *rest = names
    chance.shuffle(rest)
    return [first, *rest]


def _invoices(sim: Simulator, count: int, codes: Codes, chance: Random, acct: str) -> Iterator[Row]:
    today = date.fromisoformat(sim.rows.now()[:10])
    known, twin = list(codes.vendors), None
    for name in _plan(invoice_cases.CASES, count, chance):
        number = f"INV-{sim.rows.next_id('invoices')}"
        day = today - timedelta(days=chance.randint(0, 20))
        draft = Draft(chance.choice(known), number, day, [codes.line(chance)], codes, twin)
        draft.fields["CompanyExternalCode"] = chance.choice(codes.companies)
        invoice_cases.CASES[name][1](draft, chance)
        twin = draft if name == "ordinary" else twin
        yield {"kind": "invoices", "id": _capture(sim, draft, acct), "case": name}


def _capture(sim: Simulator, draft: Draft, acct: str) -> int:
    code = draft.vendor.partition("|")[0]
    buyer = {"VendorName": draft.codes.vendors.get(code, "Nobody & Sons"), "VendorExternalSystemID": draft.vendor}
    invoice = sim.create_invoice(
        draft.vendor, draft.number, lines=draft.lines, status=draft.status, day=draft.day.isoformat(), acct=acct,
        BuyerVendor=buyer, **draft.fields,
    )  # fmt: skip
    if draft.later:
        sim.edit_invoice(invoice, Status=draft.later)
    return invoice


def _close(sim: Simulator, found: Sequence[Row], acct: str) -> None:
    """Approved invoices are in closed batches too, for a customer that reads those."""
    approved = [row["id"] for row in found if sim.get("invoices", row["id"])["Status"] == "Approved"]
    for start in range(0, len(approved), BATCH):
        sim.close_batch(f"Batch {start // BATCH + 1}", approved[start : start + BATCH], acct)


def _payments(sim: Simulator, count: int, found: Sequence[Row], chance: Random) -> Iterator[Row]:
    def items(*cases: str) -> list[Item]:
        return [Item.of(sim.get("invoices", row["id"])) for row in found if row["case"] in cases]

    desk = Desk(sim, items(*PAYABLE), items("credit"), items("in_workflow"), chance)
    names = _plan(payment_cases.CASES, count, chance) if count else []
    for position, name in enumerate(names, 1):
        for payment in payment_cases.make(desk, name, count - position):
            yield {"kind": "payments", "id": payment, "case": name}
