"""A rehearsal held against the expectation: each function returns what differs, empty when nothing does."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from tests.journeys.rehearsal import ZERO, Json, Rehearsal

Difference = tuple[Any, Any, Any]  # what, expected, found
SIGNING_IN = ("/connect/v3/login", "/connect/v3/logout")


def outcomes(wanted: Json, found: Rehearsal) -> list[Difference]:
    """Count and amount per outcome and reasons."""
    named = {(e["outcome"], e["reasons"]): (e["count"], Decimal(e["amount"])) for e in wanted["outcomes"]}
    return _differences(named, found.outcomes())


def suppliers(wanted: Json, found: Rehearsal) -> list[Difference]:
    """Per supplier: bills + credits + what is open here = the file; one vendor each, with a name from the file."""
    here: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for supplier, numbers in found.numbers().items():
        here[supplier] += sum((amount for _, amount in numbers), ZERO)
    for each in found.standing:
        here[each.supplier] += each.amount
    sums = {supplier: Decimal(each["file"]) for supplier, each in wanted["suppliers"].items()}
    vendors = [row["shortName"] for row in found.held["vendors"]]
    wrong = _differences(sums, here)
    wrong += [("vendors", len(sums), len(vendors))] if sorted(vendors) != sorted(sums) else []
    for row in found.held["vendors"]:
        names = [name or "(no name)" for name in wanted["suppliers"].get(row["shortName"], {"names": []})["names"]]
        wrong += [] if row["name"] in names else [(row["shortName"], names, row["name"])]
    return wrong


def lines(wanted: Json, found: Rehearsal) -> list[Difference]:
    """Sums per expenditure code and per day, and the number of lines on bills."""
    codes: dict[str, Decimal] = defaultdict(lambda: ZERO)
    days: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for code, day, amount in found.lines():
        codes[code] += amount
        days[day] += amount
    count = sum(len(row["billLineItems"]) for row in found.held["bills"])
    wrong = _differences({code: Decimal(amount) for code, amount in wanted["codes"].items()}, codes)
    wrong += _differences({day: Decimal(amount) for day, amount in wanted["due_dates"].items()}, days)
    return wrong + _differences({"lines": wanted["flaws"]["lines on bills"]}, {"lines": count})


def loading(wanted: Json, found: Rehearsal) -> list[Difference]:
    """Every line that is not loaded is named with one of its reasons, no other is; every split is said."""
    said = found.said.splitlines()
    told = {line.split(":")[0]: line for line in said if ": not loaded, " in line}
    wrong = _differences({f"line {each['line']}": 1 for each in wanted["unreadable"]}, dict.fromkeys(told, 1))
    for each in wanted["unreadable"]:
        text = told.get(f"line {each['line']}", "")
        wrong += [] if any(reason in text for reason in each["reasons"]) else [(each["line"], each["reasons"], text)]
    for transaction, parts in wanted["splits"].items():
        text = f"transaction {transaction}: several suppliers, split into {', '.join(parts.values())}"
        wrong += [] if text in said else [(transaction, text, "not said")]
        for supplier, number in parts.items():
            sent = [each for each, _ in found.numbers()[supplier]]
            open_here = any(each.supplier == supplier for each in found.standing)
            wrong += [] if number in sent or open_here else [(number, supplier, sent)]
    return wrong


def runs(wanted: Json, found: Rehearsal) -> list[Difference]:
    """Both syncs are balanced and whole; each later poll reads the same, all unchanged; the second writes nothing."""
    first, second = found.runs
    state = {"balanced": True, "failed": False, "error": ""}
    wrong: list[Difference] = []
    for flow in (*first.values(), *second.values()):
        wrong += _differences(state, {name: flow[name] for name in state})
    for name, count in (("vendor", len(wanted["suppliers"])), ("invoice", wanted["invoices"])):
        staged, *later = found.polls[name]
        wrong += _differences({"read": count, "staged": count}, staged) if later else [(name, "two polls", staged)]
        for poll in later:
            wrong += _differences({"read": count, "unchanged": count}, poll)
        wrong += _differences({}, _counted(second[name]["push"]))
        wrong += _differences(first[name]["standing"], second[name]["standing"])
    wrong += _differences({"created": len(wanted["suppliers"])}, _counted(first["vendor"]["push"]))
    return wrong + _differences(_pushed(wanted), _counted(first["invoice"]["push"])) + _written_late(found)


def _pushed(wanted: Json) -> dict[str, int]:
    names = {"bill": "created", "vendor credit": "created"}
    counts: Counter[str] = Counter()
    for each in wanted["outcomes"]:
        counts[names.get(each["outcome"], each["outcome"])] += each["count"]
    return dict(counts)


def _counted(counts: Json) -> Json:
    return {name: count for name, count in counts.items() if count}


def _written_late(found: Rehearsal) -> list[Difference]:
    """Writes that BILL saw in the second sync; it must have seen some in the first."""
    late = [("second sync", "no write", each["path"]) for each in found.late if _writes(each)]
    return late if any(map(_writes, found.held["requests"])) else [("requests", "some writes", "none")]


def _writes(request: Json) -> bool:
    return request["method"] != "GET" and not str(request["path"]).startswith(SIGNING_IN)


def _differences(wanted: Mapping[Any, Any], found: Mapping[Any, Any]) -> list[Difference]:
    names: Iterable[Any] = sorted({*wanted, *found}, key=str)
    return [(name, wanted.get(name), found.get(name)) for name in names if wanted.get(name) != found.get(name)]
