"""Lines and their coding: shared by bills and vendor credits."""

from decimal import Decimal

from integrations.systems.bill.simulator.call import Call
from integrations.systems.bill.simulator.checks import LARGEST, Checks
from integrations.systems.bill.simulator.errors import entity, refuse
from integrations.systems.bill.simulator.wire import Json, round_money, too_precise, without_empty

HEADER_CODING = {
    "chartOfAccountId": "chart-of-accounts",
    "accountingClassId": "accounting-classes",
    "departmentId": "departments",
    "locationId": "locations",
    "itemId": "items",
}
LINE_CODING = {**HEADER_CODING, "employeeId": "employees", "jobId": "jobs", "customerId": "customers"}


def check_lines(checks: Checks, lines: list[Json], path: str, *, partial: bool = False) -> None:
    """The form of lines; `partial` lines (of a PATCH) need an id and nothing else."""
    for index, line in enumerate(lines):
        inside = f"{path}[{index}]."
        for name in ("amount", "quantity", "price"):
            checks.money(line, name, inside)
        checks.text(line, "description", inside)
        checks.text(line, "id", inside, required=partial)
        check_coding(checks, line, inside)
        priced = line.get("quantity") is not None and line.get("price") is not None
        if not partial and line.get("amount") is None and not priced:
            checks.add(f"{inside}amount", "must not be null")


def check_coding(checks: Checks, holder: Json, path: str) -> None:
    """The form of a `classifications` object."""
    coding = checks.object(holder, "classifications", path) or {}
    for name in LINE_CODING:
        checks.text(coding, name, f"{path}classifications.", longest=32)


class Coder:
    """Turns the lines of one request into stored ones; remembers what it has looked up."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._active: dict[str, bool] = {}
        self._vendors: dict[str, Json | None] = {}

    def vendor(self, key: str) -> Json:
        """The active vendor; 400 BDC_1205 when unknown, 422 BDC_1143 when archived."""
        if key not in self._vendors:
            row = self._call.world.rows.get(self._call.organization, "vendors", key)
            self._vendors[key] = row.body if row else None
        vendor = self._vendors[key]
        if vendor is None:
            raise refuse(400, "BDC_1205", f"vendorId {key[:40]} : No data found for the given id.")
        if vendor["archived"]:
            raise entity(422, "The vendor is archived.")
        return vendor

    def coding(self, holder: Json, kinds: dict[str, str] = LINE_CODING) -> Json | None:
        """The `classifications` to store; 400 BDC_1143 for an unknown or archived id."""
        given = holder.get("classifications") or {}
        kept = {name: given[name] for name in kinds if given.get(name)}
        for name, key in kept.items():
            self.require(kinds[name], key, name)
        return kept or None

    def require(self, kind: str, key: str, name: str) -> None:
        """400 BDC_1143 unless the organization has this active classification."""
        if key not in self._active:
            row = self._call.world.rows.get(self._call.organization, kind, key)
            self._active[key] = row is not None and not row.body["archived"]
        if not self._active[key]:
            raise entity(400, f"{name} is unknown or inactive: {key[:40]}.")

    def line(self, line: Json, currency: str, prefix: str, identity: str = "") -> Json:
        """One stored line: `amount` wins over quantity times price; a new id unless one is given."""
        amount = line.get("amount")
        config = self._call.world.config
        if amount is None:
            amount = round_money(Decimal(line["quantity"]) * Decimal(line["price"]), currency)
        if config.refuse_excess_decimals and too_precise(Decimal(amount), currency):
            raise entity(400, f"An amount has more decimals than {currency} allows.")
        if config.refuse_negative_lines and amount < 0:
            raise entity(400, "A line amount must not be negative.")
        kept = {
            "id": identity or self._call.world.rows.ids.new(prefix),
            "amount": amount,
            "quantity": line.get("quantity"),
            "price": line.get("price"),
            "description": line.get("description"),
            "classifications": self.coding(line),
        }
        return without_empty(kept)


def total(lines: list[Json]) -> Decimal:
    """The exact sum of the lines; 400 BDC_1143 for one of more than twelve digits."""
    amount = sum((Decimal(line["amount"]) for line in lines), Decimal(0))
    if abs(amount) >= LARGEST:
        raise entity(400, "The total amount is out of bounds.")
    return amount
