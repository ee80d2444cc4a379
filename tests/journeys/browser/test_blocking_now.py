"""A clerk in the browser: an account nobody mapped is mapped where it blocks; its invoices arrive coded right."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import Page, expect

from integrations.management.commands.seed_demo import BILL_POLICY, COMPANY, STAND_INS
from integrations.models import FieldMapping, GLMapping, Integration, MirrorRecord, OutboxItem, RecordLink
from integrations.runner import foreground, setup
from integrations.store import blocking
from tenants.scope import tenant_scope
from tests.factories import Cast, signed_in
from tests.journeys.browser.conftest import StandIns
from tests.journeys.browser.test_first_day import apart

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def sync(cast: Cast, integration: Integration) -> None:
    """Every flow runs until nothing is left."""
    foreground.sync(cast.tenant.pk, integration.pk)


@pytest.fixture
def joined(cast: Cast, stand_in: StandIns) -> Integration:
    """The demo's invoices were carried with every account mapped but the one that holds most of them."""
    with tenant_scope(cast.tenant.pk):
        erp, ap = (
            setup.add_connection(system, system, {"base_url": stand_in(system), **STAND_INS[system][2]}, by="test")
            for system in ("ifs", "bill")
        )
        made = setup.join("Lakeside", erp, ap, *COMPANY)
        made.policy, made.active = {**BILL_POLICY, "match_by_number": False, "start_date": "2020-01-01"}, True
        made.save()
        for part in "BCD":
            FieldMapping.objects.create(integration=made, source=f"dimensions.{part}", target="")
        for code in ("ST825", "ST6", "GST5"):
            GLMapping.objects.create(integration=made, table="tax_code", source=code, target="1260")
    sync(cast, made)
    with tenant_scope(cast.tenant.pk):
        needs, _ = blocking.look(500, kind="account")
        there = set(MirrorRecord.objects.filter(entity="gl_account", active=True).values_list("number", flat=True))
        usual = max((each for each in needs if each.key in there), key=lambda each: each.records)
        keys = {each.key for each in needs} - {usual.key}
        GLMapping.objects.bulk_create(GLMapping(integration=made, source=key, target=key) for key in keys)
    foreground.replay(cast.tenant.pk, made.pk)
    return made


def held(cast: Cast) -> str:
    """The account that still blocks."""
    with tenant_scope(cast.tenant.pk):
        needs, _ = blocking.look(500, kind="account")
        found: str = max(needs, key=lambda each: each.records).key
        return found


def test_a_clerk_maps_what_blocks_and_the_bills_are_coded_right(
    cast: Cast, joined: Integration, stand_in: StandIns, site: str, window: Page
) -> None:
    clerk = apart(cast, lambda: str(signed_in(cast.colleague).cookies["ml_session"].value))
    account = apart(cast, lambda: held(cast))
    window.context.add_cookies([{"name": "ml_session", "value": clerk, "url": site}])
    window.goto("/review/")
    window.get_by_role("link", name="Blocking now").click()
    row = window.locator("tbody tr", has=window.get_by_text(account, exact=True)).first
    expect(row).to_contain_text("Same number")
    row.get_by_role("button", name="Take it").click()
    expect(window.get_by_role("status").first).to_contain_text("1 rule in force.")
    expect(window.get_by_role("status").first).to_contain_text("go on with the next run, which is due now.")
    freed = apart(cast, lambda: [item.source_key for item in OutboxItem.objects.filter(state="ready")])
    assert freed
    outside(cast, joined)
    number, target, wanted = apart(cast, lambda: arrived(freed, account))
    bills: Any = stand_in.simulators["bill"]
    (bill,) = [each for each in bills.dump("bills") if each["id"] == target]
    assert wanted in str(bill)
    window.goto(f"/records/?q={number}")
    window.locator("tbody a").first.click()
    expect(window.locator("h1 .state")).to_have_text("Arrived")
    expect(window.get_by_text(f"account {account} → {account} by rule").first).to_be_visible()


def outside(cast: Cast, joined: Integration) -> None:
    """The next run, in a thread without the browser's event loop."""

    def run() -> None:
        try:
            sync(cast, joined)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(run).result()


def arrived(keys: list[str], account: str) -> tuple[str, str, str]:
    """(number, bill id, id of its account there) of one of them that arrived as a bill on this account."""
    wanted = MirrorRecord.objects.get(entity="gl_account", number=account, active=True).target_id
    links = RecordLink.objects.filter(entity="invoice", source_key__in=keys, made_by="created").order_by("id")
    link = next(each for each in links if not each.sent["credit"] and wanted in str(each.sent["lines"]))
    return str(link.sent["number"]), link.target_id, wanted
