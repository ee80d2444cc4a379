"""Connections, flows, settings, plans and endpoints: who sets up what."""

import uuid
from collections.abc import Callable
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from integrations.models import (
    AlertChannel,
    Connection,
    DueFlow,
    Flow,
    PingResult,
    Plan,
    SettingChange,
)
from tests.defences.house import NOWHERE
from tests.defences.stranger import ask
from tests.defences.table import CONFIGURE, makes
from tests.defences.trials.trial import (
    CONNECTING,
    CONTROLLER,
    INTEGRATOR,
    WORKING,
    Trial,
    scope_of,
)
from tests.integrations.factories import Desk, connect


def connection_of(desk: Desk) -> Connection:
    plain = {name: value for name, value in FIELDS.items() if name not in ("dev_key", "password")}
    with scope_of(desk):
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
    with scope_of(desk):
        return bool(Connection.objects.filter(name=name).exists())


def _edit_connection(client: Client, desk: Desk) -> bool:
    row = connection_of(desk)
    ask(client, "post", f"/connections/{row.uuid}/edit/", {**FIELDS, "name": row.name, "dev_key": "another-key"})
    with scope_of(desk):
        return bool(Connection.objects.get(pk=row.pk).secrets.reveal().get("dev_key") == "another-key")


def _delete_connection(client: Client, desk: Desk) -> bool:
    row = connection_of(desk)
    ask(client, "post", f"/connections/{row.uuid}/delete/")
    with scope_of(desk):
        return not Connection.objects.filter(pk=row.pk).exists()


def _ping(path: str) -> Callable[[Client, Desk], bool]:
    def attempt(client: Client, desk: Desk) -> bool:
        with scope_of(desk):
            row = connect("ap", f"c{uuid.uuid4().hex[:8]}", settings={"environment": "own", "base_url": NOWHERE})
        ask(client, "post", path.format(row.uuid))
        with scope_of(desk):
            return bool(PingResult.objects.filter(connection=row).exists())

    return attempt


def _switch(act: str) -> Callable[[Client, Desk], bool]:
    def attempt(client: Client, desk: Desk) -> bool:
        flow = desk.flows["vendor"]
        with scope_of(desk):
            Flow.objects.filter(pk=flow.pk).update(enabled=act != "resume")
            DueFlow.objects.filter(flow_id=flow.pk).update(poll_at=timezone.now() + timedelta(days=1))
        ask(client, "post", f"/flows/{flow.uuid}/", {"do": act})
        with scope_of(desk):
            due = DueFlow.objects.get(flow_id=flow.pk)
            on = bool(Flow.objects.get(pk=flow.pk).enabled)
        return due.poll_at <= timezone.now() if act == "run" else on == (act == "resume")

    return attempt


def _api_switch(client: Client, desk: Desk) -> bool:
    flow = desk.flows["invoice"]
    with scope_of(desk):
        Flow.objects.filter(pk=flow.pk).update(enabled=True)
    ask(client, "post", f"/api/v1/flows/{flow.uuid}/pause/")
    with scope_of(desk):
        return not Flow.objects.get(pk=flow.pk).enabled


def _add_endpoint(path: str) -> Callable[[Client, Desk], bool]:
    def attempt(client: Client, desk: Desk) -> bool:
        name = f"e{uuid.uuid4().hex[:8]}"
        with scope_of(desk):
            AlertChannel.objects.filter(user=None).delete()
        ask(client, "post", path, {"name": name, "url": "https://hooks.example.com/", "kinds": ["held"]})
        with scope_of(desk):
            return bool(AlertChannel.objects.filter(name=name).exists())

    return attempt


def _remove_endpoint(client: Client, desk: Desk) -> bool:
    with scope_of(desk):
        row = AlertChannel.objects.create(name="e", url="https://hooks.example.com/")
    ask(client, "post", f"/settings/alerts/webhooks/{row.uuid}/", {"do": "remove"})
    with scope_of(desk):
        return not AlertChannel.objects.filter(pk=row.pk).exists()


def _propose_setting(client: Client, desk: Desk) -> bool:
    value = f"a{uuid.uuid4().hex[:6]}"
    body = {"name": "rounding_account", "value": value, "reason": "tried"}
    ask(client, "post", f"/api/v1/integrations/{desk.integration.uuid}/settings/", body)
    with scope_of(desk):
        return bool(SettingChange.objects.filter(new=value).exists())


def _approve_setting(client: Client, desk: Desk) -> bool:
    with scope_of(desk):
        SettingChange.objects.filter(status="proposed").update(status="withdrawn")
        row = SettingChange.objects.create(
            integration=desk.integration, name="fallback_account", old="", new=uuid.uuid4().hex[:6], reason="tried",
            effective_from=timezone.localdate(), made_at=timezone.now(), made_by=desk.user,
        )  # fmt: skip
    ask(client, "post", f"/api/v1/setting-changes/{row.uuid}/approve/")
    with scope_of(desk):
        return bool(SettingChange.objects.get(pk=row.pk).status == "approved")


def _plan(client: Client, desk: Desk) -> bool:
    with scope_of(desk):
        Plan.objects.all().delete()
    ask(client, "post", f"/api/v1/flows/{desk.flows['invoice'].uuid}/plan/")
    with scope_of(desk):
        return bool(Plan.objects.exists())


def _apply(client: Client, desk: Desk) -> bool:
    with scope_of(desk):
        Plan.objects.all().delete()
        row = Plan.objects.create(integration=desk.integration, status="ready", made_at=timezone.now())
    ask(client, "post", f"/api/v1/plans/{row.uuid}/apply/")
    with scope_of(desk):
        return bool(Plan.objects.get(pk=row.pk).status == "applying")


TRIALS = (
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
    Trial("pause a flow by the API", CONNECTING, _api_switch),
    Trial("propose a setting by the API", makes(CONFIGURE), _propose_setting),
    Trial("approve a setting by the API", frozenset({CONTROLLER}), _approve_setting),
    Trial("make a plan by the API", CONNECTING | WORKING, _plan),
    Trial("apply a plan by the API", frozenset({INTEGRATOR, CONTROLLER}), _apply),
)
