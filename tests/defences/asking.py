"""Defence: another tenant's ids inside what is sent: queries, forms, filters, actions, foreign keys.

As the stranger, who holds every role at home. Findings: a mark of the owner's, a 5xx, an answer to a foreign id that
differs from that to a missing one, a form that takes a foreign id, a changed row of the owner's, a form of the admin
that cannot be filled at all.
"""

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

from django.db import models
from django.forms import ModelChoiceField, model_to_dict
from django.test import Client, RequestFactory

from integrations.models import Connection, Integration, OutboxItem, ReviewItem
from tenants.adminsite import site
from tenants.models import TenantOwned
from tenants.scope import tenant_scope
from tests.defences.house import House
from tests.defences.routes import Route, routes
from tests.defences.stranger import MISSING_NUMBER, Pair, Scene, ask, changed, digests, fault_of, shape
from tests.factories import signed_in

LONGEST = 100  # a longer value is no identifier
POPUPS = ({"_popup": "1"}, {"_to_field": "id"}, {"_to_field": "tenant"}, {"all": ""}, {"o": "-1"}, {"_facets": "True"})
ADMIN = Route("admin:asked", "admin/")


def findings(scene: Scene) -> list[str]:
    """Every leak in one sentence; empty: none."""
    before = digests(scene.house)
    client = signed_in(scene.cast.stranger)
    client.raise_request_exception = False
    return [
        *_parameters(client, scene),
        *_admin_lists(client, scene),
        *_admin_forms(client, scene),
        *_web_forms(client, scene),
        *(f"asking changed the owner's rows of {table}" for table in changed(before, scene.house)),
    ]


# Every name a view asks for, alone and all at once, with each of the owner's ids.


def _parameters(client: Client, scene: Scene) -> Iterator[str]:
    pairs = list({pair.table: pair for pair in scene.pairs() if isinstance(pair.there, uuid.UUID)}.values())
    numbers = [pair for pair in scene.pairs() if isinstance(pair.there, int)][:1]
    for route in routes():
        names = route.parameters
        if not names or route.places:
            continue
        for method in ("get", "post"):
            if ask(client, method, route.at("")).status_code == 405:
                continue
            for wanted in (*([name] for name in names), *([names] if len(names) > 1 else ())):
                missing: dict[type, Any] = {}
                for pair in (*pairs, *numbers):
                    answer = ask(client, method, route.at(""), dict.fromkeys(wanted, str(pair.there)))
                    place = f"{method.upper()} /{route.pattern} with {'+'.join(wanted)}={pair.there} of {pair.table}"
                    yield from _compared(client, method, route, wanted, pair, answer, missing, place, scene)


def _compared(
    client: Client, method: str, route: Route, wanted: list[str], pair: Pair, answer: Any, missing: dict[type, Any],
    place: str, scene: Scene,
) -> Iterator[str]:  # fmt: skip
    if fault := fault_of(answer, pair.there, scene.marks, route):
        yield f"{place}: {fault}"
    kind = type(pair.there)
    if kind not in missing:
        nobodys = dict.fromkeys(wanted, str(pair.nobodys))
        missing[kind] = shape(ask(client, method, route.at(""), nobodys), pair.nobodys)
    if shape(answer, pair.there) != missing[kind]:
        yield f"{place}: answers otherwise than for an id that does not exist"


# The admin's lists: search, filters, look-ups over relations, autocomplete, actions.


def _admin_lists(client: Client, scene: Scene) -> Iterator[str]:
    for model, admin in registered():
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        theirs = scene.house.rows[model][-1]
        for name, there, nobodys in _lookups(model, theirs, scene.house):
            yield from _same(client, "get", path, {name: there}, {name: nobodys}, scene)
        for asked in POPUPS:
            if fault := fault_of(ask(client, "get", path, asked), "", scene.marks, ADMIN):
                yield f"{path} with {asked}: {fault}"
        for field in _foreign_keys(model):
            query = {"app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": field.name}
            answer = ask(client, "get", "/admin/autocomplete/", {**query, "term": ""})
            if fault := fault_of(answer, "", scene.marks, ADMIN):
                yield f"autocomplete of {model._meta.label}.{field.name}: {fault}"
        for action in ("delete_selected", *(name for name, _ in _actions(admin, scene))):
            chosen = {"action": action, "index": "0", "post": "yes", "_selected_action": theirs.pk}
            yield from _same(client, "post", path, chosen, {**chosen, "_selected_action": MISSING_NUMBER}, scene)


def registered() -> list[tuple[type[TenantOwned], Any]]:
    """The tenant's admin: its models and their pages."""
    return [(model, admin) for model, admin in site._registry.items() if issubclass(model, TenantOwned)]


def _lookups(model: type[models.Model], theirs: Any, house: House) -> Iterator[tuple[str, Any, Any]]:
    """Questions about the owner's row by each of its columns and its neighbours' names, and the same about no row."""
    yield "q", house.mark_of(type(theirs)), f"mk{uuid.uuid4().hex[:8]}00"
    for field in model._meta.concrete_fields:
        value = getattr(theirs, field.attname)
        if isinstance(field, models.ForeignKey) and issubclass(field.related_model, TenantOwned):
            if value is not None:
                yield f"{field.name}__id__exact", value, MISSING_NUMBER
            for inner in field.related_model._meta.concrete_fields:
                if isinstance(inner, models.CharField | models.TextField):
                    yield f"{field.name}__{inner.name}__startswith", house.mark, f"mk{uuid.uuid4().hex[:8]}"
        elif isinstance(value, str) and house.mark in value and len(value) < LONGEST:
            yield f"{field.name}__exact", value, f"{value[:-3]}zzz"
    yield "tenant__id__exact", house.tenant.pk, uuid.uuid4()


