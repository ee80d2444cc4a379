"""O31, O32: sets that are missing, renamed, not granted or read in one go with their owners."""

from collections.abc import Mapping
from typing import Any

import pytest

from integrations.engine.errors import ConnectionBroken
from integrations.engine.records import Entity
from integrations.systems.ifs.simulator import Client
from tests.systems.ifs.lines.world import SCOPE, World

MAIN = frozenset({"CompanyHandling", "SupplierHandling", "ManualSupplierInvoiceHandling", "AccountsHandling"})


def granted(*projections: str) -> dict[str, Any]:
    return {"clients": (Client("ml-connector", "demo-secret", grants=frozenset(projections)),)}


def sets(**changes: Mapping[str, Any]) -> dict[str, Any]:
    return {"sets": changes}


def test_a_projection_that_is_not_granted_is_named() -> None:
    world = World(granted("CompanyHandling"))
    with pytest.raises(ConnectionBroken) as caught:
        world.keys(Entity.GL_ACCOUNT)
    assert caught.value.code == "forbidden"
    assert "AccountsHandling.svc" in caught.value.message


def test_a_set_that_a_release_renamed_is_named() -> None:
    world = World(override=sets(tax_code={"set": "FeesHandling.svc/FeeSet"}))
    with pytest.raises(ConnectionBroken) as caught:
        world.keys(Entity.TAX_CODE)
    assert caught.value.code == "profile"
    assert "FeesHandling.svc/FeeSet" in caught.value.message


def test_a_field_that_is_not_there_is_named(world: World) -> None:
    world.account("6120")
    broken = World(override=sets(account={"fields": {"account": "AccountNo"}}))
    broken.account("6120")
    with pytest.raises(ConnectionBroken) as caught:
        broken.keys(Entity.GL_ACCOUNT)
    assert caught.value.code == "profile"
    assert "AccountNo" in caught.value.message


def test_an_alternative_is_read_where_the_first_set_is_missing() -> None:
    override = sets(
        account={"set": "OldAccounts.svc/AccountSet", "alternatives": ["AccountsHandling.svc/MultiCompanyAccountSet"]}
    )
    world = World(override=override)
    world.account("6120")
    assert world.keys(Entity.GL_ACCOUNT) == ["10|6120"]
    world.keys(Entity.GL_ACCOUNT)
    assert len(world.calls("OldAccounts")) == 1, "what is missing is not asked for again"


def test_an_empty_account_set_is_no_proof_that_there_are_no_accounts(world: World) -> None:
    world.account("6120")
    world.fault("status", "/AccountSet", times=None, status=200, body={"value": []})
    assert world.keys(Entity.GL_ACCOUNT) == ["10|6120"]


@pytest.mark.parametrize(
    ("child", "part"),
    [
        ("ManSuppInvoiceItemSet", "lines"),
        ("ManSuppInvoicePostingsSet", "postings"),
        ("SupplierLedgerItemSet", "ledger_items"),
    ],
)
@pytest.mark.parametrize("status", [403, 404, 501])
def test_a_child_set_that_cannot_be_read_is_unknown_not_empty(world: World, child: str, part: str, status: int) -> None:
    world.invoice(1)
    world.fault("status", f"/{child}", times=None, status=status, body={"error": {"code": "ODP_X", "message": "no"}})
    found = world.only(Entity.INVOICE)
    assert getattr(found, part) is None
    assert [name for name in ("lines", "postings", "ledger_items") if getattr(found, name) is None] == [part]


@pytest.mark.parametrize("child", ["ManSuppInvoiceItemSet", "SupplierLedgerItemSet"])
def test_a_child_set_in_passing_trouble_ends_the_slice(world: World, child: str) -> None:
    world.invoice(1)
    world.fault("status", f"/{child}", times=None, status=503)
    assert list(_codes(world)) == ["server_error"]


def test_a_company_without_accounts_has_none_whatever_else_is_missing(world: World) -> None:
    for each in ("MultiCompanyAccountSet", "Reference_Account"):
        world.fault("status", f"/{each}", times=None, status=404)
    assert world.keys(Entity.GL_ACCOUNT) == []


def test_children_are_read_for_many_invoices_in_a_few_requests() -> None:
    world = World(settings={"page_size": "5000"})
    for number in range(1, 301):
        world.invoice(number)
    assert len(world.keys(Entity.INVOICE)) == 300
    assert len(world.calls("/ManSuppInvoice")) <= 8
    assert len(world.calls("/SupplierLedgerItemSet")) <= 16
    assert all(len(call) < 6000 for call in world.calls())


