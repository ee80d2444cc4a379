"""The part of a connection's page about webhooks."""

from typing import Any

import pytest
from django.test import Client

from integrations.models import WebhookSubscription
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.factories import Cast, signed_in
from tests.integrations.hooks.conftest import Post, Posts, event, post_of
from tests.integrations.runner.town import town_of
from tests.integrations.web.conftest import browser_of

__all__ = ["browser_of", "post_of", "town_of"]


@pytest.fixture
def post(post_of: Posts) -> Post:
    return post_of(subscribed=False)


def page_of(client: Client, post: Post) -> str:
    return client.get(f"/connections/{post.ap.uuid}/").content.decode()


def test_before_the_first_look_the_page_offers_it_and_then_says_what_came_of_it(post: Post, cast: Cast) -> None:
    owner = signed_in(cast.owner)
    assert "Set up webhooks" in page_of(owner, post)
    answer = owner.post(f"/connections/{post.ap.uuid}/hooks/", follow=True).content.decode()
    assert "BILL tells of changes as they happen, from now on." in answer
    assert "Check now" in answer
    post.post(event())
    assert "none yet" not in page_of(owner, post)


def test_what_keeps_it_off_is_said_with_what_happens_instead(post: Post, cast: Cast) -> None:
    for number in range(10):
        post.town.ap.client.hooks.create(f"https://somebody.example.test/{number}/")
    answer = signed_in(cast.owner).post(f"/connections/{post.ap.uuid}/hooks/", follow=True).content.decode()
    assert "BILL keeps 10 subscriptions and has as many of others." in answer
    assert "the regular polls find every change, only later" in answer


def test_clerk_sees_it_and_cannot_change_it(post: Post, cast: Cast, browser_of: Any) -> None:
    clerk = browser_of(Role.CLERK)
    assert "Set up webhooks" not in page_of(clerk, post).replace("This is set up by itself", "")
    assert clerk.post(f"/connections/{post.ap.uuid}/hooks/").status_code == 403
    with tenant_scope(post.town.tenant_id):
        assert not WebhookSubscription.objects.exists()


def test_system_that_tells_nothing_has_no_such_part(post: Post, cast: Cast) -> None:
    owner, erp = signed_in(cast.owner), post.town.integration.erp
    assert "Webhooks" not in owner.get(f"/connections/{erp.uuid}/").content.decode()
    assert owner.post(f"/connections/{erp.uuid}/hooks/").status_code == 302


def test_neither_address_nor_key_is_ever_shown(post: Post, cast: Cast) -> None:
    signed_in(cast.owner).post(f"/connections/{post.ap.uuid}/hooks/")
    shown = page_of(signed_in(cast.owner), post)
    assert [value for value in post.known.values() if value and value in shown] == []
