"""The plan page: totals by what happens and why, each line to be opened, exported without formulas."""

from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from integrations import tasks
from integrations.models import Integration, OutboxItem, Plan, PlanLine
from integrations.store import plans
from integrations.web.plan_totals import groups, promise
from tenants.scope import tenant_scope
from tests.factories import Cast
from tests.integrations.factories import Desk
from tests.racing import beside


def plan_of(desk: Desk, *lines: tuple[OutboxItem, str, str], status: str = "ready") -> Plan:
    """A plan over records: (record, kind, code)."""
    with tenant_scope(desk.tenant_id):
        made: Plan = Plan.objects.create(integration=desk.integration, status=status, made_at=timezone.now())
        for item, kind, code in lines:
            source = item.source
            PlanLine.objects.create(
                plan=made, item=item, kind=kind, code=code, digest="d", amount=source.amount, currency=source.currency
            )
    return made


def some(desk: Desk) -> Plan:
    return plan_of(
        desk,
        (desk.record("ready", amount="10.50"), "create", ""),
        (desk.record("ready", amount="1.50"), "create", ""),
        (desk.record("ready", amount="7.00", currency="CAD"), "create", ""),
        (desk.record("ready", amount="20.00"), "link", ""),
        (desk.record("ready", amount="99.00"), "out", "before_start"),
        (desk.record("ready", amount="5.00"), "hold", "partly_paid"),
    )


def test_totals_are_exact_and_never_across_currencies(desk: Desk) -> None:
    plan = some(desk)
    with tenant_scope(desk.tenant_id):
        found = {(group.kind, group.code): group for group in groups(plan)}
    assert found["create", ""].amounts == {"USD": Decimal("12.00"), "CAD": Decimal("7.00")}
    assert found["create", ""].count == 3


def test_what_applying_does_is_named_with_its_amount(owner: Client, desk: Desk) -> None:
    plan = some(desk)
    with tenant_scope(desk.tenant_id):
        words = promise(groups(plan)).replace("\xa0", " ")
    assert words == "create 3 invoices (7.00 CAD and 12.00 USD) and link 1 invoice (20.00 USD)"
    assert "Still owed, and not in this plan" in owner.get(f"/plans/{plan.uuid}/").content.decode()


def test_each_group_opens_to_its_lines(owner: Client, desk: Desk) -> None:
    plan = some(desk)
    page = owner.get(f"/plans/{plan.uuid}/?entity=invoice&kind=out&code=before_start").content.decode()
    assert "INV-00005" in page
    assert "INV-00001" not in page


def test_what_was_refused_is_listed_with_its_reason(owner: Client, desk: Desk) -> None:
    plan = plan_of(desk, (desk.record("ready"), "create", ""), (desk.record("ready"), "create", ""), status="applied")
    with tenant_scope(desk.tenant_id):
        first = PlanLine.objects.order_by("id")[0]
        PlanLine.objects.filter(pk=first.pk).update(result="changed", result_message="Cancelled meanwhile.")
        PlanLine.objects.exclude(pk=first.pk).update(result="done")
    assert "Applied: 1 done as planned, 1 refused" in owner.get(f"/plans/{plan.uuid}/").content.decode()
    page = owner.get(f"/plans/{plan.uuid}/?result=refused").content.decode()
    assert "Cancelled meanwhile." in page
    assert "INV-00002" not in page


def test_the_export_holds_every_line_and_no_formula(owner: Client, desk: Desk) -> None:
    plan = plan_of(desk, (desk.record("ready", party_name="=cmd()"), "create", ""), (desk.record("ready"), "out", "x"))
    text = b"".join(owner.get(f"/plans/{plan.uuid}.csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert len(text.strip().splitlines()) == 3
    assert '"\'=cmd()"' in text


def test_a_plan_of_somebody_else_is_not_there(owner: Client, desk: Desk, cast: Cast) -> None:
    foreign = Desk(cast.elsewhere.pk, cast.stranger)
    plan = some(foreign)
    assert owner.get(f"/plans/{plan.uuid}/").status_code == 404
    assert owner.get(f"/plans/{plan.uuid}.csv").status_code == 404


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a worker was asked to do."""
    found: list[str] = []
    monkeypatch.setattr(tasks.make_plan, "delay", lambda *_: found.append("make"))
    monkeypatch.setattr(tasks.apply_plan, "delay", lambda *_: found.append("apply"))
    return found


def status_of(desk: Desk) -> str:
    with tenant_scope(desk.tenant_id):
        found: str = Plan.objects.values_list("status", flat=True).get()
        return found


def test_a_plan_is_made_by_a_worker_and_only_one_at_a_time(owner: Client, desk: Desk, asked: list[str]) -> None:
    path = f"/integrations/{desk.integration.uuid}/plan/"
    assert "The plan is being made" in owner.post(path, follow=True).content.decode()
    assert "Wait for its end" in owner.post(path, follow=True).content.decode()
    assert (asked, status_of(desk)) == (["make"], "making")


def test_the_second_who_applies_is_told(owner: Client, desk: Desk, asked: list[str]) -> None:
    plan = plan_of(desk, (desk.record("ready"), "create", ""))
    owner.post(f"/plans/{plan.uuid}/apply/")
    with tenant_scope(desk.tenant_id):
        Plan.objects.update(status="applied")
    assert "make a new one" in owner.post(f"/plans/{plan.uuid}/apply/", follow=True).content.decode()
    assert asked == ["apply"]


def test_nothing_is_applied_before_the_currencies_are_confirmed(owner: Client, desk: Desk, asked: list[str]) -> None:
    plan = plan_of(desk, (desk.record("ready"), "create", ""))
    with tenant_scope(desk.tenant_id):
        Integration.objects.update(company_currency="USD", target_currency="CAD")
    page = owner.post(f"/plans/{plan.uuid}/apply/", follow=True).content.decode()
    assert "a controller confirms that" in page
    assert "Apply exactly this</button>" not in page
    assert (asked, status_of(desk)) == ([], "ready")


def test_a_clerk_reads_a_plan_and_applies_nothing(clerk: Client, desk: Desk, asked: list[str]) -> None:
    plan = plan_of(desk, (desk.record("ready"), "create", ""))
    assert "Apply exactly this" not in clerk.get(f"/plans/{plan.uuid}/").content.decode()
    assert clerk.post(f"/plans/{plan.uuid}/apply/").status_code == 403
    assert asked == []


def test_of_two_who_ask_for_a_plan_at_once_one_gets_it(desk: Desk) -> None:
    late = beside(desk.tenant_id, *[lambda: plans.start(desk.integration, None)] * 2)
    assert isinstance(late, plans.PlanRefused)
    with tenant_scope(desk.tenant_id):
        assert Plan.objects.count() == 1


def test_a_plan_is_not_applied_while_somebody_starts_a_newer_one(desk: Desk) -> None:
    plan = some(desk)
    late = beside(desk.tenant_id, lambda: plans.start(desk.integration, None), lambda: plans.start_applying(plan))
    assert str(late) == "There is a newer plan. Apply that one."
