"""Clerk and controller in the browser: a duplicate linked by one person, an override and a setting by two."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from integrations.engine.settings import SPECS
from integrations.models import MirrorRecord
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.factories import Cast
from tests.integrations.factories import Desk
from tests.journeys.browser.people import People

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CHOICES = (("link:00n77", "It is 4711 there: link it", "work"), ("create", "It is another one: send it", "override"))


@pytest.fixture
def desk(cast: Cast) -> Desk:
    """One invoice that may be on the other side already."""
    made = Desk(cast.tenant.pk, cast.owner)
    made.record("held", code="possible_duplicate", number="INV-4711", choices=CHOICES)
    with tenant_scope(made.tenant_id):
        listed = {"connection": made.integration.ap, "entity": "invoice", "target_id": "00n77", "number": "4711"}
        MirrorRecord.objects.create(**listed, seen_at=timezone.now())
    return made


@pytest.fixture
def people(cast: Cast, desk: Desk) -> People:
    return People.make(cast, desk, Role.CLERK, Role.CONTROLLER, Role.INTEGRATOR)


def open_the_duplicate(window: Page) -> None:
    window.goto("/review/")
    window.get_by_role("link", name="INV-4711").click()
    expect(window.locator("#work")).to_contain_text("Needs you")


def test_a_clerk_links_a_possible_duplicate(people: People, site: str, window: Page) -> None:
    people.sit_down(window, Role.CLERK, site)
    open_the_duplicate(window)
    window.locator("#work").get_by_label("Why").fill("The same paper, entered by hand")
    window.get_by_role("button", name="It is 4711 there: link it").click()
    expect(window.get_by_role("status").first).to_contain_text("Answered.")
    expect(window.locator("h1 .state")).to_have_text("On its way")
    window.goto("/review/")
    expect(window.locator(".answer")).to_have_text("Nothing needs you.")


def test_an_override_takes_two_people(people: People, site: str, window: Page) -> None:
    people.sit_down(window, Role.CLERK, site)
    open_the_duplicate(window)
    window.locator("#work").get_by_label("Why").fill("Two deliveries, two papers")
    window.get_by_role("button", name="It is another one: send it").click()
    expect(window.get_by_text("Somebody else approves it.", exact=True)).to_be_visible()
    expect(window.get_by_role("button", name="Approve")).to_have_count(0)
    people.sit_down(window, Role.CONTROLLER, site)
    window.goto("/review/proposals/")
    expect(window.locator(".answer")).to_have_text("1 proposal waits for a second person: for you.")
    window.get_by_role("button", name="Approve").click()
    expect(window.locator(".answer")).to_have_text("No decision on a record waits for a second person.")
    window.goto("/records/")
    expect(window.locator("tbody .state")).to_have_text("On its way")


def test_a_setting_is_proposed_and_approved(people: People, desk: Desk, site: str, window: Page) -> None:
    people.sit_down(window, Role.INTEGRATOR, site)
    window.goto(f"/integrations/{desk.integration.uuid}/settings/")
    window.get_by_role("link", name="Same amount and date, other number").click()
    window.locator("[name=weak_duplicates]").select_option("hold")
    window.get_by_label("Why").fill("A rent was paid twice in May")
    window.get_by_role("button", name="Propose").click()
    expect(window.locator(".answer")).to_contain_text("1 change waits for a controller")
    expect(window.get_by_role("button", name="Approve")).to_have_count(0)
    people.sit_down(window, Role.CONTROLLER, site)
    window.reload()
    window.get_by_role("button", name="Approve").click()
    expect(window.locator(".answer")).to_have_text(
        f"1 of {len([spec for spec in SPECS if not spec.inbound])} settings are your own."
    )


def test_the_desk_works_without_javascript(people: People, site: str, plain_window: Page) -> None:
    people.sit_down(plain_window, Role.CLERK, site)
    open_the_duplicate(plain_window)
    plain_window.locator("#ignore > summary").click()
    plain_window.locator("#ignore-reason").fill("A test entry")
    plain_window.locator("#ignore").get_by_role("button", name="Ignore it").click()
    expect(plain_window.locator("h1 .state")).to_have_text("Ignored")
