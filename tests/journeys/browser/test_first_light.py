"""A stranger signs up in the browser, connects both systems, pings both, and is told what is wrong with a secret."""

import re
import uuid
from collections.abc import Callable

import pytest
from django.core import mail
from playwright.sync_api import Page, expect

from integrations.systems import registry
from tests.factories import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WRONG = "not-the-secret-of-anything"
VALUES = {
    "ifs": {"realm": "demo", "client_id": "ml-connector", "client_secret": "demo-secret"},
    "bill": {
        "environment": "own",
        "organization_id": "00802DEMOORGANIZA001",
        "dev_key": "demo-dev-key",
        "username": "ml-connector",
        "password": "demo-token",
    },
}
SECRET = {"ifs": "client_secret", "bill": "password"}


def sign_up(window: Page) -> None:
    email = f"{uuid.uuid4().hex[:10]}@example.test"
    window.goto("/signup/")
    window.get_by_label("Organisation").fill("Lakeside Manufacturing")
    window.get_by_label("Email").fill(email)
    window.get_by_label("Password").fill(PASSWORD)
    window.get_by_role("button", name="Sign up").click()
    window.wait_for_url("**/confirm-email/")
    link = re.search(r"https?://[^/]+(/\S+)", str(mail.outbox[-1].body))
    assert link is not None
    window.goto(link[1])
    window.get_by_role("button", name="Confirm").click()
    window.goto("/login/")
    window.get_by_label("Email").fill(email)
    window.get_by_label("Password").fill(PASSWORD)
    window.get_by_role("button", name="Sign in").click()
    expect(window.locator("#answer")).to_have_text("No invoice has been read yet.")


def connect(window: Page, system: str, url: str) -> None:
    window.goto("/connections/add/")
    window.get_by_role("link", name=registry.get(system).label).click()
    hidden = window.locator("details.more:not([open]) > summary")
    if hidden.count():
        hidden.click()
    for name, value in {**VALUES[system], "base_url": url}.items():
        field = window.locator(f"[name={name}]")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    window.get_by_role("button", name="Save").click()


def ping(window: Page, result: str) -> None:
    window.get_by_role("button", name="Ping").click()
    expect(window.locator("#ping h2")).to_have_text(result)


def test_from_sign_up_to_two_green_pings_and_a_red_one(window: Page, stand_in: Callable[[str], str]) -> None:
    sign_up(window)
    for system in VALUES:
        connect(window, system, stand_in(system))
        ping(window, "Everything needed was found")
        expect(window.locator("#connection-head .state")).to_have_text("Works")
        expect(window.locator("#ping .state.bad")).to_have_count(0)
    window.goto("/connections/")
    expect(window.locator(".answer")).to_have_text("All 2 connections work.")
    expect(window.locator(".rehearsal")).to_be_visible()
    for system in VALUES:
        window.goto("/connections/")
        window.get_by_role("link", name=registry.get(system).label).first.click()
        replace_secret(window, SECRET[system])
        ping(window, "Something is missing")
        red = window.locator("#ping tr", has=window.locator(".state.bad")).first
        expect(red.locator("td").last).not_to_have_text("Nothing.")
        assert WRONG not in window.content()


def replace_secret(window: Page, name: str) -> None:
    window.get_by_role("link", name="Edit").click()
    window.locator("details.replace", has=window.locator(f"[name={name}]")).locator("summary").click()
    window.locator(f"[name={name}]").fill(WRONG)
    window.get_by_role("button", name="Save").click()
    expect(window.locator("#connection-head .state")).to_have_text("Not tried yet")


def test_all_of_it_works_without_javascript(plain_window: Page, stand_in: Callable[[str], str]) -> None:
    sign_up(plain_window)
    connect(plain_window, "bill", stand_in("bill"))
    ping(plain_window, "Everything needed was found")
    plain_window.locator("details.menu:not(.small-menu) > summary").click()
    plain_window.get_by_role("button", name="Dark").click()
    expect(plain_window.locator("html")).to_have_attribute("data-theme", "dark")
