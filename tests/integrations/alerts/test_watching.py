"""One message for each cause, whoever looks and however often."""

from datetime import date, timedelta
from threading import Thread
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from integrations.models import (
    Alert,
    AlertKind,
    Connection,
    DueFlow,
    OutboxItem,
    ReviewItem,
    SettingChange,
    WebhookSubscription,
)
from integrations.runner.alerts import watching
from tenants.credentials import Sealed
from tenants.models import Membership, Role, Tenant
from tenants.scope import tenant_scope
from tests.factories import Cast, join, person
from tests.integrations.alerts.conftest import Watch


def hold(watch: Watch, count: int, **more: Any) -> list[OutboxItem]:
    """Invoices held for an account without a counterpart."""
    values = {"code": "unmapped_account", "amount": "100.00", **more}
    made = [watch.desk.record("held", **values) for _ in range(count)]
    name(watch, made, "account", "D3021", "Account D3021 has no counterpart on the other side. Map it once.")
    return made


def name(watch: Watch, items: list[OutboxItem], kind: str, what: str, message: str) -> None:
    """Let the first reason of each name something."""
    with tenant_scope(watch.cast.tenant.pk):
        for review in ReviewItem.objects.filter(item__in=[item.pk for item in items]):
            review.problems = [{**review.problems[0], "blocker": [kind, what], "message": message}]
            review.save()


def test_500_held_records_are_one_message_with_amount_and_earliest_due_date(watch: Watch) -> None:
    hold(watch, 1)
    watch.look()
    hold(watch, 200, due=date(2026, 12, 9))
    watch.look()
    hold(watch, 299)
    watch.settle()
    for _ in range(5):
        watch.look()
    [letter] = watch.letters(watch.cast.colleague)
    assert letter.subject == (
        f"{watch.cast.tenant.name}: 500 invoices held: account D3021 has no counterpart on the other side: "
        "50,000.00 USD, earliest due 1 December"
    )
    assert len(watch.alerts()) == 1
    assert f"/review/?code=unmapped_account&entity=invoice&integration={watch.desk.integration.uuid}" in letter.body


def test_currencies_are_never_added_together(watch: Watch) -> None:
    hold(watch, 2)
    hold(watch, 1, currency="EUR", amount="7.50", due=None)
    watch.settle()
    assert "7.50 EUR + 200.00 USD" in mail.outbox[0].subject


def test_what_a_reason_names_is_a_cause_of_its_own_up_to_a_few(watch: Watch) -> None:
    for number in range(3):
        items = [watch.desk.record("held", code="unmapped_account")]
        name(watch, items, "account", f"4{number}", f"Account 4{number} has no counterpart. Map it.")
    watch.settle()
    assert len(watch.alerts()) == 3
    for number in range(3, 12):
        items = [watch.desk.record("held", code="unmapped_account")]
        name(watch, items, "account", f"4{number}", f"Account 4{number} has no counterpart. Map it.")
    watch.look(timedelta(minutes=20))
    [whole] = watch.alerts(ended_at=None)
    assert (whole.count, whole.subject) == (12, "")
    assert "12 different ones" in whole.text


def test_what_is_said_of_one_record_is_not_said_of_many(watch: Watch) -> None:
    for number in range(2):
        items = [watch.desk.record("held", code="amounts_differ")]
        name(watch, items, "", "", f"Invoice {number} adds up to {number}. Look at it.")
    watch.settle()
    [letter] = watch.letters(watch.cast.colleague)
    assert "2 invoices held: amounts do not add up: 200.00 USD" in letter.subject


def test_an_abbreviation_ends_no_sentence(watch: Watch) -> None:
    items = [watch.desk.record("held", code="not_in_company")]
    name(watch, items, "vendor", "S1", "Supplier Up Ltd. is not set up in company 10. Add it in the ERP.")
    watch.settle()
    [alert] = watch.alerts()
    assert alert.text == "Supplier Up Ltd. is not set up in company 10"


def test_it_is_told_again_when_it_grew_much_and_after_a_day(watch: Watch) -> None:
    hold(watch, 5)
    watch.settle()
    hold(watch, 6)
    watch.settle()
    assert len(watch.letters(watch.cast.colleague)) == 1
    watch.look(timedelta(hours=1))
    assert len(watch.letters(watch.cast.colleague)) == 2
    watch.look(timedelta(hours=24))
    assert "still open" in watch.letters(watch.cast.colleague)[2].body
    watch.look()
    assert len(watch.letters(watch.cast.colleague)) == 3


