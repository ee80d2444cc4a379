"""Runs that add up in sight; joining, pausing and running flows; mappings, audit, settings."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from audit.models import AuditEntry
from integrations import runner
from integrations.engine.errors import ConnectionBroken
from integrations.engine.records import Company
from integrations.models import DueFlow, Flow, Integration
from integrations.web.rhythm import in_words
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.factories import Cast
from tests.integrations.factories import Desk, connect


def sum_of(page: str) -> list[int]:
    return [int(n.replace(",", "")) for n in re.findall(r'<span class="number">([\d,]+)</span>', page)]


def test_a_run_adds_up_in_sight(owner: Client, desk: Desk) -> None:
    run = desk.run(taken=1500, counts={"created": 1400, "held": 99, "failed": 1, "linked": 0})
    page = owner.get(f"/runs/{run.uuid}/").content.decode()
    assert sum_of(page) == [1500, 1400, 99, 1]
    assert "It adds up" in page


def test_a_difference_is_red_and_named(owner: Client, desk: Desk) -> None:
    run = desk.run(taken=120, counts={"created": 100, "held": 18}, balanced=False)
    page = owner.get(f"/runs/{run.uuid}/").content.decode()
    assert sum_of(page) == [120, 100, 18, 2]
    assert "unexplained" in page
    assert "1 run does not add up." in owner.get("/runs/").content.decode()
    assert "Does not add up" in owner.get("/runs/?state=attention").content.decode()


def test_amounts_and_reasons_are_listed(owner: Client, desk: Desk) -> None:
    run = desk.run(
        taken=2, counts={"held": 2}, reasons={"held:no_due_date": 2}, amounts={"held": {"USD": "10.5", "JPY": "7"}}
    )
    page = owner.get(f"/runs/{run.uuid}/").content.decode()
    assert "No due date" in page
    assert "10.50" in page


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("*/5 * * * *", "every 5 minutes"),
        ("* * * * *", "every minute"),
        ("30 * * * *", "every hour, 30 minutes past"),
        ("0 6 * * *", "every day at 06:00"),
        ("15 18 * * 1-5", "at 18:15 on weekdays"),
        ("*/5 * * * 1-5", "every 5 minutes on weekdays"),
        ("0 */2 * * 0,6", "every 2 hours, 0 minutes past at weekends"),
        ("0 6 1 * *", "at 06:00 on the first day of every month"),
        ("none", "by the schedule none"),
    ],
)
def test_schedules_are_said_plainly(cron: str, words: str) -> None:
    assert in_words(cron) == words


def flow_of(desk: Desk) -> Flow:
    with tenant_scope(desk.tenant_id):
        found: Flow = Flow.objects.get(pk=desk.flows["invoice"].pk)
        return found


def test_pause_and_resume_reach_the_dispatcher_and_the_audit(owner: Client, desk: Desk) -> None:
    path = f"/flows/{flow_of(desk).uuid}/"
    owner.post(path, {"do": "pause"})
    assert (flow_of(desk).enabled, DueFlow.objects.get(flow_id=flow_of(desk).pk).enabled) == (False, False)
    assert "Does not run until it is resumed" in owner.get(f"/integrations/{desk.integration.uuid}/").content.decode()
    owner.post(path, {"do": "resume"})
    assert DueFlow.objects.get(flow_id=flow_of(desk).pk).enabled
    with tenant_scope(desk.tenant_id):
        assert set(AuditEntry.objects.filter(action__startswith="flow_").values_list("action", flat=True)) == {
            "flow_paused",
            "flow_resumed",
        }


def test_an_auditor_changes_no_flow(browser_of: Callable[[Role], Client], desk: Desk) -> None:
    auditor = browser_of(Role.AUDITOR)
    for act in ("pause", "run"):
        auditor.post(f"/flows/{flow_of(desk).uuid}/", {"do": act})
    assert flow_of(desk).enabled
    assert "Run now" not in auditor.get(f"/integrations/{desk.integration.uuid}/").content.decode()


def join(client: Client, erp: Any, ap: Any, **fields: Any) -> Any:
    sent = {"erp": erp.uuid, "ap": ap.uuid, "name": "Joined", "company": "10"}
    return client.post("/integrations/add/", {**sent, **fields})


def test_joining_asks_the_ledger_for_its_companies(owner: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "companies", lambda *_: [Company(key="10", name="Lakeside", currency="USD")])
    with tenant_scope(cast.tenant.pk):
        erp, ap = connect("erp"), connect("ap")
    assert "Lakeside" in owner.get(f"/integrations/add/?erp={erp.uuid}&ap={ap.uuid}").content.decode()
    assert join(owner, erp, ap).status_code == 302
    with tenant_scope(cast.tenant.pk):
        made = Integration.objects.get()
        assert not Flow.objects.exists()
    assert (made.company, made.company_name, made.active) == ("10", "Lakeside", False)
    assert (made.company_currency, made.target_currency) == ("USD", "USD")


def test_a_ledger_that_does_not_answer_lets_the_code_be_typed(
    owner: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> list[Company]:
        raise ConnectionBroken("The sign-in is refused.", code="sign_in")

    monkeypatch.setattr(runner, "companies", broken)
    with tenant_scope(cast.tenant.pk):
        erp, ap = connect("erp"), connect("ap")
    page = owner.get(f"/integrations/add/?erp={erp.uuid}&ap={ap.uuid}").content.decode()
    assert "The sign-in is refused." in page
    assert '<input type="text" name="company"' in page
    assert join(owner, erp, ap).status_code == 302


def test_a_second_company_on_one_organisation_is_refused(
    owner: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "companies", lambda *_: [])
    response = join(owner, desk.integration.erp, desk.integration.ap, company="20")
    assert response.status_code == 400
    assert "already serves a company" in response.content.decode()


def test_a_foreign_connection_cannot_be_joined(owner: Client, desk: Desk, cast: Cast) -> None:
    with tenant_scope(cast.elsewhere.pk):
        foreign = connect("erp")
    page = join(owner, foreign, desk.integration.ap)
    assert "Join two connections" in page.content.decode()
    with tenant_scope(cast.tenant.pk):
        assert Integration.objects.count() == 1


def test_what_is_uncovered_is_counted(owner: Client, desk: Desk) -> None:
    for _ in range(2):
        desk.record("held", code="unmapped_account", needs=("account", "4471"))
    assert "2 records wait for 1 value to be mapped" in owner.get("/mappings/").content.decode()
    assert "4471" in owner.get("/review/blocking/").content.decode()


def test_the_audit_shows_who_and_what(owner: Client, desk: Desk, cast: Cast) -> None:
    owner.post(f"/flows/{flow_of(desk).uuid}/", {"do": "pause"})
    page = owner.get("/audit/?action=flow_").content.decode()
    assert "Flow paused" in page
    assert cast.owner.email in page
    assert "Tenant.created" not in page


def test_settings_say_who_i_am_here(owner: Client, cast: Cast) -> None:
    page = owner.get("/settings/").content.decode()
    assert "Owner" in page
    assert "2 people" in page


def test_a_running_run_is_followed_and_an_ended_one_rests(owner: Client, desk: Desk) -> None:
    live = desk.run(taken=120, counts={"created": 100}, status="running", balanced=None)
    page = owner.get(f"/runs/{live.uuid}/").content.decode()
    assert 'hx-trigger="every 2s"' in page
    assert "unexplained" not in page
    assert "hx-trigger" not in owner.get(f"/runs/{desk.run(taken=0).uuid}/").content.decode()


def test_a_sweep_says_what_the_ordinary_runs_had_missed(owner: Client, desk: Desk) -> None:
    sweep = desk.run(kind="sweep", taken=1204, counts={"staged": 3, "unchanged": 1201})
    clean = desk.run(kind="sweep", taken=1204, counts={"unchanged": 1204})
    assert "3 repaired by the sweep and 1,201 unchanged" in owner.get(f"/runs/{sweep.uuid}/").content.decode()
    assert "had missed nothing" in owner.get(f"/runs/{clean.uuid}/").content.decode()
    assert "3 repaired by the sweep" in owner.get("/runs/?kind=sweep").content.decode()
