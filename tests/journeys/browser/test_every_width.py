"""Every page at every width: nothing scrolls sideways, whatever the names; and the keyboard finds its way."""

from datetime import date
from typing import NamedTuple

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from integrations.models import (
    GLMapping,
    Integration,
    MappingChange,
    MappingSet,
    MappingUpload,
    OutboxItem,
    PingResult,
    RecordLink,
)
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.factories import Cast, join, signed_in
from tests.integrations.factories import Desk
from tests.integrations.settling import paid, refresh
from tests.integrations.web.test_plans import plan_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NAMES = [
    "Société Générale d'Outillage Industriel et de Fournitures Techniques du Nord-Pas-de-Calais",
    "شركة النور للتجارة والتوريدات",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "\u202egnitnahcreM notfarG",
]
PATHS = (
    *("/", "/connections/", "/connections/add/", "/connections/add/bill/", "/integrations/", "/integrations/add/"),
    *("/runs/", "/records/", "/records/?state=held&q=s", "/review/", "/review/proposals/", "/mappings/", "/audit/"),
    *("/mappings/rule/", "/mappings/rule/?kind=field", "/mappings/files/"),
    *("/settings/", "/settings/keys/"),
    *("/settings/members/", "/second-factor/", "/password/change/", "/email/"),
)
TOO_WIDE = """Math.max(
    document.documentElement.scrollWidth - document.documentElement.clientWidth,
    ...[...document.querySelectorAll("table")].map(table => table.offsetWidth - table.parentElement.clientWidth))"""


class Tour(NamedTuple):
    """A session cookie, and the pages of rows that have addresses of their own."""

    session: str
    pages: list[str]


def ping(desk: Desk) -> None:
    """An answer whose lines name what a system names without blanks."""
    name = "Supplier address type (SupplierHandling.svc/SupplierInfoAddressTypeSetOfEveryCompany)"
    line = {"name": name, "verdict": "missing", "why": "https://example.test/" + "x" * 90, "advice": "Grant it."}
    with tenant_scope(desk.tenant_id):
        PingResult.objects.create(
            connection=desk.integration.erp, at=timezone.now(), seconds=1, green=False, checks=[line, line]
        )


def map_rules(desk: Desk) -> list[str]:
    """Rules as wide as they may be: in force, proposed by somebody else, and in a file with rows that cannot go in."""
    wide, at = "W" * 60, timezone.now()
    with tenant_scope(desk.tenant_id):
        ours = desk.integration
        rule = GLMapping.objects.create(integration=ours, source=wide, target=wide, note=NAMES[2], made_by=desk.user)
        asked = MappingSet.objects.create(integration=ours, origin=f"{wide}.csv", reason=NAMES[1], made_at=at)
        name = {"table": "account", "company": "", "part": "", "source": wide, "valid_from": None}
        values = {"target": wide, "valid_to": "2026-12-31", "note": NAMES[0]}
        MappingChange.objects.create(set=asked, rule=name, old=rule.said(rule.VALUES), new=values)
        text = f"table,source,target,note\naccount,5{wide[1:]},{wide},{NAMES[0]}\nnonsense,{wide}W,{wide},\n"
        sent = MappingUpload.objects.create(integration=ours, name=f"{wide}.csv", text=text, made_at=at)
    return [f"/mappings/rule/?gl={rule.pk}", f"/mappings/sets/{asked.uuid}/", f"/mappings/files/{sent.uuid}/"]


@pytest.fixture
def tour(cast: Cast) -> Tour:
    """The owner's session, over rows that are hard to lay out; made before the browser starts its event loop."""
    desk = Desk(cast.tenant.pk, cast.owner)
    for role in (Role.INTEGRATOR, Role.CLERK, Role.CONTROLLER):
        join(cast.owner, cast.tenant, role)
    for i, name in enumerate(NAMES):
        number = f"2026/{i}/REMITTANCE-ADVICE-OF-THE-SECOND-QUARTER-WITH-A-VERY-LONG-NUMBER"
        item_held = desk.record(
            "held", number=number, party_name=name, amount="-123456789012.34", code="unmapped_account"
        )
        desk.record("out", number=number, party_name=name, currency="JPY", amount="98765432", due=None, code="settled")
        item = desk.record("done", number=number, party_name=name, currency="EUR", due=date(1999, 1, 1))
    run = desk.run(
        taken=9, counts={"created": 4, "held": 4}, balanced=False, amounts={"held": {"USD": "-123456789012.34"}}
    )
    ping(desk)
    erp = desk.integration.erp.uuid
    pages = [f"/runs/{run.uuid}/", f"/connections/{erp}/", f"/connections/{erp}/edit/"]
    ours, plan = f"/integrations/{desk.integration.uuid}", plan_of(desk, (item, "create", ""), (item_held, "hold", "x"))
    pages += [f"{ours}/{page}" for page in ("", "plan/", "settings/", "settings/change/?name=paid_here")]
    pages += [f"{ours}/setup/{step}/" for step in ("start", "payer", "flows")]
    pages += [
        f"/records/{item.uuid}/",
        f"/records/{item_held.uuid}/",
        f"/plans/{plan.uuid}/?entity=invoice&kind=create",
    ]
    pages += [f"/flows/{desk.flows['invoice'].uuid}/schedule/", *map_rules(desk)]
    return Tour(signed_in(cast.owner).cookies["ml_session"].value, pages)


