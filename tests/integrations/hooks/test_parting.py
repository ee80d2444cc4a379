"""A connection that is deleted: its subscription there goes first, without a person where that is possible."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import AuditEntry
from integrations.models import Connection, Flow, Integration, WebhookSubscription
from integrations.runner import parting, subscribing
from tenants.scope import tenant_scope
from tests.factories import Cast, signed_in
from tests.integrations.hooks.conftest import Post


@pytest.fixture
def alone(post: Post) -> Post:
    """A connection with its subscription, that no integration uses."""
    with tenant_scope(post.town.tenant_id):
        Flow.objects.all().delete()
        Integration.objects.all().delete()
    return post


@pytest.fixture
def owner(cast: Cast) -> Client:
    return signed_in(cast.owner)


def ask_to_delete(post: Post, owner: Client) -> str:
    return owner.post(f"/connections/{post.ap.uuid}/delete/", follow=True).content.decode()


def is_there(post: Post) -> bool:
    with tenant_scope(post.town.tenant_id):
        return bool(Connection.objects.filter(pk=post.ap.pk).exists())


def there(post: Post) -> int:
    return len(post.town.ap.client.hooks.all())


def test_its_subscription_is_taken_away_by_a_worker_and_then_it_is_gone(alone: Post, owner: Client) -> None:
    page = ask_to_delete(alone, owner)
    assert "Is being deleted" in page
    assert (is_there(alone), there(alone)) == (True, 1)
    assert alone.row.due_at <= timezone.now()
    subscribing.look_after(alone.town.tenant_id, alone.ap.pk)
    assert (is_there(alone), there(alone)) == (False, 0)
    with tenant_scope(alone.town.tenant_id):
        assert AuditEntry.objects.filter(action="connection_deleted").count() == 1


def test_a_lost_answer_is_asked_again_and_ends_the_same(alone: Post, owner: Client) -> None:
    ask_to_delete(alone, owner)
    alone.town.ap.fault("drop_after", "/v3/subscriptions", method="DELETE")
    subscribing.look_after(alone.town.tenant_id, alone.ap.pk)
    assert is_there(alone)
    assert alone.row.message.startswith("BILL could not be asked yet")
    assert alone.row.due_at < timezone.now() + timedelta(minutes=20)
    with tenant_scope(alone.town.tenant_id):
        WebhookSubscription.objects.update(due_at=timezone.now())
    subscribing.look_after(alone.town.tenant_id, alone.ap.pk)
    assert (is_there(alone), there(alone)) == (False, 0)


def test_what_cannot_be_taken_away_is_told_and_left_to_a_person(alone: Post, owner: Client) -> None:
    ask_to_delete(alone, owner)
    alone.town.ap.fault("status", "/v3/subscriptions", status=503, times=1000)
    for _ in range(parting.MOST + 2):
        with tenant_scope(alone.town.tenant_id):
            WebhookSubscription.objects.update(due_at=timezone.now())
        subscribing.look_after(alone.town.tenant_id, alone.ap.pk)
    assert alone.row.parting == parting.MOST
    page = owner.get(f"/connections/{alone.ap.uuid}/delete/").content.decode()
    assert f"Delete the webhook {alone.row.remote_id} in BILL" in page
    assert "is deleted." in ask_to_delete(alone, owner)
    assert not is_there(alone)


def test_one_that_is_used_again_meanwhile_stays_and_hears_again(post: Post) -> None:
    with tenant_scope(post.town.tenant_id):
        assert not parting.part(Connection.objects.get(pk=post.ap.pk), timezone.now())
    subscribing.look_after(post.town.tenant_id, post.ap.pk)
    assert (is_there(post), post.row.parting) == (True, None)
    assert post.set_up().state == "on"


def test_one_without_subscription_goes_at_once(alone: Post, owner: Client) -> None:
    with tenant_scope(alone.town.tenant_id):
        WebhookSubscription.objects.all().delete()
    assert "is deleted." in ask_to_delete(alone, owner)
    assert not is_there(alone)
