"""2,000 rules from a file, in the browser: tried on real records, approved by another, undone, approved anew."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connections
from playwright.sync_api import Page, expect

from integrations import tasks
from integrations.models import GLMapping
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.factories import Cast
from tests.integrations.runner.town import Make, Town, town_of
from tests.journeys.browser.people import People

__all__ = ["town_of"]

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RULES = 2000


@pytest.fixture
def town(town_of: Make) -> Town:
    """A bill of 100.00 is posted on account 1000; an invoice of 40.00 waits for account 9999."""
    made = town_of()
    made.supplier("S1")
    made.erp.invoice(1, "100.00")
    made.erp.invoice(2, "40.00")
    place = {"Company": "10", "InvoiceId": 2, "ItemId": 1, "RowId": 1}
    made.erp.sim.edit("ManSuppInvoicePostings", place, CodeA="9999")
    made.sync()
    assert (made.coded(), made.states()["N2"]) == ({"N1": "1000"}, "held")
    return made


@pytest.fixture
def people(cast: Cast, town: Town) -> People:
    return People.make(cast, town, Role.INTEGRATOR, Role.CONTROLLER)  # type: ignore[arg-type]


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> ThreadPoolExecutor:
    """Takes previews from the pages as a worker does."""
    pool = ThreadPoolExecutor(1)

    def work(preview_id: int, tenant_id: str) -> None:
        tasks.make_preview(preview_id, tenant_id)
        connections.close_all()

    monkeypatch.setattr(tasks.make_preview, "delay", lambda *named: pool.submit(work, *named))
    return pool


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The whole chart: account 6120 moves, 9999 and 1,998 others are new."""
    sources = ["6120", "9999", *(str(20000 + number) for number in range(RULES - 2))]
    path = tmp_path / "chart.csv"
    path.write_text("table,source,target\n" + "".join(f"account,{source},6130\n" for source in sources))
    return path


def in_force(town: Town) -> int:
    """How many rules make it 6130, asked in a thread of its own: the window's has an event loop."""

    def asked() -> int:
        try:
            with tenant_scope(town.tenant_id):
                return int(GLMapping.objects.filter(active=True, target="6130").count())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asked).result()


def approve(window: Page, people: People, site: str) -> None:
    """The controller sits down before the same page."""
    people.sit_down(window, Role.CONTROLLER, site)
    window.reload()
    window.get_by_role("button", name="Approve").click()
    expect(window.get_by_role("status").first).to_contain_text("Approved.", timeout=30_000)


def undo(window: Page, people: People, site: str) -> None:
    """The integrator proposes the way back, and opens it."""
    people.sit_down(window, Role.INTEGRATOR, site)
    window.reload()
    window.get_by_role("button", name=f"Undo these {RULES:,} changes").click()
    window.wait_for_load_state()
    expect(window.get_by_role("button", name="Withdraw")).to_be_visible(timeout=30_000)


def test_2000_rules_are_imported_tried_approved_undone_and_approved_again(
    town: Town, people: People, worker: ThreadPoolExecutor, file: Path, site: str, window: Page
) -> None:
    people.sit_down(window, Role.INTEGRATOR, site)
    window.goto("/mappings/files/")
    window.get_by_label("CSV file").set_input_files(file)
    window.get_by_role("button", name="Show what would change").click()
    expect(window.locator(".answer")).to_have_text(
        "1,999 new, 1 changed, 0 unchanged; 1 in force are not in the file.", timeout=30_000
    )
    window.get_by_label("Why").fill("New chart of 2027")
    window.get_by_role("button", name=f"Propose {RULES:,} rules").click()
    expect(window.locator(".answer")).to_contain_text("2,000 rules of Town", timeout=30_000)
    expect(window.get_by_role("button", name="Approve")).to_have_count(0)

    window.get_by_role("link", name="What would change?").click()
    window.get_by_role("button", name="Look now").click()
    expect(window.locator(".answer")).to_have_text(
        "Of 2 records of the last 90 days: 1 that is held would go (40.00 USD). "
        "1 was posted and stays as it is, but would have come out otherwise.",
        timeout=30_000,
    )
    window.get_by_role("link", name="Posted: stays, would be coded otherwise").click()
    expect(window.locator("#records tbody tr")).to_contain_text("100 on 1000 Cash operating account")
    expect(window.locator("#records tbody tr")).to_contain_text("100 on 6130 Insurance property")
    window.get_by_role("link", name="chart.csv").click()

    approve(window, people, site)
    assert in_force(town) == RULES
    undo(window, people, site)
    approve(window, people, site)
    assert in_force(town) == 0
    undo(window, people, site)
    approve(window, people, site)
    assert in_force(town) == RULES
