"""What AvidXchange has captured and paid, and what must stand in the books because of it: made by code of no engine.

IFS knows the suppliers, accounts and cost centers. Clean invoices and payments are eligible; two kinds of poison are
not: an account that IFS does not have, and a payment whose amount is not what its invoices were paid.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from integrations.systems.avidxchange.simulator import ACCOUNTS, Line
from integrations.systems.avidxchange.simulator import build as build_avidxchange
from integrations.systems.avidxchange.simulator.control import act
from integrations.systems.avidxchange.simulator.simulator import Simulator as AvidXchange
from integrations.systems.ifs.simulator import Simulator as Ifs
from integrations.systems.ifs.simulator import seed_masters
from tests.journeys.chaos.judge import Document

SETTLEMENT, CASH, UNKNOWN_ACCOUNT = "2410", "1150", "44999"
GROUP = "Cost center"
_EVERY = 100  # of so many records one is poison, two at least
Act = dict[str, Any]


@dataclass(frozen=True)
class Captured:
    """Both files, what must arrive, what must not, and the acts that release the rest one by one."""

    ifs: Path
    avidxchange: Path
    wanted: Counter[Document]
    invoices: int
    payments: int
    poison: dict[str, int]
    withheld: list[Act]


def capture(folder: Path, invoices: int, payments: int, seed: int, released: int | None = None) -> Captured:
    """Fill both. An act pays only what an earlier one has approved; the first `released` (None: all) are done here."""
    files = folder / "ifs.sqlite3", folder / "avidxchange.sqlite3"
    chance = Random(seed)
    ifs = Ifs(str(files[0]))
    desk = _Desk(build_avidxchange({"data": str(files[1]), "demo": False}), _Codes.of(ifs, seed), chance)
    made = [desk.invoice(place, is_poison=place % _EVERY == 1) for place in range(1, invoices + 1)]
    paid = list(desk.payments(payments))
    acts = [{"act": "approve_invoice", "invoice": each} for each in made]
    for place, (number, last) in enumerate(paid):
        acts.insert(min(len(acts), made.index(last) + place + 1 + invoices // 4), {"act": "issue", "payment": number})
    for order in acts[:released]:
        act(desk.sim, order)
    for each in (ifs, desk.sim):
        each.close()
    withheld = [] if released is None else acts[released:]
    return Captured(*files, desk.wanted, invoices, payments, dict(desk.poison), withheld)


@dataclass(frozen=True)
class _Codes:
    """What invoices are coded with."""

    suppliers: Sequence[str]
    accounts: Sequence[str]
    centers: Sequence[str]

    @staticmethod
    def of(ifs: Ifs, seed: int) -> "_Codes":
        """Masters of an empty IFS, those that nothing is to be said against."""
        cases = seed_masters(ifs, 60, 80, 30, 0, seed).cases
        cost = {row["Account"] for row in ifs.rows("Account") if row["LogicalAccountType"] == "Cost"}
        template = ifs.rows("Account", Account=min(cost & set(cases["account ordinary"])))[0]
        kept = {name: value for name, value in template.items() if name in ifs.entities["Account"].names}
        for number in (SETTLEMENT, CASH):
            row = {**kept, "Account": number, "Description": f"Clearing {number}", "LogicalAccountType": "Liabilities"}
            ifs.insert("Account", {**row, "ReqCodeB": "Can"})
        return _Codes(
            cases["supplier ordinary"],
            sorted(cost & set(cases["account ordinary"])),
            [value.partition("|")[2] for value in cases["value ordinary"] if value.startswith("B|")],
        )


class _Desk:
    """Who captures and pays in AvidXchange, and writes down what must become of it."""

    def __init__(self, sim: AvidXchange, codes: _Codes, chance: Random) -> None:
        self.sim, self.codes, self.chance = sim, codes, chance
        self.wanted: Counter[Document] = Counter()
        self.poison: Counter[str] = Counter()
        self._today = datetime.now(UTC).date()
        self._payable: dict[str, list[tuple[int, Document]]] = defaultdict(list)

    def invoice(self, place: int, *, is_poison: bool) -> int:
        """Captures one. Its document must come as a load, as the invoice, and as a proposal."""
        supplier, number = self.chance.choice(self.codes.suppliers), f"T-{place:05d}"
        day = (self._today - timedelta(days=self.chance.randrange(20))).isoformat()
        coded = self._coded()
        lines = [Line(amount, {ACCOUNTS: account, GROUP: center}) for account, center, amount in coded]
        if is_poison:
            lines[0] = replace(lines[0], codes={ACCOUNTS: UNKNOWN_ACCOUNT})
            self.poison["invoice"] += 1
        made = self.sim.create_invoice(supplier, number, lines=lines, status="InWorkflow", day=day)
        if not is_poison:
            said = tuple((f"{account} {center}", amount) for account, center, amount in coded)
            document = Document("invoice", supplier, number, day, sum((each[2] for each in coded), Decimal(0)), said)
            self.wanted.update(replace(document, kind=kind) for kind in ("load", "invoice", "proposal"))
            if document.amount > 0:
                self._payable[supplier].append((made, document))
        return made

    def _coded(self) -> list[tuple[str, str, Decimal]]:
        """(account, cost center, amount) of one to three lines; a twentieth of all invoices are credits."""
        chance, codes = self.chance, self.codes
        cents = [chance.randrange(100, 500_000) for _ in range(chance.choice((1, 1, 2, 3)))]
        sign = -1 if chance.random() < 0.05 else 1
        return sorted(
            (chance.choice(codes.accounts), chance.choice(codes.centers), sign * Decimal(each) / 100) for each in cents
        )

    def payments(self, count: int) -> Iterator[tuple[int, int]]:
        """(payment, the invoice of it that comes last) of payments of one or two invoices each, some in part."""
        for place in range(1, count + 1):
            supplier = self.chance.choice(sorted(each for each, left in self._payable.items() if left))
            left = self._payable[supplier]
            several = 2 if len(left) > 1 and self.chance.random() < 0.08 else 1
            parts = [left.pop(self.chance.randrange(len(left))) for _ in range(several)]
            yield self._payment(supplier, parts, is_poison=place % _EVERY == 1), max(invoice for invoice, _ in parts)

    def _payment(self, supplier: str, parts: Sequence[tuple[int, Document]], *, is_poison: bool) -> int:
        shares = [self._share(document.amount) for _, document in parts]
        terms = [{"invoice": invoice, "gross": gross} for (invoice, _), gross in zip(parts, shares, strict=True)]
        total = sum(shares, Decimal(0))
        self.poison["payment"] += is_poison
        day = self._today.isoformat()
        more: Act = {"Amount": total + 1} if is_poison else {}
        made = self.sim.make_payment(terms, "AvidPay Direct", PaymentDate=day, **more)
        if not is_poison:
            rows = [(f"{SETTLEMENT} {each.number}", share) for (_, each), share in zip(parts, shares, strict=True)]
            rows.append((f"{CASH} {parts[0][1].number}", -total))
            self.wanted[Document("voucher", supplier, str(made), day, total, tuple(sorted(rows)))] += 1
        return made

    def _share(self, amount: Decimal) -> Decimal:
        return (amount / self.chance.choice((1, 1, 1, 2))).quantize(Decimal("0.01"))
