from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from integrations.engine.errors import ConnectionBroken, Retryable
from integrations.engine.ports import Scope
from integrations.engine.records import Dimension, Entity, GLAccount, Invoice, InvoiceState, Unreadable, Vendor
from integrations.systems.bill.reading import Cursor
from tests.systems.bill.world import ORGANIZATION, SCOPE, World, read_all, vendor_draft


def keys(world: World, entity: Entity, cursor: str = "") -> list[str]:
    return [record.key for record in read_all(world.client, entity, cursor)[0]]


def test_vendors_come_with_number_currency_and_remit_address(world: World) -> None:
    receipt = world.post(vendor_draft())[0]
    (vendor,) = read_all(world.client, Entity.VENDOR)[0]
    assert isinstance(vendor, Vendor)
    assert (vendor.key, vendor.version) == (receipt.target_id, receipt.version)
    assert (vendor.name, vendor.number, vendor.currency, vendor.country) == ("Nordic Bolts", "SUP-1007", "USD", "US")
    assert vendor.addresses[0].uses == ("pay",)


def test_accounts_have_their_ledger_number_and_control_accounts_are_marked(world: World) -> None:
    accounts = {record.number: record for record in read_all(world.client, Entity.GL_ACCOUNT)[0]}
    assert isinstance(accounts["1000"], GLAccount)
    assert accounts["1000"].kind == "bank"
    assert {account.kind for account in accounts.values() if account.control} <= {
        "accounts_payable",
        "accounts_receivable",
    }


def test_all_kinds_of_classification_are_dimensions(world: World) -> None:
    values = read_all(world.client, Entity.DIMENSION)[0]
    assert all(isinstance(value, Dimension) for value in values)
    assert {(value.kind, value.value, value.name) for value in values} == {
        ("department", "100", "Assembly"),
        ("department", "200", "Sales"),
        ("accounting_class", "RET", "Retail"),
    }


def test_a_bill_takes_its_currency_from_the_vendor_and_keeps_exact_amounts(world: World) -> None:
    vendor = world.vendor(currency="EUR")
    world.sim.create_bill_by_hand(vendor, "A-1", "228.99")
    (invoice,) = read_all(world.client, Entity.INVOICE)[0]
    assert isinstance(invoice, Invoice)
    assert (invoice.currency, invoice.net, invoice.open_amount) == ("EUR", Decimal("228.99"), Decimal("228.99"))
    assert (invoice.type, invoice.state, invoice.company) == ("bill", InvoiceState.POSTED, ORGANIZATION)
    assert invoice.lines is not None
    assert sum(line.net for line in invoice.lines) == invoice.net


def test_credits_are_invoices_below_zero(world: World) -> None:
    world.post(world.invoice(world.vendor(), "C-1", "30.00", credit=True))
    (credit,) = read_all(world.client, Entity.INVOICE)[0]
    assert (credit.type, credit.net, credit.lines[0].net) == ("credit", Decimal("-30"), Decimal("-30"))


@pytest.mark.parametrize(
    ("paid", "status", "state"),
    [("40", "PAID", InvoiceState.PARTLY_PAID), ("100", "PAID", InvoiceState.PAID)],
)
def test_payment_shows_in_the_state(world: World, paid: str, status: str, state: InvoiceState) -> None:
    bill = world.sim.create_bill_by_hand(world.vendor(), "A-1", "100")
    world.sim.pay([bill], [paid], status)
    (invoice,) = read_all(world.client, Entity.INVOICE)[0]
    assert invoice.state == state


def test_an_unknown_status_is_unknown_and_kept_as_a_word(world: World) -> None:
    bill = world.sim.create_bill_by_hand(world.vendor(), "A-1", "100")
    world.sim.put_raw(bill, paymentStatus="XYZ")
    (invoice,) = read_all(world.client, Entity.INVOICE)[0]
    assert invoice.state == InvoiceState.UNKNOWN
    assert invoice.state_word.startswith("XYZ")


def test_archived_records_are_read_as_inactive(world: World) -> None:
    key = world.vendor()
    world.sim.archive(key)
    (vendor,) = read_all(world.client, Entity.VENDOR)[0]
    assert (vendor.key, vendor.active) == (key, False)


@pytest.mark.parametrize(
    ("entity", "table"), [(Entity.GL_ACCOUNT, "chart-of-accounts"), (Entity.DIMENSION, "departments")]
)
def test_archived_coding_is_read_as_inactive_among_all_of_it(world: World, entity: Entity, table: str) -> None:
    before, _ = read_all(world.client, entity)
    key = str(world.sim.dump(table)[0]["id"])
    world.sim.archive(key)
    after, _ = read_all(world.client, entity)
    assert {record.key for record in after} == {record.key for record in before}
    assert [record.key for record in after if not record.active] == [key]


def test_a_second_poll_reads_what_changed_and_the_overlap(world: World) -> None:
    world.vendor("Old")
    world.clock.now += timedelta(hours=1)
    recent = world.vendor("Recent")
    _, cursor = read_all(world.client, Entity.VENDOR)
    world.clock.now += timedelta(minutes=1)
    new = world.vendor("New")
    assert keys(world, Entity.VENDOR, cursor) == [recent, new]


def test_every_page_resumes_without_loss_or_repeat(world: World) -> None:
    expected = [world.vendor(f"V{number}") for number in range(250)]
    world.sim.archive(expected[3])
    found: list[str] = []
    cursor = ""
    for _ in range(20):
        page = next(iter(world.connect().read(Entity.VENDOR, cursor, SCOPE)))
        found += [record.key for record in page.records]
        cursor = page.cursor
        assert page.read == len(page.records)
        if not page.more:
            break
    assert sorted(found) == sorted(expected)


