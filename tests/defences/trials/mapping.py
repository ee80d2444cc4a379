"""Mappings by the pages, the API and the admin: who proposes, who approves."""

import uuid
from collections.abc import Callable
from typing import Any

from django.test import Client
from django.utils import timezone

from integrations.models import (
    FieldMapping,
    GLMapping,
    MappingChange,
    MappingPreview,
    MappingSet,
)
from tests.defences.stranger import ask
from tests.defences.table import API_KEY
from tests.defences.trials.trial import (
    CONTROLLER,
    MAPPING,
    WORKING,
    Trial,
    scope_of,
)
from tests.integrations.factories import Desk


def _mapping(desk: Desk, model: Any) -> tuple[Any, dict[str, Any]]:
    source = f"dimensions.{uuid.uuid4().hex[:8]}"
    data: dict[str, Any] = {"integration": desk.integration.pk, "source": source, "target": "1"}
    data |= {"table": "account"} if model is GLMapping else {"entity": "invoice"}
    with scope_of(desk):
        values = {**data, "integration": desk.integration}
        return model.objects.create(**values), data


def _admin(model: Any, act: str) -> Callable[[Client, Desk], bool]:
    def attempt(client: Client, desk: Desk) -> bool:
        row, data = _mapping(desk, model)
        data |= (
            {"reason": "tried", "source": f"{data['source']}n"} if act == "add" else {"reason": "tried", "target": "2"}
        )
        path = f"/admin/integrations/{model._meta.model_name}/"
        where = {"add": f"{path}add/", "change": f"{path}{row.pk}/change/", "delete": f"{path}{row.pk}/delete/"}[act]
        ask(client, "post", where, {"post": "yes"} if act == "delete" else data)
        new = None if act == "delete" else data["target"]
        return _proposed(desk, data["source"], new)

    return attempt


def _proposed(desk: Desk, source: str, target: str | None) -> bool:
    """Whether it was proposed; nothing of it is in force before somebody else has looked at it."""
    with scope_of(desk):
        asked = MappingChange.objects.filter(rule__source=source).select_related("set").first()
        if asked is None:
            return False
        standing = [*GLMapping.objects.filter(source=source), *FieldMapping.objects.filter(source=source)]
        untouched = not standing or (standing[0].version, standing[0].active) == (1, True)
        return (asked.set.status == "approved" or untouched) and (asked.new or {}).get("target") == target


def _propose_rule(path: str) -> Callable[[Client, Desk], bool]:
    def attempt(client: Client, desk: Desk) -> bool:
        source = uuid.uuid4().hex[:8]
        data = {
            "integration": str(desk.integration.uuid),
            "table": "account",
            "source": source,
            "target": "1",
            "reason": "tried",
        }
        ask(client, "post", path, data)
        return _proposed(desk, source, "1")

    return attempt


def _approve_rule(path: str) -> Callable[[Client, Desk], bool]:
    return lambda client, desk: _approved_rule(client, desk, path)


def _approved_rule(client: Client, desk: Desk, path: str) -> bool:
    with scope_of(desk):
        row = MappingSet.objects.create(integration=desk.integration, made_at=timezone.now(), made_by=desk.user)
        rule = {"table": "account", "company": "", "part": "", "source": uuid.uuid4().hex[:8], "valid_from": None}
        MappingChange.objects.create(set=row, rule=rule, new={"target": "1", "valid_to": None, "note": ""})
    ask(client, "post", path.format(row.uuid), {"do": "approve"} if path.startswith("/mappings/") else None)
    with scope_of(desk):
        return bool(GLMapping.objects.filter(source=rule["source"]).exists())


def _preview(client: Client, desk: Desk) -> bool:
    with scope_of(desk):
        row = MappingSet.objects.create(integration=desk.integration, made_at=timezone.now(), made_by=desk.user)
    ask(client, "post", f"/api/v1/mapping-sets/{row.uuid}/preview/")
    with scope_of(desk):
        return bool(MappingPreview.objects.filter(set=row).exists())


TRIALS = (
    *(Trial(f"{a} a GL mapping in the admin", MAPPING, _admin(GLMapping, a)) for a in ("add", "change", "delete")),
    *(
        Trial(f"{a} a field mapping in the admin", MAPPING, _admin(FieldMapping, a))
        for a in ("add", "change", "delete")
    ),
    Trial("propose a mapping on its page", MAPPING, _propose_rule("/mappings/rule/?kind=gl")),
    Trial("propose a mapping by the API", MAPPING | {API_KEY}, _propose_rule("/api/v1/gl-mappings/")),
    Trial("approve a mapping on its page", frozenset({CONTROLLER}), _approve_rule("/mappings/sets/{}/")),
    Trial("approve a mapping by the API", frozenset({CONTROLLER}), _approve_rule("/api/v1/mapping-sets/{}/approve/")),
    Trial("see what a mapping would change", WORKING, _preview),
)
