"""Plans by the API: asked for, made by a worker, looked at, applied by whom it is due; nothing written before that."""

import base64
import json
from typing import Any

import pytest
import redis
from django.conf import settings
from django.test import Client

from integrations import tasks
from tenants.models import Role
from tests.factories import Cast, join, person, signed_in
from tests.integrations.api.conftest import Program, error_of
from tests.integrations.runner.town import Make, Town, town_of

__all__ = ["town_of"]

V1 = "/api/v1"
QUEUE = "ml-celery:celery"
TASKS = {task.name: task for task in (tasks.make_plan, tasks.apply_plan)}


@pytest.fixture
def town(town_of: Make) -> Town:
    made = town_of(active=False)
    made.supplier("S1")
    made.erp.invoice(1, "100.00")
    return made


@pytest.fixture
def integrator(cast: Cast) -> Client:
    user = person()
    join(user, cast.tenant, Role.INTEGRATOR)
    return signed_in(user)


def post(client: Client, path: str) -> Any:
    return client.post(f"{V1}/{path}/", {}, content_type="application/json")


def work(tenant_id: Any) -> None:
    """Do, as a worker would, what waits in the broker for this tenant."""
    broker = redis.Redis.from_url(settings.REDIS_URL)
    for raw in broker.lrange(QUEUE, 0, -1):
        message = json.loads(raw)
        arguments = json.loads(base64.b64decode(message["body"]))[0]
        if message["headers"]["task"] in TASKS and arguments[1] == str(tenant_id):
            broker.lrem(QUEUE, 1, raw)  # type: ignore[arg-type]
            TASKS[message["headers"]["task"]](*arguments)


def test_a_plan_is_made_shown_and_applied(integrator: Client, town: Town) -> None:
    asked = post(integrator, f"integrations/{town.integration.uuid}/plan")
    assert (asked.status_code, asked.json()["status"]) == (202, "making")
    work(town.tenant_id)
    plan = integrator.get(f"{V1}/plans/{asked.json()['id']}/").json()
    assert (plan["status"], plan["totals"]["invoice"]["create"]["amounts"]) == ("ready", {"USD": "100"})
    [line] = integrator.get(f"{V1}/plans/{plan['id']}/lines/", {"code": "after_vendor"}).json()["results"]
    assert (line["number"], line["amount"], town.bills()) == ("N1", "100", {})
    assert post(integrator, f"plans/{plan['id']}/apply").status_code == 202
    work(town.tenant_id)
    assert integrator.get(f"{V1}/plans/{plan['id']}/").json()["status"] == "applied"
    assert town.bills() == {"N1": "100.00"}


def test_one_plan_at_a_time(integrator: Client, town: Town) -> None:
    flow = integrator.get(f"{V1}/flows/", {"entity": "invoice"}).json()["results"][0]["id"]
    assert post(integrator, f"flows/{flow}/plan").status_code == 202
    again = post(integrator, f"integrations/{town.integration.uuid}/plan")
    early = post(integrator, f"flows/{flow}/apply")
    assert [each.status_code for each in (again, early)] == [409, 409]
    assert "already" in error_of(again)["message"]


def test_a_key_and_a_clerk_apply_nothing(program: Program, integrator: Client, town: Town, cast: Cast) -> None:
    plan = post(integrator, f"integrations/{town.integration.uuid}/plan").json()["id"]
    for client in (program("read", "retry", "settings"), signed_in(cast.colleague)):
        assert post(client, f"plans/{plan}/apply").status_code == 403


def test_where_a_controller_has_the_last_word_the_integrator_does_not_apply(
    integrator: Client, town: Town, cast: Cast
) -> None:
    join(person(), cast.tenant, Role.CONTROLLER)
    plan = post(integrator, f"integrations/{town.integration.uuid}/plan").json()["id"]
    work(town.tenant_id)
    answer = post(integrator, f"plans/{plan}/apply")
    assert (answer.status_code, error_of(answer)["message"]) == (403, "A controller applies a plan.")