@pytest.mark.parametrize("refused", [False, True], ids=["open items", "all items"])
def test_settled_and_open_ledger_items_are_found_among_many(refused: bool) -> None:
    world = World(settings={"page_size": "5000"})
    for number in range(1, 421):
        world.invoice(number)
    world.sim.edit("SupplierLedgerItem", ("10", "S1", "SI", "N7", 1), OpenAmount=0)
    world.fault("status", "OpenAmount%20ne%200", times=None if refused else 0, status=400)
    found = {record.key: record for record in world.poll(Entity.INVOICE)[0]}
    assert all(invoice.ledger_items for invoice in found.values())
    assert found["10|7"].ledger_items[0].open == 0
    assert len(world.calls("/SupplierLedgerItemSet")) <= 5


def test_scattered_invoices_are_chained() -> None:
    world = World(settings={"page_size": "5000"})
    for number in range(1, 4000, 40):
        world.invoice(number, Objstate="PostedAuth" if number % 80 == 1 else "Cancelled")
    found, _ = world.poll(Entity.INVOICE)
    assert all(invoice.lines for invoice in found if invoice.state == "authorised")
    assert len(world.calls("/ManSuppInvoiceItemSet")) <= 4


@pytest.mark.parametrize(("state", "known"), [("PostedAuth", True), ("Posted", True), ("PaidPosted", False)])
def test_children_are_left_unknown_in_states_where_they_never_matter(world: World, state: str, known: bool) -> None:
    world.invoice(1, Objstate=state)
    assert (world.only(Entity.INVOICE).lines is not None) is known


def test_instalments_are_all_in_the_ledger(world: World) -> None:
    world.invoice(1)
    second = {"InstallmentId": 2, "OriginalAmount": 5, "OpenAmount": 5, "Currency": "USD"}
    key = {"Company": "10", "Identity": "S1", "LedgerItemSeriesId": "SI", "LedgerItemId": "N1"}
    world.sim.insert("SupplierLedgerItem", key | second)
    assert [item.instalment for item in world.only(Entity.INVOICE).ledger_items] == [1, 2]


def test_an_invoice_that_the_ledger_does_not_list_is_unknown_to_it(world: World) -> None:
    world.invoice(1)
    world.sim.delete("SupplierLedgerItem", ("10", "S1", "SI", "N1", 1))
    assert world.only(Entity.INVOICE).ledger_items is None


def test_a_fetched_invoice_is_the_one_of_the_scan(world: World) -> None:
    world.invoice(1, lines=["60.00", "40.00"])
    assert world.client.fetch(Entity.INVOICE, "10|1", SCOPE) == world.only(Entity.INVOICE)


# versions


@pytest.mark.parametrize(
    ("table", "key", "fields"),
    [
        ("ManSuppInvoice", ("10", 1), {"DueDate": "2027-01-01"}),
        ("ManSuppInvoiceItem", ("10", 1, 1), {"Description": "Nuts"}),
        ("ManSuppInvoicePostings", ("10", 1, 1, 1), {"CodeB": "200"}),
        ("SupplierLedgerItem", ("10", "S1", "SI", "N1", 1), {"OpenAmount": 1}),
    ],
)
@pytest.mark.parametrize("tags", [True, False], ids=["with ETag", "without"])
def test_a_change_anywhere_in_an_invoice_changes_its_version(
    table: str, key: Any, fields: dict[str, Any], tags: bool
) -> None:
    world = World({"etag_in_lists": tags})
    world.invoice(1)
    before = world.only(Entity.INVOICE).version
    assert world.only(Entity.INVOICE).version == before
    world.sim.edit(table, key, **fields)
    assert world.only(Entity.INVOICE).version != before


def test_two_changes_within_a_second_are_two_versions(world: World) -> None:
    world.supplier("S1")
    versions = {world.only(Entity.VENDOR).version}
    for name in ("One", "Two"):
        world.sim.edit("SupplierInfoGeneral", ("S1",), Name=name)
        versions.add(world.only(Entity.VENDOR).version)
    assert len(versions) == 3


def _codes(world: World) -> list[str]:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - its code is what is compared
        world.keys(Entity.INVOICE)
    return [getattr(caught.value, "code", repr(caught.value))]
