"""Lists and single things: filters, exact amounts, the whole story, and what is refused in words."""

from typing import Any

import pytest
from django.test import Client

from integrations.models import OutboxItem, WriteIntent
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.factories import Cast, join
from tests.integrations.api.conftest import Program, error_of
from tests.integrations.factories import Desk

V1 = "/api/v1"


def rows(client: Client, path: str, **query: Any) -> list[dict[str, Any]]:
    answer = client.get(f"{V1}/{path}/", query)
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def post(client: Client, path: str, body: Any = None) -> Any:
    return client.post(path, {} if body is None else body, content_type="application/json")


def test_records_are_filtered_by_state_reason_entity_and_integration(owner: Client, desk: Desk) -> None:
    held = desk.record("held", code="no_due_date", amount="1234567890.10")
    desk.record("done", entity="vendor")
    query = {"state": "held", "reason": "no_due_date", "entity": "invoice", "integration": desk.integration.uuid}
    [row] = rows(owner, "records", **query)
    assert (row["id"], row["amount"]) == (str(held.uuid), "1234567890.1")
    assert rows(owner, "records", since="2100-01-01T00:00:00Z") == []


def test_a_record_tells_its_whole_story(owner: Client, desk: Desk) -> None:
    item = desk.record("done", snapshot={"key": "1", "tax_id": "12-3456789", "lines": [{"tax_id": "9"}]})
    body = owner.get(f"{V1}/records/{item.uuid}/").json()
    assert (body["state"], body["links"][0]["target_id"]) == ("done", "00n00001")
    assert body["intents"][0]["outcome"] == "created"
    assert [event["title"] for event in body["events"]]
    assert body["source"] == {"key": "1", "lines": [{}]}


def test_a_tax_id_in_a_draft_is_not_shown(owner: Client, desk: Desk) -> None:
    item = desk.record("done")
    with tenant_scope(desk.tenant_id):
        WriteIntent.objects.filter(item=item).update(draft={"name": "Grafton", "tax_id": "12-3456789"})
    assert "3456789" not in owner.get(f"{V1}/records/{item.uuid}/").content.decode()


def test_settings_say_what_they_are_and_may_be(owner: Client, desk: Desk) -> None:
    body = owner.get(f"{V1}/integrations/{desk.integration.uuid}/settings/").json()
    [found] = [each for each in body["settings"] if each["name"] == "prepayments"]
    assert (found["value"], found["default"], found["choices"], body["version"]) == (
        "hold",
        "hold",
        ["hold", "send"],
        1,
    )


def test_lists_show_what_there_is(owner: Client, desk: Desk) -> None:
    run = desk.run(taken=3, counts={"created": 3})
    assert [each["id"] for each in rows(owner, "runs", flow=desk.flows["invoice"].uuid)] == [str(run.uuid)]
    assert [each["name"] for each in rows(owner, "integrations")] == ["Acme payables"]
    assert {each["entity"] for each in rows(owner, "flows", integration=desk.integration.uuid)} == {"vendor", "invoice"}
    assert owner.get(f"{V1}/runs/{run.uuid}/").json()["counts"] == {"created": 3}


def test_the_audit_is_read_and_verified(owner: Client, desk: Desk) -> None:
    post(owner, f"{V1}/flows/{desk.flows['invoice'].uuid}/pause/")
    [entry] = rows(owner, "audit", action="flow_paused")
    assert entry["actor_kind"] == "user"
    verdict = post(owner, f"{V1}/audit/verify/").json()
    assert (verdict["whole"], verdict["broken_at"]) == (True, None)


@pytest.mark.parametrize(
    "query",
    [
        *("tenant=x", "connection=x", "ordering=flow__integration", "search=secret", "status[]=x", "state=x"),
        *("integration=1", "since=yesterday", "q=%00", "state=held&state=done", "limit=1e9", "cursor=zz"),
    ],
)
def test_what_is_not_asked_for_is_refused_never_ignored(owner: Client, desk: Desk, query: str) -> None:
    answer = owner.get(f"{V1}/records/?{query}")
    assert (answer.status_code, error_of(answer)["code"]) == (400, "invalid")
    assert error_of(answer)["details"]


def test_flows_are_paused_resumed_and_run(owner: Client, desk: Desk) -> None:
    path = f"{V1}/flows/{desk.flows['invoice'].uuid}"
    assert post(owner, f"{path}/pause/").json()["state"] == "paused"
    refused = post(owner, f"{path}/run/")
    assert (refused.status_code, error_of(refused)["code"]) == (409, "refused")
    assert post(owner, f"{path}/resume/").json()["state"] == "on"
    assert post(owner, f"{path}/run/").status_code == 202


def test_a_key_runs_with_retry_and_pauses_never(program: Program, desk: Desk) -> None:
    path = f"{V1}/flows/{desk.flows['invoice'].uuid}"
    assert post(program("read", "retry"), f"{path}/run/").status_code == 202
    assert post(program("read"), f"{path}/run/").status_code == 403
    assert post(program("read", "retry", "settings"), f"{path}/pause/").status_code == 403


def test_a_key_proposes_a_setting_with_its_reason(program: Program, desk: Desk) -> None:
    path = f"{V1}/integrations/{desk.integration.uuid}/settings/"
    body = {"name": "rounding_account", "value": "8030", "reason": "as agreed"}
    made = post(program("settings"), path, body)
    assert (made.status_code, made.json()["status"], made.json()["version"]) == (201, "approved", 2)
    again = post(program("settings"), path, body)
    assert (again.status_code, "so already" in error_of(again)["message"]) == (409, True)


@pytest.mark.parametrize("extra", ["tenant", "status", "version", "made_by", "old", "created_at"])
def test_protected_fields_are_refused_and_nothing_is_proposed(
    owner: Client, desk: Desk, cast: Cast, extra: str
) -> None:
    join(cast.owner, cast.tenant, Role.INTEGRATOR)
    path = f"{V1}/integrations/{desk.integration.uuid}/settings/"
    body = {"name": "auto_archive", "value": True, "reason": "x", extra: "1"}
    answer = post(owner, path, body)
    assert (answer.status_code, list(error_of(answer)["details"])) == (400, [extra])
    assert rows(owner, "setting-changes") == []


def test_a_refused_change_leaves_nothing_behind(owner: Client, desk: Desk) -> None:
    item = desk.record("held", code="x")
    answer = post(owner, f"{V1}/flows/{item.flow.uuid}/run/", {"a": 1})
    assert answer.status_code == 400
    with tenant_scope(desk.tenant_id):
        assert OutboxItem.objects.get(pk=item.pk).state == "held"
