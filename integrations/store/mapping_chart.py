"""What mapping rules may name: the accounts, values and code parts of both sides, as they were last read."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from integrations.engine.records import Dimension, Entity, GLAccount
from integrations.engine.wording import FIELDS
from integrations.models import FieldMapping, Flow, GLMapping, Integration
from integrations.store import books
from integrations.store.rulebook import chart_of
from integrations.store.settings import today

Table = GLMapping.Table


class Chart:
    """Both charts of an integration. What was not read yet is not held against anybody.

    `terms`: vendors of the target take a payment term; it lists none, so any id may be named.
    """

    def __init__(self, integration: Integration, *, terms: bool = False) -> None:
        self.company, self.terms = integration.company, terms
        self.day: date = today()
        accounts, dimensions = books.codes(integration)
        self.erp_accounts = {each.number: each.active and _on(each, self.day) for each in accounts if each.number}
        self.erp_values = _values(dimensions, self.day)
        numbers, values = chart_of(integration.ap_id)
        self.ap_accounts = {each.number: each.active for each in numbers if each.number}
        self.ap_values: dict[str, dict[str, bool]] = {}
        for value in values:
            self.ap_values.setdefault(value.kind, {})[value.number] = value.active
        inbound = {Entity.INVOICE, Entity.PAYMENT} & set(_entities(integration, inbound=True))
        outbound = Entity.INVOICE in _entities(integration, inbound=False)
        self.into = [*(["ap"] if outbound or not inbound else []), *(["erp"] if inbound else [])]
        said = FieldMapping.objects.filter(integration=integration, active=True, field="")
        self.parts = {row.part: row.target for row in said}

    def fault(self, rule: Mapping[str, Any], values: Mapping[str, Any]) -> tuple[str, str] | None:
        """(field, why) a GL rule with these values cannot be; None: nothing speaks against it."""
        if rule["company"] and rule["company"] != self.company:
            return "company", f"This integration carries company {self.company}, not {rule['company']}."
        part, source, target = rule["part"], rule["source"], values["target"]
        if part and self.parts and part not in self.parts and part not in self.erp_values:
            known = ", ".join(sorted(self.parts.keys() | self.erp_values.keys()))
            return "part", f"There is no code part {part} here. Known: {known}."
        if rule["table"] == Table.PAYMENT_TERM:
            return None if self.terms else ("table", "The other side takes no payment terms of vendors.")
        if rule["table"] == Table.DIMENSION:
            targets = [self._value_targets(side, part) for side in self.into]
            known_sources = [self.erp_values.get(part, {})]
        else:
            targets = [self._accounts(side) for side in self.into]
            known_sources = [self.erp_accounts] if rule["table"] == Table.ACCOUNT else []
        if why := _unusable(target, [each for each in targets if each], "what it becomes"):
            return "target", why
        if any(mark in source for mark in "*?") or "erp" in self.into:
            return None
        why = _unusable(source, [each for each in known_sources if each], "as it comes", closed=False)
        return ("source", why) if why else None

    def field_fault(self, rule: Mapping[str, Any]) -> tuple[str, str] | None:
        """(field, why) nothing would take what a field rule words; None: something does."""
        name = rule["field"]
        if not name or "ap" in self.into or FIELDS[rule["entity"]][name].inbound:
            return None
        return "field", f"Nothing takes the {name} here: invoices of this integration go into the books."

    def _accounts(self, side: str) -> Mapping[str, bool]:
        return self.ap_accounts if side == "ap" else self.erp_accounts

    def _value_targets(self, side: str, part: str) -> Mapping[str, bool]:
        return self.ap_values.get(self.parts.get(part, ""), {}) if side == "ap" else self.erp_values.get(part, {})


def _unusable(number: str, charts: list[Mapping[str, bool]], what: str, *, closed: bool = True) -> str:
    """Why no chart has this number in use; `closed` ones may still come along on old invoices."""
    if not charts or any(chart.get(number, False) for chart in charts):
        return ""
    if any(number in chart for chart in charts):
        return f"{number} ({what}) is closed. Choose one that is in use." if closed else ""
    return (
        f"{number} ({what}) is not in the chart as it was last read. Look for a typing error, or read the chart anew."
    )


def _values(dimensions: list[Dimension], day: date) -> dict[str, dict[str, bool]]:
    """Values of the ERP by code part, which invoices name by its word or its letter."""
    found: dict[str, dict[str, bool]] = {}
    for value in dimensions:
        for name in {value.kind, value.kind_name} - {""}:
            found.setdefault(name, {})[value.value] = value.active and _on(value, day)
    return found


def _on(record: GLAccount | Dimension, day: date) -> bool:
    return (not record.valid_from or record.valid_from <= day) and (not record.valid_to or day <= record.valid_to)


def _entities(integration: Integration, *, inbound: bool) -> list[str]:
    return list(Flow.objects.filter(integration=integration, inbound=inbound).values_list("entity", flat=True))
