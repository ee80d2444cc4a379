"""Signed webhooks to a real receiver: signatures, refusals, slowness, redirects, three days of trouble, rotation."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from audit.models import AuditEntry
from integrations.models import AlertChannel, AlertDelivery, AlertKind
from integrations.runner.alerts import endpoints, posting
from tenants.rotation import renew_tenant
from tenants.scope import tenant_scope
from tests.integrations.alerts.conftest import Watch
from tests.integrations.alerts.receiver import Receiver, receiving


class End:
    """One endpoint of the cast's tenant."""

    def __init__(self, watch: Watch, url: str, **values: Any) -> None:
        self.watch, self.tenant_id = watch, watch.cast.tenant.pk
        self.place = watch.cast.place(watch.cast.owner)
        with self.place.scope():
            row, self.secret = endpoints.add(self.place, "our chat", url, values.pop("kinds", list(AlertKind.values)))
        self.pk = row.pk

    def post(self) -> int:
        return posting.post_due(self.pk, self.tenant_id)

    def row(self) -> AlertChannel:
        with tenant_scope(self.tenant_id):
            found: AlertChannel = AlertChannel.objects.get(pk=self.pk)
            return found

    def test_message(self) -> None:
        with self.place.scope():
            endpoints.send_test(self.place, self.row())

    def deliveries(self) -> list[AlertDelivery]:
        return self.watch.deliveries(channel_id=self.pk)

    def wait(self, gap: timedelta) -> None:
        """So much time passes: everything that is waited for comes so much nearer."""
        with tenant_scope(self.tenant_id):
            for row in AlertDelivery.objects.filter(channel_id=self.pk):
                AlertDelivery.objects.filter(pk=row.pk).update(next_at=row.next_at - gap)
            row = AlertChannel.objects.get(pk=self.pk)
            row.busy_until = row.busy_until and row.busy_until - gap
            row.failing_since = row.failing_since and row.failing_since - gap
            row.old_until = row.old_until and row.old_until - gap
            row.save()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def end(watch: Watch, receiver: Receiver) -> End:
    return End(watch, receiver.url)


def test_a_cause_arrives_once_signed_with_what_it_is_about(watch: Watch, receiver: Receiver, end: End) -> None:
    watch.now = timezone.now() - timedelta(minutes=5)
    for _ in range(3):
        watch.desk.record("held", code="unmapped_account", amount="100.10")
    watch.settle()
    assert end.pk in watch.look(timedelta(0))
    assert end.post() == 1
    assert end.post() == 0
    [message] = receiver.messages
    assert message.signed_by(end.secret)
    assert not message.signed_by("whsec_" + "A" * 43 + "=")
    assert message.json["type"] == "alert.raised"
    data = message.json["data"]
    assert (data["count"], data["amounts"], data["earliest_due"]) == (3, {"USD": "300.30"}, "2026-12-01")
    assert data["url"].endswith(f"code=unmapped_account&entity=invoice&integration={watch.desk.integration.uuid}")
    assert [each.status for each in end.deliveries()] == ["sent"]


def test_a_changed_body_is_not_signed(receiver: Receiver, end: End) -> None:
    end.test_message()
    end.post()
    [message] = receiver.messages
    message.body = message.body.replace(b"test", b"fake")
    assert not message.signed_by(end.secret)


def test_what_is_refused_comes_again_with_the_same_id_after_growing_gaps(receiver: Receiver, end: End) -> None:
    receiver.answers = [500, 503, 404, 200]
    end.test_message()
    waited = []
    for _ in range(4):
        end.post()
        [row] = end.deliveries()
        assert end.post() == 0  # not before its time
        gap = row.next_at - timezone.now()
        waited.append(round(gap.total_seconds()))
        end.wait(gap + timedelta(seconds=1))
    assert len({message.id for message in receiver.messages}) == 1
    assert len({message.body for message in receiver.messages}) == 1
    assert len(receiver.messages) == 4
    assert waited[:3] == pytest.approx([5, 300, 1800], abs=2)
    assert (row.status, row.attempts, row.answer_code, row.error) == ("sent", 4, 200, "")
    assert end.row().failing_since is None


def test_after_three_days_it_is_given_up_and_the_owner_is_told(watch: Watch, receiver: Receiver, end: End) -> None:
    receiver.answers = [500] * 50
    end.test_message()
    began, tries = timezone.now(), 0
    passed = timedelta(0)
    while (row := end.deliveries()[0]).status == "waiting":
        gap = max(timedelta(0), row.next_at - timezone.now())
        end.wait(gap + timedelta(seconds=1))
        passed += gap
        end.post()
        tries += 1
    assert (tries, row.status) == (10, "failed")
    assert timedelta(days=3) < passed < timedelta(days=3, hours=12)
    found = end.row()
    assert (found.enabled, found.off_why) == (False, "it took nothing for three days")
    watch.now = began + timedelta(days=4)
    watch.settle()
    assert "our chat was switched off" in watch.letters(watch.cast.owner)[0].body
    with tenant_scope(watch.cast.tenant.pk):
        assert AuditEntry.objects.filter(action="alert_endpoint_off").count() == 1