def test_records_that_are_decided_again_do_not_begin_a_new_cause(watch: Watch) -> None:
    items = hold(watch, 3)
    watch.settle()
    with tenant_scope(watch.cast.tenant.pk):
        rows = ReviewItem.objects.filter(item__in=[item.pk for item in items])
        rows.update(status="resolved")
        watch.now += timedelta(minutes=2)
    watch.look()
    with tenant_scope(watch.cast.tenant.pk):
        rows.update(status="open")
    watch.look()
    assert len(watch.alerts()) == len(watch.letters(watch.cast.colleague)) == 1


def test_it_is_over_when_it_is_gone_and_those_who_want_are_told(watch: Watch) -> None:
    watch.choose(watch.cast.colleague, over=True)
    items = hold(watch, 3)
    watch.settle()
    with tenant_scope(watch.cast.tenant.pk):
        ReviewItem.objects.filter(item__in=[item.pk for item in items]).update(status="resolved")
    watch.look()
    assert watch.alerts(ended_at=None)
    watch.look(timedelta(minutes=10))
    assert not watch.alerts(ended_at=None)
    assert "Over: 3 invoices held" in watch.letters(watch.cast.colleague)[1].subject


def test_what_was_over_before_anybody_was_told_is_never_told(watch: Watch) -> None:
    watch.choose(watch.cast.colleague, rhythm="daily", over=True)
    items = hold(watch, 3)
    watch.settle()
    with tenant_scope(watch.cast.tenant.pk):
        ReviewItem.objects.filter(item__in=[item.pk for item in items]).update(status="resolved")
    watch.look(timedelta(hours=1))
    watch.look(timedelta(days=1))
    assert not watch.letters(watch.cast.colleague)
    assert [each.status for each in watch.deliveries(channel__user=watch.cast.colleague)] == ["dropped"]


