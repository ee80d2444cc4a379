"""Start data for a simulator, and `build`, which makes one from plain options."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from integrations.systems.bill.simulator.chart import DEFAULT_CHART
from integrations.systems.bill.simulator.config import (
    DEMO_DEV_KEY,
    DEMO_ORGANIZATION,
    Credential,
    Organization,
    SimulatorConfig,
)
from integrations.systems.bill.simulator.rows import Row
from integrations.systems.bill.simulator.simulator import Simulator
from integrations.systems.bill.simulator.vendors import new_body
from integrations.systems.bill.simulator.wire import Json, without_empty

DEPARTMENTS = tuple((str(number), f"Cost center {number}") for number in range(100, 220, 10))
CLASSES = (("CNC", "Cnc"), ("FOUNDRY", "Foundry"), ("ASSEMBLY", "Assembly"))
LOCATIONS = (("AUS", "Austin plant"), ("DET", "Detroit plant"), ("TOR", "Toronto warehouse"))

_DEMO_VENDORS: tuple[Json, ...] = (
    {
        "name": "Lone Star Electric",
        "shortName": "",
        "accountType": "BUSINESS",
        "address": {"line1": "12 Grid St", "city": "Austin", "stateOrProvince": "TX", "zipOrPostalCode": "78702",
                    "country": "US"},
    },
    {
        "name": "Great Lakes Steel Supply",
        "accountType": "BUSINESS",
        "email": "billing@greatlakes.example",
        "address": {"line1": "800 Foundry Ave", "city": "Detroit", "stateOrProvince": "MI", "zipOrPostalCode": "48201",
                    "country": "US"},
    },
    {
        "name": "Maple Logistics Ltd",
        "accountType": "BUSINESS",
        "billCurrency": "CAD",
        "address": {"line1": "5 Harbour Rd", "city": "Toronto", "stateOrProvince": "ON", "zipOrPostalCode": "M5J 2N8",
                    "country": "CA"},
    },
)  # fmt: skip


def seed(
    sim: Simulator,
    accounts: Iterable[tuple[str, str, str]] = (),
    departments: Iterable[tuple[str, str]] = (),
    classes: Iterable[tuple[str, str]] = (),
    vendors: Iterable[Mapping[str, Any]] = (),
    locations: Iterable[tuple[str, str]] = (),
    organization: str = "",
) -> dict[str, dict[str, str]]:
    """Store start data in one organization, past the API.

    accounts: (number, name, BILL account type); departments, classes, locations: (short name, name); vendors: fields as
    in POST /v3/vendors. Returns {kind: {number, short name or vendor name: id}}.
    """
    place = organization or next(iter(sim.world.access.organizations))
    ids = sim.world.rows.ids
    rows: list[Row] = []
    known: dict[str, dict[str, str]] = {}

    def add(kind: str, key: str, body: Json) -> None:
        rows.append(Row(place, kind, without_empty(body)))
        known.setdefault(kind, {})[key] = body["id"]

    for number, name, account_type in accounts:
        account = {"type": account_type, "number": number}
        add("chart-of-accounts", number, {"id": ids.new("0ca"), "name": name, "account": account})
    for kind, prefix, entries in (
        ("departments", "0de", departments),
        ("accounting-classes", "cls", classes),
        ("locations", "loc", locations),
    ):
        for short, name in entries:
            add(kind, short, {"id": ids.new(prefix), "name": name, "shortName": short})
    for vendor in vendors:
        body = new_body(ids.new("009"), dict(vendor), sim.config.base_currency)
        add("vendors", body["name"], body)
    with sim.lock, sim.world.rows.transaction():
        sim.world.rows.insert(rows)
    return known


def seed_demo(sim: Simulator, chart: Iterable[tuple[str, str, str]] = tuple(DEFAULT_CHART)) -> None:
    """The demo organization: a chart, dimensions, and what somebody typed into BILL before ml-connector came."""
    known = seed(sim, chart, DEPARTMENTS, CLASSES, _DEMO_VENDORS, LOCATIONS)
    accounts = known.get("chart-of-accounts", {})
    for vendor, number, amount, account in (
        ("Lone Star Electric", "LSE-20260103", "1840.22", "6110"),
        ("Great Lakes Steel Supply", "GL-55120", "12750.00", "1200"),
        ("Maple Logistics Ltd", "M-778", "460.50", "5060"),
    ):
        account_id = accounts.get(account, "")
        sim.create_bill_by_hand(known["vendors"][vendor], number, amount, account_id=account_id)


def build(options: Mapping[str, Any]) -> Simulator:
    """A simulator from plain options (command line, JSON).

    data: SQLite path or ":memory:"; control: serve /_sim/; dev_key, organization_id, username, password, token_name,
    token_value: who may sign in; chart: "demo", "empty" or a list of (number, name, type); everything else is a field
    of SimulatorConfig (`latency` sets write_latency and read_latency). Seeds only an empty database. ValueError for an
    unknown option.
    """
    given = dict(options)
    data, chart = str(given.pop("data", ":memory:")), given.pop("chart", "demo")
    if "latency" in given:
        latency = float(given.pop("latency"))
        given = {"read_latency": latency, "write_latency": latency, **given}
    user = Credential(given.pop("username", "ap@example.com"), given.pop("password", "demo-password"))
    token = Credential(
        given.pop("token_name", "ml-connector"),
        given.pop("token_value", "demo-token"),
        "token",
        "00602DEMOTOKENAAA001",
    )
    organization = Organization(
        id=given.pop("organization_id", DEMO_ORGANIZATION),
        dev_keys=(given.pop("dev_key", DEMO_DEV_KEY),),
        credentials=(user, token),
    )
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    if "rates" in given:
        given["rates"] = {currency: Decimal(str(rate)) for currency, rate in given["rates"].items()}
    unknown = given.keys() - SimulatorConfig.__dataclass_fields__.keys()
    if unknown:
        raise ValueError(f"unknown option: {', '.join(sorted(unknown))}")
    if given.get("duplicates", "accept") not in ("accept", "reject_create"):
        raise ValueError("duplicates must be accept or reject_create")
    sim = Simulator(data, replace(SimulatorConfig(organizations=(organization,)), **given))
    if chart != "empty" and not sim.world.rows.count("chart-of-accounts"):
        seed_demo(sim, tuple(DEFAULT_CHART) if chart == "demo" else tuple((a, b, c) for a, b, c in chart))
    return sim
