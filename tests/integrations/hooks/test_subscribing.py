"""Our subscription there: made, taken over, mended, given up, without a person; always said in words."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone

from integrations.models import Connection, WebhookEvent, WebhookSubscription
from integrations.runner import subscribing
from integrations.store import hooks as store
from tenants.scope import Actor, tenant_scope
from tests.integrations.hooks.conftest import OURS, Post, Posts, event

State = WebhookSubscription.State


def there(post: Post) -> list[Any]:
    return list(post.town.ap.client.hooks.all())


def age(post: Post, **fields: Any) -> None:
    with tenant_scope(post.town.tenant_id):
        WebhookSubscription.objects.update(**fields)


def test_connection_gets_one_subscription_and_a_second_look_makes_none(post: Post) -> None:
    (made,) = there(post)
    assert made.url == f"{OURS}{post.path}"
    row = post.set_up()
    assert (row.state, row.why, row.remote_id) == (State.ON, "", made.id)
    assert there(post) == [made]
    assert post.audited() == ["hooks_on"]


def test_events_are_delivered_and_opened_with_its_key(post: Post) -> None:
    post.town.ap.vendor()
    assert post.deliver() == 1
    assert post.status == [200]


def test_lost_answer_is_found_by_its_address_and_gets_a_new_key(post_of: Posts) -> None:
    post = post_of(subscribed=False)
    post.town.ap.fault("drop_after", "/v3/subscriptions", method="POST")
    row = post.set_up()
    assert (row.state, row.why) == (State.WAITING, "lost")
    assert row.due_at < timezone.now() + timedelta(minutes=20)
    row = post.set_up()
    assert (row.state, row.why, len(there(post))) == (State.ON, "adopted", 1)
    post.town.ap.vendor()
    post.deliver()
    assert post.status == [200]


def test_subscription_of_a_forgotten_address_of_ours_is_taken_over(post: Post) -> None:
    """As after a restored backup, or a connection that was deleted and made anew."""
    with tenant_scope(post.town.tenant_id):
        WebhookSubscription.objects.all().delete()
    row = post.set_up()
    assert (row.why, [each.url for each in there(post)]) == ("adopted", [f"{OURS}{post.path}"])


def test_subscription_of_others_is_left_alone(post_of: Posts) -> None:
    post = post_of(subscribed=False)
    post.town.ap.client.hooks.create("https://somebody.example.test/hook/")
    post.set_up()
    assert len(there(post)) == 2


def test_eleventh_is_given_up_in_words_and_had_once_there_is_room(post_of: Posts) -> None:
    post = post_of(subscribed=False)
    others = [post.town.ap.client.hooks.create(f"https://somebody.example.test/{n}/")[0] for n in range(10)]
    row = post.set_up()
    assert (row.state, row.why) == (State.OFF, "full")
    assert row.message.startswith("BILL keeps 10 subscriptions")
    assert post.audited() == ["hooks_off"]
    post.set_up()
    assert post.audited() == ["hooks_off"]
    post.town.ap.client.hooks.delete(others[0].id)
    assert post.set_up().state == State.ON


def test_disabled_one_is_on_again_and_what_was_missed_is_fetched(post: Post) -> None:
    post.town.ap.vendor("Before")
    post.deliver()
    sim = post.town.ap.sim
    for _ in range(8):
        post.town.ap.vendor("Lost")
        sim.deliver(lambda _: httpx.Response(500))
        post.town.ap.clock.now += timedelta(hours=3)
    assert [each.enabled for each in there(post)] == [False]
    post.town.ap.clock.now = timezone.now()
    row = post.set_up()
    assert (row.state, row.why) == (State.ON, "enabled_again")
    assert [each.enabled for each in there(post)] == [True]
    assert {row.type for row in post.events()} == {"vendor.created"}
    assert len(post.events()) == 9


def test_key_renewed_by_somebody_else_is_renewed_by_us(post: Post) -> None:
    post.town.ap.client.hooks.rotate(post.row.remote_id)
    post.town.ap.vendor()
    post.deliver()
    assert (post.status, post.row.refused) == ([401], 1)
    age(post, checked_at=timezone.now() - timedelta(minutes=20), due_at=timezone.now() + timedelta(hours=5))
    assert (post.town.tenant_id, post.ap.pk) in subscribing.due()
    subscribing.look_after(post.town.tenant_id, post.ap.pk)
    row = post.row
    assert (row.why, row.refused) == ("key_unknown", 0)
    assert [each.type for each in post.events()] == ["vendor.created"]
    post.town.ap.vendor("After")
    post.status.clear()
    post.town.ap.clock.now += timedelta(hours=1)
    post.deliver()
    assert post.status == [200, 200]  # the old one is signed anew


def test_key_is_renewed_after_ninety_days_with_the_old_one_valid_for_a_while(post: Post) -> None:
    old = post.known["key"]
    age(post, key_at=timezone.now() - timedelta(days=91))
    row = post.set_up()
    assert row.why == "renewed"
    assert post.known["key"] != old
    with tenant_scope(post.town.tenant_id):
        assert store.keys_of(post.row, timezone.now()) == [post.known["key"], old]
        assert store.keys_of(post.row, timezone.now() + timedelta(hours=25)) == [post.known["key"]]


def test_lost_answer_of_a_renewal_is_made_good_by_the_next_look(post: Post) -> None:
    age(post, key_at=timezone.now() - timedelta(days=91))
    post.town.ap.fault("drop_after", "security_key", method="POST")
    row = post.set_up()
    assert (row.state, row.rekey) == (State.ON, True)
    row = post.set_up()
    assert (row.why, row.rekey) == ("key_unknown", False)
    post.town.ap.vendor()
    post.deliver()
    assert post.status == [200]


def test_login_without_the_right_falls_back_to_polls_in_words(post_of: Posts) -> None:
    post = post_of(subscribed=False)
    post.town.ap.sim.config = post.town.ap.sim.config.__class__(token_denied=("/v3/subscriptions",))
    row = post.set_up()
    assert (row.state, row.why) == (State.OFF, "forbidden")
    assert "administrator" in row.message
    with tenant_scope(post.town.tenant_id):
        assert Connection.objects.get(pk=post.ap.pk).status != Connection.Status.BROKEN


def test_trouble_that_passes_changes_nothing_and_is_asked_again_soon(post: Post) -> None:
    post.town.ap.fault("status", "/v3/subscriptions", times=10, status=503)
    row = post.set_up()
    assert (row.state, row.why) == (State.ON, "later")
    assert row.due_at < timezone.now() + timedelta(minutes=20)


def test_plain_address_of_ours_is_not_even_tried(post_of: Posts, settings: Any) -> None:
    post = post_of(subscribed=False)
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    before = len(post.town.ap.sent)
    row = post.set_up()
    assert (row.state, row.why, len(post.town.ap.sent)) == (State.OFF, "address", before)


def test_events_are_forgotten_after_half_a_year(post: Post) -> None:
    for days in (179, 181):
        told = event()
        post.post(told)
        with tenant_scope(post.town.tenant_id):
            WebhookEvent.objects.filter(event_id=told["metadata"]["eventId"]).update(
                received_at=timezone.now() - timedelta(days=days)
            )
    post.set_up()
    assert len(post.events()) == 1


def test_connection_that_works_is_looked_after_without_being_asked(post_of: Posts) -> None:
    post = post_of(subscribed=False)
    place = (post.town.tenant_id, post.ap.pk)
    assert place not in subscribing.due()
    with tenant_scope(post.town.tenant_id):
        Connection.objects.update(status=Connection.Status.OK)
    assert place in subscribing.due()
    assert (post.town.tenant_id, post.town.integration.erp_id) not in subscribing.due()
    subscribing.look_after(*place)
    assert place not in subscribing.due()


def test_person_who_asks_need_not_wait(post: Post) -> None:
    post.town.ap.client.hooks.delete(post.row.remote_id)
    subscribing.look_after(post.town.tenant_id, post.ap.pk)
    assert there(post) == []
    age(post, checked_at=timezone.now() - timedelta(minutes=1))
    subscribing.look_after(post.town.tenant_id, post.ap.pk, actor=Actor("user", "1", "ann@example.test"))
    assert len(there(post)) == 1


def test_system_without_events_of_its_own_is_left_alone(post: Post) -> None:
    subscribing.look_after(post.town.tenant_id, post.town.integration.erp_id)
    with tenant_scope(post.town.tenant_id):
        assert WebhookSubscription.objects.count() == 1


@pytest.mark.parametrize("most", [2])
def test_more_missed_than_the_history_is_worth_is_polled(
    post: Post, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscribing, "MOST_MISSED", most)
    polled: list[int] = []
    monkeypatch.setattr(subscribing, "poll_now", polled.append)
    for _ in range(4):
        post.town.ap.vendor("Unheard")
    age(post, rekey=True)
    post.set_up()
    assert len(post.events()) == most
    assert polled
