"""Builds a simulator from plain options, for the command that serves one on a port."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from integrations.systems.ifs.simulator.config import Client, SimulatorConfig
from integrations.systems.ifs.simulator.demo import seed
from integrations.systems.ifs.simulator.ledger import load_spend
from integrations.systems.ifs.simulator.ledger_lines import SpendMapping
from integrations.systems.ifs.simulator.seeded import seed_awkward
from integrations.systems.ifs.simulator.simulator import Simulator

_KNOWN = frozenset(
    (
        *(
            "data",
            "preset",
            "paging",
            "control",
            "latency",
            "duplicates",
            "realm",
            "client_id",
            "client_secret",
            "unlimited",
        ),
        *("ledger", "ledger_mapping", "date_for_undated", "company", "currency", "seed", "seeded", "invoices"),
    )
)


def build(options: Mapping[str, Any]) -> Simulator:
    """A filled simulator; what was put in is in its `about`.

    Options, all optional: data (path, default :memory:), preset, paging, control, latency, unlimited (requests),
    duplicates ("accept"), realm "demo", client_id "ml-connector", client_secret "demo-secret"; ledger (path of a spend
    export) with ledger_mapping (dict of SpendMapping fields), date_for_undated (date or ISO text), company "10",
    currency "GBP"; seeded (so many invoices, few of the clean kind); otherwise invoices 300 of demo data; seed 1 for
    both. A file that already holds a company is left as it is.
    Raises ValueError for an option it does not know.
    """
    given = {name: value for name, value in options.items() if value is not None}
    if unknown := given.keys() - _KNOWN:
        raise ValueError(f"unknown option {', '.join(sorted(unknown))}")
    sim = Simulator(str(given.get("data", ":memory:")), _config(given))
    if sim.rows("Company"):
        sim.about = f"{len(sim.rows('Company'))} companies kept from {given.get('data')}"
    elif "ledger" in given:
        sim.about = _load(sim, given)
    else:
        number = int(given.get("seed", 1))
        if "seeded" in given:
            report = seed_awkward(sim, int(given["seeded"]), number)
        else:
            report = seed(sim, int(given.get("invoices", 300)), number)
        sim.about = "\n".join(f"{rows} {entity}" for entity, rows in report.rows.items())
    return sim


def _config(given: Mapping[str, Any]) -> SimulatorConfig:
    client = Client(str(given.get("client_id", "ml-connector")), str(given.get("client_secret", "demo-secret")))
    return SimulatorConfig(
        realm=str(given.get("realm", "demo")),
        clients=(client,),
        preset=given.get("preset", "default"),
        paging=given.get("paging", "skip-only"),
        control=bool(given.get("control", False)),
        requests_per_window=None if given.get("unlimited") else 1000,
        latency=float(given.get("latency", 0)),
        duplicates=given.get("duplicates", "refuse"),
    )


def _load(sim: Simulator, given: Mapping[str, Any]) -> str:
    undated = given.get("date_for_undated")
    report = load_spend(
        sim,
        str(given["ledger"]),
        SpendMapping(**given.get("ledger_mapping", {})),
        str(given.get("company", "10")),
        str(given.get("currency", "GBP")),
        date.fromisoformat(undated) if isinstance(undated, str) else undated,
    )
    return report.text()