def test_a_scan_cut_off_goes_on_where_the_page_was_saved(world: World) -> None:
    expected = [world.vendor(f"V{number:03}") for number in range(250)]
    world.fault("drop_before", "page=", after=1, times=None)
    found: list[str] = []
    pages = world.client.read(Entity.VENDOR, "", SCOPE)
    for page in (next(pages), next(pages)):
        found += [record.key for record in page.records]
        cursor = page.cursor
    with pytest.raises(Retryable):
        next(pages)
    world.sim.faults.clear()
    assert found + keys(world, Entity.VENDOR, cursor) == expected


def test_an_archived_record_of_one_list_does_not_hide_changes_of_the_other(world: World) -> None:
    """The cursor stays at the scan's start, although later pages show later changes."""
    vendor = world.vendor("First")
    pages = world.client.read(Entity.VENDOR, "", SCOPE)
    next(pages)
    world.clock.now += timedelta(hours=1)
    world.sim.edit_vendor(vendor, phone="1")
    world.sim.archive(world.vendor("Later"))
    *_, last = pages
    assert vendor in keys(world, Entity.VENDOR, last.cursor)


def test_the_cursor_never_passes_the_servers_clock(world: World) -> None:
    key = world.vendor()
    world.fault("replace", "/v3/vendors", find="2026-11-21T09:30", text="2026-11-21T10:30", times=None)
    _, cursor = read_all(world.client, Entity.VENDOR)
    world.sim.faults.clear()
    world.sim.edit_vendor(key, phone="1")
    assert keys(world, Entity.VENDOR, cursor) == [key]


def test_a_start_date_bounds_the_first_scan(world: World) -> None:
    world.vendor("Old")
    since = world.clock.now + timedelta(minutes=30)
    world.clock.now += timedelta(hours=1)
    new = world.vendor("New")
    pages = world.client.read(Entity.VENDOR, "", Scope(since=since))
    assert [record.key for page in pages for record in page.records] == [new]


def test_a_cursor_is_text_that_survives_storage(world: World) -> None:
    world.vendor()
    _, cursor = read_all(world.client, Entity.VENDOR)
    assert cursor.isascii()
    assert Cursor().stage == 0
    assert keys(world, Entity.VENDOR, cursor)


@pytest.mark.parametrize("shape", ["Z", "+00:00", "", ".127+00:00", "-00:00"])
def test_times_in_every_shape_are_utc(world: World, shape: str) -> None:
    key = world.vendor()
    body = f'{{"id":"{key}","updatedTime":"2026-01-15T09:30:00{shape}"}}'
    world.fault("status", key, status=200, body=body)
    vendor = world.client.fetch(Entity.VENDOR, key, SCOPE)
    assert isinstance(vendor, Vendor)
    assert vendor.modified is not None
    assert vendor.modified.replace(microsecond=0) == datetime.fromisoformat("2026-01-15T09:30:00+00:00")


@pytest.mark.parametrize("stamp", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "soon"])
def test_a_time_that_cannot_be_spoils_its_own_record_only(world: World, stamp: str) -> None:
    odd, good = world.vendor("Odd"), world.vendor("Good")
    real = next(row["updatedTime"] for row in world.sim.dump("vendors") if row["id"] == odd)
    world.fault("replace", "/v3/vendors", find=f'"updatedTime":"{real}"', text=f'"updatedTime":"{stamp}"')
    found, _ = read_all(world.client, Entity.VENDOR)
    assert {record.key: type(record) for record in found} == {odd: Unreadable, good: Vendor}


def test_fetch_gives_each_entity_by_its_key(world: World) -> None:
    vendor = world.vendor()
    bill = world.sim.create_bill_by_hand(vendor, "A-1", "5")
    credit = world.post(world.invoice(vendor, "C-1", "3", credit=True))[0].target_id
    department = world.sim.dump("departments")[0]["id"]
    wanted = [(Entity.VENDOR, vendor), (Entity.INVOICE, bill), (Entity.INVOICE, credit), (Entity.DIMENSION, department)]
    for entity, key in wanted:
        found = world.client.fetch(entity, key, SCOPE)
        assert found is not None
        assert found.key == key


@pytest.mark.parametrize("key", ["00902NOSUCHVENDOR123", "../bills", "", "a b"])
def test_fetch_of_what_is_not_there_is_none(world: World, key: str) -> None:
    assert world.client.fetch(Entity.VENDOR, key, SCOPE) is None


def test_a_missing_page_is_no_proof_that_a_record_is_gone(world: World) -> None:
    key = world.vendor()
    world.fault("status", key, times=None, status=404, body="<html>not here</html>")
    with pytest.raises(Retryable):
        world.client.fetch(Entity.VENDOR, key, SCOPE)


def test_an_entity_bill_does_not_have_is_refused(world: World) -> None:
    with pytest.raises(ConnectionBroken) as caught:
        list(world.client.read(Entity.PURCHASE_ORDER, "", SCOPE))
    assert caught.value.code == "undeclared"


def test_the_organization_is_the_one_company(world: World) -> None:
    (company,) = world.client.companies()
    assert company.key == ORGANIZATION


def test_without_the_administrators_right_the_organization_has_its_id_for_a_name(world: World) -> None:
    world.fault("status", "/v3/organizations", status=403, body='[{"message":"no"}]')
    assert world.client.companies()[0].name == ORGANIZATION