@pytest.mark.parametrize("width", [320, 375, 768, 1024, 1280, 1440])
def test_nothing_scrolls_sideways(tour: Tour, site: str, window: Page, width: int) -> None:
    enter(window, tour, site)
    window.set_viewport_size({"width": width, "height": 900})
    assert too_wide(window, [*PATHS, *tour.pages]) == {}


@pytest.fixture
def inward_tour(cast: Cast) -> Tour:
    """The same of what comes into the books."""
    desk = Desk(cast.tenant.pk, cast.owner)
    join(cast.owner, cast.tenant, Role.INTEGRATOR)
    desk.turn_round()
    for name in NAMES:
        payment = paid(desk, "-123456789012.34", "98765432.10", currency="EUR", name=name)
    refresh(desk)
    with tenant_scope(desk.tenant_id):
        row = {"account": "2410", "domestic": "-123456789012.34", "amount": "-98765432.10", "currency": "EUR"}
        RecordLink.objects.filter(entity="payment").update(
            sent={"what": "voucher", "rows": [row, row], "text": "x" * 90}
        )
        invoice = OutboxItem.objects.filter(flow__entity="invoice").latest("id")
        Integration.objects.update(company_currency="USD")
    ours = f"/integrations/{desk.integration.uuid}"
    pages = [f"/records/{payment.uuid}/", f"/records/{invoice.uuid}/", "/settlements/", "/settlements/?q=x&state=paid"]
    pages += [f"{ours}/", f"{ours}/settings/", f"{ours}/setup/flows/", f"{ours}/setup/books/", "/"]
    return Tour(signed_in(cast.owner).cookies["ml_session"].value, pages)


@pytest.mark.parametrize("width", [320, 375, 768, 1024, 1440])
def test_what_comes_in_scrolls_no_page_sideways(inward_tour: Tour, site: str, window: Page, width: int) -> None:
    enter(window, inward_tour, site)
    window.set_viewport_size({"width": width, "height": 900})
    assert too_wide(window, inward_tour.pages) == {}


def test_the_keyboard_reaches_search_and_content(tour: Tour, site: str, window: Page) -> None:
    enter(window, tour, site)
    window.goto("/records/")
    window.keyboard.press("Tab")
    expect(window.locator(".skip")).to_be_focused()
    window.keyboard.press("/")
    expect(window.locator("#search")).to_be_focused()
    window.keyboard.type("2026/1")
    window.keyboard.press("Enter")
    window.wait_for_url("**/records/?q=2026%2F1")
    expect(window.locator("tbody tr")).to_have_count(3)


def test_a_click_on_a_row_opens_its_record(tour: Tour, site: str, window: Page) -> None:
    enter(window, tour, site)
    window.goto("/records/?state=held")
    window.locator("tbody tr").first.locator("td").nth(2).click()
    expect(window.locator("h1")).to_contain_text("Invoice")


def test_the_desk_is_walked_by_keyboard(tour: Tour, site: str, window: Page) -> None:
    enter(window, tour, site)
    window.goto("/review/")
    rows = window.locator("tr[data-href]")
    window.keyboard.press("j")
    window.keyboard.press("j")
    expect(rows.nth(1).locator("a.strong")).to_be_focused()
    window.keyboard.press("x")
    expect(rows.nth(1).locator("input")).to_be_checked()
    window.keyboard.press("k")
    window.keyboard.press("Enter")
    window.wait_for_url("**/records/*/")


def too_wide(window: Page, paths: list[str]) -> dict[str, float]:
    """By page, how many pixels stand out."""
    wide = {}
    for path in paths:
        answer = window.goto(path)
        assert answer is not None
        assert answer.ok, path
        if (excess := window.evaluate(TOO_WIDE)) > 0:
            wide[path] = excess
    return wide


def enter(window: Page, tour: Tour, site: str) -> None:
    """Sign in by the cookie."""
    window.context.add_cookies([{"name": "ml_session", "value": tour.session, "url": site}])