def test_a_receiver_that_is_gone_is_switched_off_at_once(receiver: Receiver, end: End) -> None:
    receiver.answers = [410]
    end.test_message()
    end.post()
    assert end.row().standing == "given_up"


def test_a_redirect_is_not_followed(receiver: Receiver, end: End) -> None:
    receiver.answers = [302]
    end.test_message()
    end.post()
    assert len(receiver.messages) == 1
    [row] = end.deliveries()
    assert (row.status, row.answer_code) == ("waiting", 302)
    assert "redirects are not followed" in row.error


def drip(handler: Any) -> None:
    """An answer that never comes to its end."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(40):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.1)


def flood(handler: Any) -> None:
    """A megabyte of answer."""
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(b"x" * 1_000_000)


def hang_up(handler: Any) -> None:
    handler.connection.close()


@pytest.mark.parametrize("answer", [drip, flood, hang_up])
def test_an_odd_answer_costs_little_and_counts_as_none(
    receiver: Receiver, end: End, answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "DEADLINE", 1.0)
    receiver.answers = [answer]
    end.test_message()
    started = time.monotonic()
    end.post()
    assert time.monotonic() - started < 3
    assert end.deliveries()[0].status == "waiting"
    assert end.row().failing_since


def test_nobody_at_the_address_and_a_filtered_one_look_alike(watch: Watch, receiver: Receiver) -> None:
    end = End(watch, receiver.url)
    with tenant_scope(end.tenant_id):
        AlertChannel.objects.filter(pk=end.pk).update(url="https://does-not-exist.invalid/")
    end.test_message()
    end.post()
    assert end.deliveries()[0].error.startswith(("This address cannot be used", posting.NO_ANSWER))


def test_an_address_that_is_no_longer_allowed_is_not_connected_to(receiver: Receiver, end: End, settings: Any) -> None:
    end.test_message()
    settings.EGRESS_ALLOW_PRIVATE = False
    end.post()
    assert receiver.messages == []
    assert "cannot be used" in end.deliveries()[0].error


def test_two_secrets_sign_while_one_is_replaced(receiver: Receiver, end: End) -> None:
    old = end.secret
    with end.place.scope():
        new = endpoints.renew_secret(end.place, end.row())
    end.test_message()
    end.post()
    assert receiver.messages[0].signed_by(old)
    assert receiver.messages[0].signed_by(new)
    end.wait(timedelta(hours=25))
    end.test_message()
    end.post()
    assert not receiver.messages[1].signed_by(old)
    assert receiver.messages[1].signed_by(new)


def test_new_keys_of_the_tenant_leave_the_secret_readable(receiver: Receiver, end: End) -> None:
    before = end.row().secrets.key_number
    renew_tenant(end.tenant_id, timedelta(0), timezone.now() + timedelta(seconds=1))
    assert end.row().secrets.key_number != before
    end.test_message()
    end.post()
    assert receiver.messages[0].signed_by(end.secret)


def test_many_posters_at_once_send_each_message_once(receiver: Receiver, end: End) -> None:
    for _ in range(5):
        end.test_message()

    def post(_: int) -> int:
        try:
            return end.post()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(post, range(4))) == 5
    assert len({message.id for message in receiver.messages}) == len(receiver.messages) == 5


def test_a_message_can_be_sent_again_with_its_id(receiver: Receiver, end: End) -> None:
    end.test_message()
    end.post()
    with end.place.scope():
        endpoints.resend(end.place, end.deliveries()[0], timezone.now())
    end.post()
    assert receiver.messages[0].id == receiver.messages[1].id


def test_kinds_that_an_endpoint_did_not_choose_are_not_posted(watch: Watch, receiver: Receiver) -> None:
    end = End(watch, receiver.url, kinds=["connection"])
    watch.now = timezone.now()
    watch.desk.record("held", code="x")
    watch.settle()
    assert end.deliveries() == []


def test_a_slow_or_broken_endpoint_rests_and_its_other_messages_wait(receiver: Receiver, end: End) -> None:
    receiver.answers = [500]
    end.test_message()
    end.test_message()
    assert end.post() == 0
    assert len(receiver.messages) == 1
    end.wait(timedelta(seconds=6))
    assert end.post() == 2