def _foreign_keys(model: type[models.Model]) -> list[Any]:
    return [field for field in model._meta.concrete_fields if isinstance(field, models.ForeignKey)]


def _actions(admin: Any, scene: Scene) -> list[tuple[str, Any]]:
    return list(admin.get_actions(_request(scene)).items())


def _same(
    client: Client, method: str, path: str, there: dict[str, Any], nobodys: dict[str, Any], scene: Scene
) -> Iterator[str]:
    """Findings unless the question about the owner's is answered as the one about nobody's."""
    [asked] = [value for name, value in there.items() if nobodys[name] != value]
    [other] = [value for name, value in nobodys.items() if there[name] != value]
    answer, control = ask(client, method, path, there), ask(client, method, path, nobodys)
    place = f"{method.upper()} {path} with {there}"
    if fault := fault_of(answer, asked, scene.marks, ADMIN):
        yield f"{place}: {fault}"
    if shape(answer, asked) != shape(control, other):
        yield f"{place}: answers otherwise than about a row that does not exist"


# The admin's forms: filled from the stranger's own row they work; with one foreign key of the owner's they don't.


def _admin_forms(client: Client, scene: Scene) -> Iterator[str]:
    request = _request(scene)
    for model, admin in registered():
        if not admin.has_change_permission(request):
            continue
        own, path = scene.elsewhere.rows[model][-1], f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        with tenant_scope(scene.elsewhere.tenant.pk):
            fields = admin.get_form(request)().fields
            filled = {name: _text(value) for name, value in model_to_dict(own, fields=fields).items()}
            chosen = {n: f.queryset for n, f in fields.items() if isinstance(f, ModelChoiceField)}
            keys = [(n, rows.model) for n, rows in chosen.items() if rows is not None]
        for name, target in keys:
            foreign = {**filled, name: str(scene.house.first(target).pk)}
            for where in (f"{path}add/", f"{path}{own.pk}/change/"):
                was = _rows_of(model, scene)
                answer = ask(client, "post", where, foreign)
                if fault := fault_of(answer, foreign[name], scene.marks, ADMIN):
                    yield f"POST {where} with the owner's {name}: {fault}"
                if answer.status_code != 200 or _rows_of(model, scene) != was:
                    yield f"POST {where} takes the owner's {name}"
        moved = {**filled, "tenant": str(scene.house.tenant.pk), "tenant_id": str(scene.house.tenant.pk)}
        for where in (f"{path}add/", f"{path}{own.pk}/change/"):
            if fault := fault_of(ask(client, "post", where, moved), moved["tenant"], scene.marks, ADMIN):
                yield f"POST {where} with the owner's tenant: {fault}"
        if ask(client, "post", f"{path}{own.pk}/change/", filled).status_code != 302:
            yield f"{model._meta.label}: the walk cannot fill its form, so refusals in it say nothing"


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _rows_of(model: Any, scene: Scene) -> list[Any]:
    with tenant_scope(scene.elsewhere.tenant.pk):
        return list(model.objects.order_by("pk").values())


def _request(scene: Scene) -> Any:
    request: Any = RequestFactory().post("/admin/")
    request.user, request.place = scene.cast.stranger, scene.cast.place(scene.cast.stranger)
    return request


# Our own forms that name rows: filled with the stranger's rows they work, with one of the owner's they don't.


def _web_forms(client: Client, scene: Scene) -> Iterator[str]:
    for place, data, swaps in _forms(scene.elsewhere, scene.house):
        for name, foreign in swaps.items():
            was = {model: _rows_of(model, scene) for model in (Integration, ReviewItem)}
            answer = ask(client, "post", place, {**data, name: foreign})
            if fault := fault_of(answer, foreign, scene.marks, ADMIN):
                yield f"POST {place} with the owner's {name}: {fault}"
            if {model: _rows_of(model, scene) for model in was} != was:
                yield f"POST {place} takes the owner's {name}"
        was = {model: _rows_of(model, scene) for model in (Integration, ReviewItem)}
        ask(client, "post", place, data)
        if {model: _rows_of(model, scene) for model in was} == was:
            yield f"POST {place}: the walk cannot fill this form, so refusals in it say nothing"


def _forms(own: House, theirs: House) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """(address, what fills it, which fields to swap for the owner's)."""
    with tenant_scope(own.tenant.pk):
        erp, first = _joined(own)
        ap = _second(first)
    with tenant_scope(theirs.tenant.pk):
        other_erp, other_ap = (row.uuid for row in _joined(theirs))
    joined = {"name": "second", "company": "20"}
    data = {**joined, "erp": erp.uuid, "ap": ap.uuid}
    yield "/integrations/add/", data, {"erp": other_erp, "ap": other_ap}
    [held, *_] = (item for item in own.rows[OutboxItem] if item.state == "held")
    [foreign, *_] = (item for item in theirs.rows[OutboxItem] if item.state == "held")
    given = {"item": held.uuid, "to": own.owner.pk}
    yield "/review/assign/", given, {"item": foreign.uuid, "to": theirs.owner.pk}
    yield "/review/retry/", {"item": held.uuid}, {"item": foreign.uuid}


def _joined(house: House) -> tuple[Connection, Connection]:
    """The two connections of its integration."""
    found = Integration.objects.select_related("erp", "ap").get(pk=house.first(Integration).pk)
    return found.erp, found.ap


def _second(first: Connection) -> Connection:
    """One more connection like it: an organisation pays for one company only."""
    made: Connection = Connection.objects.create(
        name="spare", system=first.system, settings=first.settings, secrets=first.secrets
    )
    return made
