"""The mapping tables: what is in force, what is asked for, and how approved changes take force."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import connection

from audit.log import record as audit
from integrations.models import MappingChange, MappingRule, MappingSet
from integrations.store.blockers import Freed, free_matching
from tenants.scope import current_tenant

Key = tuple[object, ...]
Over = Mapping[Key, Mapping[str, Any] | None]
"""Values that rules should have, by key; None: no such rule."""
_DAYS = ("valid_from", "valid_to")
_UPDATE = """
    UPDATE {table} t SET {sets}, active = v.active, version = v.version, changed_at = now(),
        made_by_id = %(made_by)s, checked_by_id = %(checked_by)s
    FROM json_to_recordset(%(rows)s::json) AS v(id bigint, {columns}, active boolean, version integer)
    WHERE t.tenant_id = %(tenant)s AND t.id = v.id
"""
_NUMBER = """
    UPDATE integrations_mappingchange t SET "row" = v."row", version = v.version
    FROM json_to_recordset(%(rows)s::json) AS v(id bigint, "row" bigint, version integer)
    WHERE t.tenant_id = %(tenant)s AND t.id = v.id
"""


class Stale(ValueError):
    """A rule is not any more what it was when its change was proposed; the message names it."""


def in_force(integration_id: int, kinds: Iterable[str] = MappingChange.Kind.values) -> dict[Key, dict[str, Any]]:
    """The values of every rule in force, by its key."""
    return {
        key: row.said(row.VALUES) for kind in kinds for key, row in rows_of(integration_id, kind).items() if row.active
    }


def pending(integration_id: int) -> dict[Key, MappingChange]:
    """The changes that wait for a decision, by the key of their rule."""
    waiting = MappingChange.objects.filter(
        set__integration=integration_id, set__status=MappingSet.Status.PROPOSED
    ).select_related("set")
    return {change.key: change for change in waiting}


def rows_of(integration_id: int, kind: str) -> dict[Key, MappingRule]:
    """Every row of a table, those out of force too, by key."""
    model = MappingChange.MODELS[kind]
    rows = model.objects.filter(integration=integration_id).select_related("made_by", "checked_by")
    return {(kind, *row.said(model.KEY).values()): row for row in rows}


def rules_with(integration_id: int, kind: str, over: Over) -> list[MappingRule]:
    """The rules of a table as they would be with `over` laid over what is in force; nothing is written."""
    model: Any = MappingChange.MODELS[kind]
    rows = rows_of(integration_id, kind)
    for key, values in over.items():
        if key[0] != kind or (values is None and key not in rows):
            continue
        row = rows.setdefault(key, model(id=0, version=0, **typed(dict(zip(model.KEY, key[1:], strict=True)))))
        row.active = values is not None
        if values is not None and row.said(model.VALUES) != values:
            row.version, row.made_by, row.checked_by = row.version + 1, None, None
            for name, value in typed(values).items():
                setattr(row, name, value)
    return [row for row in rows.values() if row.active]


def put_in_force(made: MappingSet) -> Freed:
    """Make the tables what the set says, each rule as a new version, and free what waited; in one transaction.

    The caller holds the integration's lock. Raises Stale.
    """
    changes = list(made.changes.order_by("id"))
    touched: list[MappingRule] = []
    for kind in MappingChange.Kind.values:
        touched += _write(made, [change for change in changes if change.kind == kind], kind)
    _run(_NUMBER, [{"id": each.pk, "row": each.row, "version": each.version} for each in changes])
    for change in changes:
        _note(made, change)
    return free_matching(made.integration_id, (each for row in touched for each in row.blockers))


def _write(made: MappingSet, changes: list[MappingChange], kind: str) -> list[MappingRule]:
    if not changes:
        return []
    model: Any = MappingChange.MODELS[kind]
    known = rows_of(made.integration_id, kind)
    new: list[MappingRule] = []
    old: list[MappingRule] = []
    rows: list[MappingRule] = []
    for change in changes:
        row = known.get(change.key)
        if (row.said(model.VALUES) if row and row.active else None) != change.old:
            raise Stale(change.about)
        if row is None:
            row = model(integration=made.integration, **typed(change.rule), version=0)
            new.append(row)
        else:
            old.append(row)
        for name, value in typed(change.new or {}).items():
            setattr(row, name, value)
        row.active, row.version = change.new is not None, row.version + 1
        row.made_by_id, row.checked_by_id = made.made_by_id, made.checked_by_id
        rows.append(row)
    model.objects.bulk_create(new, batch_size=1000)
    said = [{"id": row.pk, **row.said((*model.VALUES, "active", "version"))} for row in old]
    columns = ", ".join(f"{name} {'date' if name in _DAYS else 'text'}" for name in model.VALUES)
    sets = ", ".join(f"{name} = v.{name}" for name in model.VALUES)
    statement = _UPDATE.format(table=model._meta.db_table, sets=sets, columns=columns)
    _run(statement, said, made_by=made.made_by_id, checked_by=made.checked_by_id)
    for change, row in zip(changes, rows, strict=True):
        change.row, change.version = row.pk, row.version
    return rows


def _run(statement: str, rows: list[dict[str, Any]], **names: Any) -> None:
    """One statement for any number of rows."""
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(statement, {"tenant": current_tenant(), "rows": json.dumps(rows), **names})


def typed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values from JSON as the columns take them."""
    return {n: date.fromisoformat(v) if n in _DAYS and isinstance(v, str) else v for n, v in values.items()}


def _note(made: MappingSet, change: MappingChange) -> None:
    audit(
        "mapping_changed",
        subject=f"integration:{made.integration_id}",
        refs={"set": str(made.uuid), "kind": change.kind, "rule": change.row, "version": change.version},
        detail={"rule": change.rule, "old": change.old, "new": change.new},
    )
