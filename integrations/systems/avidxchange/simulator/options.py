"""Builds a simulator from plain options: a test's, or the command line's, where everything is text."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Literal, get_args, get_origin, get_type_hints

from integrations.systems.avidxchange.simulator.config import AUTH_MODES, SimulatorConfig
from integrations.systems.avidxchange.simulator.demo import seed_demo
from integrations.systems.avidxchange.simulator.manners import Manners
from integrations.systems.avidxchange.simulator.simulator import Simulator

_TEXT = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_PRESETS: dict[str, dict[str, Any]] = {
    "assumed-v1": {},
    "avidsuite-2019": {
        "auth_modes": ("gateway_login",),
        "manners": Manners(old_invoices=True, hrefs="relative"),
        "not_offered": (
            *("vendors.upsert", "vendors.list", "codes.upsert", "purchase_orders.upsert", "receipts.upsert"),
            *("jobs.get", "invoices.list", "invoices.get", "invoices.ack"),
        ),
    },
}


def build(options: Mapping[str, Any] | None = None) -> Simulator:
    """A simulator with demo content, or without (`demo`: off).

    data: SQLite path or ":memory:"; seeded: how many invoices (60); seed: a number that makes the same data again;
    preset: "assumed-v1" or "avidsuite-2019" (gateway login, closed batches, no writes); fields of Customer but
    `accounting_systems` for the one customer; fields of SimulatorConfig and Manners. Lists may be text with commas,
    "none" is no limit. Only an empty database is seeded. ValueError for an unknown option or an impossible value.
    """
    given = dict(options or {})
    data, wanted = str(given.pop("data", ":memory:")), _value(given.pop("demo", True), True, "demo")
    invoices, seed = int(given.pop("seeded", 60)), int(given.pop("seed", 7))
    preset = str(given.pop("preset", "assumed-v1"))
    if preset not in _PRESETS:
        raise ValueError(f"preset must be one of {', '.join(_PRESETS)}")
    config = replace(SimulatorConfig(), **_PRESETS[preset])
    manners, given = _filled(config.manners, given)
    customer, given = _filled(config.customers[0], given)
    config, given = _filled(config, given)
    if given:
        raise ValueError(f"unknown option: {', '.join(sorted(given))}")
    if set(config.auth_modes) - set(AUTH_MODES):
        raise ValueError(f"auth_modes may be {', '.join(AUTH_MODES)}")
    sim = Simulator(data, replace(config, customers=(customer,), manners=manners))
    if wanted and not sim.dump("invoices"):
        seed_demo(sim, invoices, seed)
        sim.about = f"{len(sim.dump('invoices'))} invoices, {len(sim.dump('payments'))} payments"
    return sim


def _filled(target: Any, given: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """`target` with its fields from the options, and the options that are left."""
    left, found, hints = dict(given), {}, get_type_hints(type(target))
    for each in fields(target):
        if each.name not in left or each.name in ("customers", "manners", "accounting_systems"):
            continue
        value = _value(left.pop(each.name), getattr(target, each.name), each.name)
        choices = get_args(hints[each.name]) if get_origin(hints[each.name]) is Literal else ()
        if choices and value not in choices:
            raise ValueError(f"{each.name} must be one of {', '.join(choices)}")
        found[each.name] = value
    return replace(target, **found), left


def _value(given: Any, default: Any, name: str) -> Any:
    """An option in the type of its default; only text has to be read."""
    if isinstance(given, list):
        return tuple(given)
    if not isinstance(given, str) or isinstance(default, str):
        return given
    if isinstance(default, bool):
        if given.lower() not in _TEXT:
            raise ValueError(f"{name} must be true or false")
        return _TEXT[given.lower()]
    if isinstance(default, tuple):
        return tuple(each.strip() for each in given.split(",") if each.strip())
    return None if given.lower() == "none" else type(default)(given)
