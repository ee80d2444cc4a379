"""Defence: who may do what. The table of roles, tried out: by the pages, the API and the admin, judged by the rows.

Each act is tried by a person with one role; what counts is whether the tenant's rows changed, not the answer alone.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from integrations.models import (
    AlertChannel,
    Answer,
    Comment,
    Connection,
    DueFlow,
    FieldMapping,
    Flow,
    GLMapping,
    MappingChange,
    MappingPreview,
    MappingSet,
    OutboxItem,
    PingResult,
    Plan,
    ReviewItem,
    SettingChange,
)
from tenants.models import Invitation, Membership, Role
from tenants.scope import tenant_scope
from tests.defences.house import NOWHERE
from tests.defences.proposals import key_of
from tests.defences.stranger import ask, body_of
from tests.defences.table import API_KEY, CONFIGURE, CONNECT, READ, WORK, makes
from tests.factories import Cast, join, person, signed_in
from tests.integrations.factories import Desk, connect

OWNER, INTEGRATOR, CONTROLLER, CLERK = Role.OWNER, Role.INTEGRATOR, Role.CONTROLLER, Role.CLERK
_ITEMS = "/api/v1/review-items/"
READING = (
    *("/", "/connections/", "/integrations/", "/runs/", "/records/", "/records.csv", "/review/", "/mappings/"),
    *("/audit/", "/settings/", "/settings/members/", "/admin/", "/admin/integrations/glmapping/"),
    *(
        "/api/v1/status/",
        "/api/v1/connections/",
        "/api/v1/connection-changes/",
        "/api/schema/",
        "/api/v1/integrations/",
        "/api/v1/flows/",
    ),
    *("/api/v1/runs/", "/api/v1/records/", "/api/v1/review-items/", "/api/v1/plans/", "/api/v1/audit/"),
    *("/reconciliation/", "/reconciliation/statements/", "/reconciliation/cut-off/", "/api/v1/reconciliation/"),
    *("/settlements/", "/settlements.csv", "/api/v1/settlements/", "/mappings/rule/", "/mappings/files/"),
    *("/review/reasons/", "/api/v1/reasons/", "/api/v1/review-items/causes/"),
    *("/api/v1/gl-mappings/", "/api/v1/field-mappings/", "/api/v1/mapping-sets/", "/api/v1/second-person/"),
    *(
        "/settings/second-person/",
        "/admin/integrations/reviewitem/",
        "/admin/audit/auditentry/",
    ),
    *("/settings/alerts/", "/settings/alerts/log/", "/api/v1/webhooks/"),
)


@dataclass(frozen=True)
class Trial:
    """An act: who may do it, and a way of doing it that says by the rows whether it was done."""

    name: str
    allowed: frozenset[str]
    attempt: Callable[[Client, Desk], bool]


def findings(cast: Cast, desk: Desk, roles: Iterable[str] = (*Role.values, API_KEY)) -> list[str]:
    """Every difference from the table, in one sentence each; empty: none."""
    return [finding for role in roles for finding in _of(role, cast, desk)]


def _of(role: str, cast: Cast, desk: Desk) -> Iterator[str]:
    client = key_of(cast, cast.owner) if role == API_KEY else _browser(cast, Role(role))
    for path in READING if role != API_KEY else [path for path in READING if path.startswith("/api/v1/")]:
        answer = ask(client, "get", path)
        body_of(answer)
        if answer.status_code != 200:
            yield f"{role} cannot read {path}: {answer.status_code}"
    for trial in TRIALS:
        done = trial.attempt(client, desk)
        if done != (role in trial.allowed):
            yield f"{role} {'can' if done else 'cannot'} {trial.name}"


def _browser(cast: Cast, role: Role) -> Client:
    user = person()
    join(user, cast.tenant, role)
    client = signed_in(user)
    client.raise_request_exception = False
    return client


def _tenant(desk: Desk) -> Any:
    return tenant_scope(desk.tenant_id)


def _connection(desk: Desk) -> Connection:
    plain = {name: value for name, value in FIELDS.items() if name not in ("dev_key", "password")}
    with _tenant(desk):
        return connect("ap", f"c{uuid.uuid4().hex[:8]}", settings=plain)


FIELDS = {
    "environment": "sandbox",
    "organization_id": "00802DEMOORGANIZA001",
    "dev_key": "a-developer-key",
    "credential_kind": "sync_token",
    "username": "ml-connector",
    "password": "a-password",
    "search_lag": "30",
    "max_lines": "100",
    "max_number_length": "100",
}


def _add_connection(client: Client, desk: Desk) -> bool:
    name = f"c{uuid.uuid4().hex[:8]}"
    ask(client, "post", "/connections/add/bill/", {**FIELDS, "name": name})
    with _tenant(desk):
        return bool(Connection.objects.filter(name=name).exists())


def _edit_connection(client: Client, desk: Desk) -> bool:
    row = _connection(desk)
    ask(client, "post", f"/connections/{row.uuid}/edit/", {**FIELDS, "name": row.name, "dev_key": "another-key"})
    with _tenant(desk):
        return bool(Connection.objects.get(pk=row.pk).secrets.reveal().get("dev_key") == "another-key")


def _delete_connection(client: Client, desk: Desk) -> bool:
    row = _connection(desk)
    ask(client, "post", f"/connections/{row.uuid}/delete/")
    with _tenant(desk):
        return not Connection.objects.filter(pk=row.pk).exists()


def _ping(path: str) -> Callable[[Client, Desk], bool]:
    def attempt(client: Client, desk: Desk) -> bool:
        with _tenant(desk):
            row = connect("ap", f"c{uuid.uuid4().hex[:8]}", settings={"environment": "own", "base_url": NOWHERE})
        ask(client, "post", path.format(row.uuid))
        with _tenant(desk):
            return bool(PingResult.objects.filter(connection=row).exists())

    return attempt


def _switch(act: str) -> Callable[[Client, Desk], bool]:
    def attempt(client: Client, desk: Desk) -> bool:
        flow = desk.flows["vendor"]
        with _tenant(desk):
            Flow.objects.filter(pk=flow.pk).update(enabled=act != "resume")
            DueFlow.objects.filter(flow_id=flow.pk).update(poll_at=timezone.now() + timedelta(days=1))
        ask(client, "post", f"/flows/{flow.uuid}/", {"do": act})
        with _tenant(desk):
            due = DueFlow.objects.get(flow_id=flow.pk)
            on = bool(Flow.objects.get(pk=flow.pk).enabled)
        return due.poll_at <= timezone.now() if act == "run" else on == (act == "resume")

    return attempt


def _retry(client: Client, desk: Desk) -> bool:
    item = desk.record("held", code="x")
    ask(client, "post", "/review/retry/", {"item": item.uuid})
    with _tenant(desk):
        return bool(OutboxItem.objects.get(pk=item.pk).state == "ready")


def _mapping(desk: Desk, model: Any) -> tuple[Any, dict[str, Any]]:
    source = f"dimensions.{uuid.uuid4().hex[:8]}"
    data: dict[str, Any] = {"integration": desk.integration.pk, "source": source, "target": "1"}
    data |= {"table": "account"} if model is GLMapping else {"entity": "invoice"}
    with _tenant(desk):
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
    with _tenant(desk):
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
    with _tenant(desk):
        row = MappingSet.objects.create(integration=desk.integration, made_at=timezone.now(), made_by=desk.user)
        rule = {"table": "account", "company": "", "part": "", "source": uuid.uuid4().hex[:8], "valid_from": None}
        MappingChange.objects.create(set=row, rule=rule, new={"target": "1", "valid_to": None, "note": ""})
    ask(client, "post", path.format(row.uuid), {"do": "approve"} if path.startswith("/mappings/") else None)
    with _tenant(desk):
        return bool(GLMapping.objects.filter(source=rule["source"]).exists())


def _preview(client: Client, desk: Desk) -> bool:
    with _tenant(desk):
        row = MappingSet.objects.create(integration=desk.integration, made_at=timezone.now(), made_by=desk.user)
    ask(client, "post", f"/api/v1/mapping-sets/{row.uuid}/preview/")
    with _tenant(desk):
        return bool(MappingPreview.objects.filter(set=row).exists())


def _approve_repost(client: Client, desk: Desk) -> bool:
    item = desk.record("done", code="x")
    with _tenant(desk):
        row = Answer.objects.create(
            item=item, code="repost", choice="repost", subject="x", reason="tried", made_at=timezone.now(),
            fingerprint=item.source.fingerprint, status="proposed", made_by=desk.user,
        )  # fmt: skip
    ask(client, "post", f"/api/v1/records/{item.uuid}/repost/approve/")
    with _tenant(desk):
        return bool(Answer.objects.get(pk=row.pk).status == "approved")


def _look_only(client: Client, desk: Desk) -> bool:
    """Nobody changes through the admin what the product writes."""
    row, item = _connection(desk), desk.record("held", code="x")
    ask(client, "post", f"/admin/integrations/connection/{row.pk}/delete/", {"post": "yes"})
    ask(client, "post", f"/admin/integrations/connection/{row.pk}/change/", {"name": "changed"})
    ask(client, "post", f"/admin/integrations/outboxitem/{item.pk}/delete/", {"post": "yes"})
    with _tenant(desk):
        kept = Connection.objects.filter(pk=row.pk, name=row.name), OutboxItem.objects.filter(pk=item.pk)
        return not all(rows.exists() for rows in kept)


def _invite(client: Client, desk: Desk) -> bool:
    email = f"{uuid.uuid4().hex[:8]}@example.test"
    ask(client, "post", "/settings/members/invite/", {"email": email, "role": "clerk"})
    with _tenant(desk):
        return bool(Invitation.objects.filter(email=email).exists())


def _take_role(client: Client, desk: Desk) -> bool:
    user = person()
    with _tenant(desk):
        row = Membership.objects.create(user=user, role=Role.AUDITOR)
    ask(client, "post", f"/settings/members/{row.pk}/take-role/")
    with _tenant(desk):
        return not Membership.objects.filter(pk=row.pk).exists()


def _take_own_role(client: Client, desk: Desk) -> bool:
    """Nobody changes their own role."""
    user_id = int(client.session.get("_auth_user_id", desk.user.pk))  # of a key: whoever made it
    with _tenant(desk):
        row = Membership.objects.filter(user_id=user_id).latest("pk")
    ask(client, "post", f"/settings/members/{row.pk}/take-role/")
    with _tenant(desk):
        return not Membership.objects.filter(pk=row.pk).exists()


def _invitation(desk: Desk) -> Invitation:
    with _tenant(desk):
        made: Invitation = Invitation.objects.create(
            email=f"{uuid.uuid4().hex[:8]}@example.test", role=Role.CONTROLLER, digest=uuid.uuid4().bytes * 2,
            invited_by=desk.user, expires=timezone.now() + timedelta(days=1),
        )  # fmt: skip
    return made


def _approve(client: Client, desk: Desk) -> bool:
    row = _invitation(desk)
    ask(client, "post", f"/settings/invitations/{row.pk}/approve/")
    with _tenant(desk):
        return Invitation.objects.get(pk=row.pk).checked_by_id is not None


def _revoke(client: Client, desk: Desk) -> bool:
    row = _invitation(desk)
    ask(client, "post", f"/settings/invitations/{row.pk}/revoke/")
    with _tenant(desk):
        return Invitation.objects.get(pk=row.pk).revoked is not None


def _review(desk: Desk) -> ReviewItem:
    """A held record that asks something which one person answers."""
    item = desk.record("held", code="x")
    with _tenant(desk):
        row: ReviewItem = ReviewItem.objects.get(item=item)
        row.problems = [{**row.problems[0], "choices": [{"key": "send", "label": "Send it", "act": "work"}]}]
        row.save()
    return row


def _review_act(act: str, state: str, body: dict[str, str]) -> Callable[[Client, Desk], bool]:
    def attempt(client: Client, desk: Desk) -> bool:
        row = _review(desk)
        ask(client, "post", f"/api/v1/review-items/{row.uuid}/{act}/", body)
        with _tenant(desk):
            return bool(OutboxItem.objects.get(pk=row.item_id).state == state)

    return attempt


def _assign(path: str, body: Callable[[ReviewItem, Any], dict[str, Any]]) -> Callable[[Client, Desk], bool]:
    def attempt(client: Client, desk: Desk) -> bool:
        row = _review(desk)
        with _tenant(desk):
            sent = body(row, desk.user)
        ask(client, "post", path.format(row.uuid), sent)
        with _tenant(desk):
            return bool(ReviewItem.objects.get(pk=row.pk).assignee_id == desk.user.pk)

    return attempt


def _comment(path: str, body: Callable[[ReviewItem], dict[str, Any]]) -> Callable[[Client, Desk], bool]:
    def attempt(client: Client, desk: Desk) -> bool:
        row = _review(desk)
        with _tenant(desk):
            sent = body(row)
        ask(client, "post", path.format(row.uuid), sent)
        with _tenant(desk):
            return bool(Comment.objects.filter(item=row.item_id).exists())

    return attempt


def _propose_setting(client: Client, desk: Desk) -> bool:
    value = f"a{uuid.uuid4().hex[:6]}"
    body = {"name": "rounding_account", "value": value, "reason": "tried"}
    ask(client, "post", f"/api/v1/integrations/{desk.integration.uuid}/settings/", body)
    with _tenant(desk):
        return bool(SettingChange.objects.filter(new=value).exists())


def _approve_setting(client: Client, desk: Desk) -> bool:
    with _tenant(desk):
        SettingChange.objects.filter(status="proposed").update(status="withdrawn")
        row = SettingChange.objects.create(
            integration=desk.integration, name="fallback_account", old="", new=uuid.uuid4().hex[:6], reason="tried",
            effective_from=timezone.localdate(), made_at=timezone.now(), made_by=desk.user,
        )  # fmt: skip
    ask(client, "post", f"/api/v1/setting-changes/{row.uuid}/approve/")
    with _tenant(desk):
        return bool(SettingChange.objects.get(pk=row.pk).status == "approved")


def _plan(client: Client, desk: Desk) -> bool:
    with _tenant(desk):
        Plan.objects.all().delete()
    ask(client, "post", f"/api/v1/flows/{desk.flows['invoice'].uuid}/plan/")
    with _tenant(desk):
        return bool(Plan.objects.exists())


def _apply(client: Client, desk: Desk) -> bool:
    with _tenant(desk):
        Plan.objects.all().delete()
        row = Plan.objects.create(integration=desk.integration, status="ready", made_at=timezone.now())
    ask(client, "post", f"/api/v1/plans/{row.uuid}/apply/")
    with _tenant(desk):
        return bool(Plan.objects.get(pk=row.pk).status == "applying")


def _api_switch(client: Client, desk: Desk) -> bool:
    flow = desk.flows["invoice"]
    with _tenant(desk):
        Flow.objects.filter(pk=flow.pk).update(enabled=True)
    ask(client, "post", f"/api/v1/flows/{flow.uuid}/pause/")
    with _tenant(desk):
        return not Flow.objects.get(pk=flow.pk).enabled


def _verify(client: Client, desk: Desk) -> bool:
    return bool(ask(client, "post", "/api/v1/audit/verify/").status_code == 200)


def _add_endpoint(path: str) -> Callable[[Client, Desk], bool]:
    def attempt(client: Client, desk: Desk) -> bool:
        name = f"e{uuid.uuid4().hex[:8]}"
        with _tenant(desk):
            AlertChannel.objects.filter(user=None).delete()
        ask(client, "post", path, {"name": name, "url": "https://hooks.example.com/", "kinds": ["held"]})
        with _tenant(desk):
            return bool(AlertChannel.objects.filter(name=name).exists())

    return attempt


def _remove_endpoint(client: Client, desk: Desk) -> bool:
    with _tenant(desk):
        row = AlertChannel.objects.create(name="e", url="https://hooks.example.com/")
    ask(client, "post", f"/settings/alerts/webhooks/{row.uuid}/", {"do": "remove"})
    with _tenant(desk):
        return not AlertChannel.objects.filter(pk=row.pk).exists()


CONNECTING = makes(CONNECT)
MAPPING = makes(CONFIGURE, "mappings") - {API_KEY}  # as makers; a key has the API only
WORKING = makes(WORK)
TRIALS = (
    Trial("verify the audit by the API", makes(READ) | {API_KEY}, _verify),
    Trial("add a connection", CONNECTING, _add_connection),
    Trial("replace a connection's secret", CONNECTING, _edit_connection),
    Trial("delete a connection", CONNECTING, _delete_connection),
    Trial("add a webhook endpoint", CONNECTING, _add_endpoint("/settings/alerts/webhooks/add/")),
    Trial("add a webhook endpoint by the API", CONNECTING, _add_endpoint("/api/v1/webhooks/")),
    Trial("take a webhook endpoint away", CONNECTING, _remove_endpoint),
    Trial("ping by the page", CONNECTING | WORKING, _ping("/connections/{}/ping/")),
    Trial("ping by the API", CONNECTING | WORKING, _ping("/api/v1/connections/{}/ping/")),
    Trial("pause a flow", CONNECTING, _switch("pause")),
    Trial("resume a flow", CONNECTING, _switch("resume")),
    Trial("run a flow now", CONNECTING | WORKING, _switch("run")),
    Trial("retry a record", WORKING, _retry),
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
    Trial("approve a re-post by the API", frozenset({CONTROLLER}), _approve_repost),
    Trial("change what the product writes in the admin", frozenset(), _look_only),
    Trial("pause a flow by the API", CONNECTING, _api_switch),
    Trial("retry by the API", WORKING | {API_KEY}, _review_act("retry", "ready", {})),
    Trial("answer by the API", WORKING, _review_act("resolve", "ready", {"choice": "send", "reason": "tried"})),
    Trial("ignore by the API", frozenset({CONTROLLER, CLERK}), _review_act("ignore", "ignored", {"reason": "tried"})),
    Trial("assign", WORKING, _assign("/review/assign/", lambda row, to: {"item": row.item.uuid, "to": to.pk})),
    Trial("assign by the API", WORKING, _assign(f"{_ITEMS}{{}}/assign/", lambda row, to: {"to": to.email})),
    Trial("comment", WORKING, _comment("/review/comment/", lambda row: {"item": row.item.uuid, "text": "x"})),
    Trial("comment by the API", WORKING, _comment(f"{_ITEMS}{{}}/comments/", lambda row: {"text": "x"})),
    Trial("propose a setting by the API", makes(CONFIGURE), _propose_setting),
    Trial("approve a setting by the API", frozenset({CONTROLLER}), _approve_setting),
    Trial("make a plan by the API", CONNECTING | WORKING, _plan),
    Trial("apply a plan by the API", frozenset({INTEGRATOR, CONTROLLER}), _apply),
    Trial("invite a member", frozenset({OWNER}), _invite),
    Trial("withdraw an invitation", frozenset({OWNER}), _revoke),
    Trial("approve a controller", frozenset({CONTROLLER}), _approve),
    Trial("take a role away", frozenset({OWNER}), _take_role),
    Trial("take the own role away", frozenset(), _take_own_role),
)