def test_two_beats_at_once_send_one_message(watch: Watch) -> None:
    hold(watch, 3)
    watch.look()
    now = watch.now + timedelta(minutes=1)

    def beat() -> None:
        try:
            watching.look(watch.cast.tenant.pk, now)
        finally:
            connection.close()

    threads = [Thread(target=beat) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(watch.letters(watch.cast.colleague)) == 1
    assert len(watch.alerts()) == 1


def test_a_cause_goes_to_those_whose_work_it_is(watch: Watch) -> None:
    controller, integrator = person(), person()
    join(controller, watch.cast.tenant, Role.CONTROLLER)
    join(integrator, watch.cast.tenant, Role.INTEGRATOR)
    hold(watch, 1)
    watch.desk.record("held", code="cancelled_after_sending", urgent=True)
    with tenant_scope(watch.cast.tenant.pk):
        Connection.objects.filter(name="ap connection").update(status="broken", status_message="Wrong password. Mend.")
    watch.settle()

    def told(user: Any) -> set[str]:
        rows = watch.deliveries(channel__user=user, status="sent")
        with tenant_scope(watch.cast.tenant.pk):
            return {Alert.objects.get(pk=row.alert_id).kind for row in rows}

    assert told(watch.cast.colleague) == {AlertKind.HELD, AlertKind.MONEY}
    assert told(controller) == {AlertKind.MONEY}
    assert told(integrator) == {AlertKind.CONNECTION}
    assert told(watch.cast.owner) == {AlertKind.CONNECTION}


def test_the_owner_is_told_when_it_is_nobodys_work(watch: Watch) -> None:
    with tenant_scope(watch.cast.tenant.pk):
        Membership.objects.filter(role=Role.CLERK).delete()
    hold(watch, 1)
    watch.settle()
    assert len(watch.letters(watch.cast.owner)) == 1


def test_somebody_who_left_gets_nothing_that_was_waiting(watch: Watch) -> None:
    watch.choose(watch.cast.colleague, rhythm="daily")
    hold(watch, 1)
    watch.settle()
    with tenant_scope(watch.cast.tenant.pk):
        Membership.objects.filter(user=watch.cast.colleague).delete()
    watch.look(timedelta(days=1))
    assert not watch.letters(watch.cast.colleague)


NIGHT = [{"days": [0, 1, 2, 3, 4, 5, 6], "from": "11:00", "to": "16:00"}]  # the watch begins at noon


def test_quiet_hours_delay_everything_but_what_may_be_paid_twice(watch: Watch) -> None:
    watch.choose(watch.cast.colleague, quiet=NIGHT)
    hold(watch, 2)
    watch.desk.record("held", code="cancelled_after_sending", urgent=True)
    watch.settle()
    assert not watch.letters(watch.cast.colleague)
    watch.desk.record("held", code="may_be_paid_twice", urgent=True)
    watch.look()
    [first] = watch.letters(watch.cast.colleague)
    assert "May cost money now: 1 invoice held: because may_be_paid_twice" in first.subject
    watch.look(timedelta(hours=4))
    [_, rest] = watch.letters(watch.cast.colleague)
    assert "(and 1 more)" in rest.subject


def test_what_may_cost_money_does_not_wait_for_the_digest(watch: Watch) -> None:
    watch.choose(watch.cast.colleague, rhythm="daily")
    hold(watch, 2)
    watch.desk.record("held", code="cancelled_after_sending", urgent=True)
    watch.settle()
    [letter] = watch.letters(watch.cast.colleague)
    assert "May cost money now" in letter.subject
    watch.look(timedelta(days=1))
    assert "2 invoices held" in watch.letters(watch.cast.colleague)[1].body


def test_a_digest_says_how_things_stand_when_it_leaves(watch: Watch) -> None:
    watch.choose(watch.cast.colleague, rhythm="hourly")
    hold(watch, 2)
    watch.settle()
    hold(watch, 1)
    watch.look(timedelta(hours=1))
    assert "3 invoices held" in watch.letters(watch.cast.colleague)[0].subject


def test_kinds_that_were_not_chosen_are_not_told(watch: Watch) -> None:
    watch.choose(watch.cast.colleague, kinds=["money"])
    hold(watch, 2)
    watch.settle()
    assert not watch.letters(watch.cast.colleague)


def test_a_late_flow_a_failed_run_and_waiting_proposals_are_causes(watch: Watch) -> None:
    watch.now = timezone.now()
    watch.desk.run(kind="sweep", status="failed", error_code="too_many_missing", error_message="Too many. Look.")
    watch.desk.run(kind="push", balanced=False)
    with tenant_scope(watch.cast.tenant.pk):
        flow = watch.desk.flows["vendor"]
        late = watch.now - timedelta(hours=1)
        DueFlow.objects.filter(flow_id=flow.pk).update(due_at=late, poll_at=late, lease_until=None)
        SettingChange.objects.create(
            integration=watch.desk.integration, name="rounding_account", old="", new="1", reason="r",
            effective_from=date(2026, 1, 1), status="proposed", made_at=watch.now,
        )  # fmt: skip
    watch.settle()
    codes = {alert.code for alert in watch.alerts()}
    assert codes == {"sweep_stopped", "unbalanced_run", "late", "settings"}


@pytest.mark.parametrize("worked", [True, False])
def test_events_that_no_longer_come_are_a_cause_once_they_came(watch: Watch, worked: bool) -> None:
    with tenant_scope(watch.cast.tenant.pk):
        WebhookSubscription.objects.create(
            connection=watch.desk.integration.ap, token_digest="d", secrets=Sealed({"token": "t"}), state="off",
            why="full", verified_at=watch.now if worked else None, due_at=watch.now,
        )  # fmt: skip
    watch.look()
    told = [letter.subject for letter in watch.letters(watch.cast.owner)]
    assert any("No events come from ap connection any more" in each for each in told) is worked


def test_names_cannot_break_out_of_a_letter(watch: Watch) -> None:
    items = [watch.desk.record("held", code="x")]
    name(watch, items, "account", "1", "Account <script>\r\nBcc: evil@example.test has \u202eno counterpart. Map it.")
    watch.settle()
    [letter] = watch.letters(watch.cast.colleague)
    assert "\n" not in letter.subject
    assert "\u202e" not in letter.subject
    assert "<script>" not in letter.alternatives[0][0]


def test_another_tenants_causes_stay_there(watch: Watch, cast: Cast) -> None:
    hold(watch, 2)
    watch.settle()
    watching.look(cast.elsewhere.pk, watch.now)
    assert not watch.letters(cast.stranger)
    with tenant_scope(cast.elsewhere.pk):
        assert not Alert.objects.exists()


@pytest.mark.parametrize("deleted", [False, True])
def test_a_tenant_that_is_gone_is_told_nothing(watch: Watch, deleted: bool) -> None:
    hold(watch, 1)
    with tenant_scope(watch.cast.tenant.pk):
        Tenant.objects.update(deleted_at=watch.now if deleted else None)
    watch.settle()
    assert bool(mail.outbox) is not deleted


def test_old_messages_are_forgotten(watch: Watch) -> None:
    items = hold(watch, 1)
    watch.settle()
    with tenant_scope(watch.cast.tenant.pk):
        ReviewItem.objects.filter(item__in=[item.pk for item in items]).update(status="resolved")
    watch.look(timedelta(hours=1))
    watch.look(timedelta(days=91))
    assert not watch.deliveries(alert__kind=AlertKind.HELD)
    assert not watch.alerts(kind=AlertKind.HELD)
