"""Paging, options, navigation, metadata, row security."""

import time
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest

from integrations.systems.ifs.simulator import Client
from integrations.systems.ifs.simulator.entities import ENTITIES
from tests.systems.ifs_simulator.conftest import API, INVOICES, STATE, Caller, invoice

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
SUPPLIERS = f"{API}/SupplierHandling.svc/SupplierInfoGeneralSet"


def parsed(caller: Caller, projection: str) -> ElementTree.Element:
    found = caller.get(f"{API}/{projection}.svc/$metadata")
    return ElementTree.fromstring(found.content)  # noqa: S314  # our own text, not a stranger's


def numbers(body: dict[str, Any]) -> list[int]:
    return [row["InvoiceId"] for row in body["value"]]


@pytest.mark.parametrize("relative", [True, False])
def test_next_links_lead_through_all_rows(make: Callable[..., Caller], relative: bool) -> None:
    caller = make(paging="nextlink", max_page=5, relative_next_link=relative)
    link, seen = f"{INVOICES}?$filter=InvoiceId%20gt%201", []
    while link:
        body = caller.get(link).json()
        seen += numbers(body)
        link = body.get("@odata.nextLink", "")
        if link:
            assert "$skiptoken=" in link
            assert link.startswith("https://t1.example/main/") is not relative
            link = f"{API}/ManualSupplierInvoiceHandling.svc/{link}" if relative else link
    assert seen == list(range(2, 13))


def test_next_link_appears_with_top_too(make: Callable[..., Caller]) -> None:
    body = make(paging="nextlink").get(f"{INVOICES}?$top=5").json()
    assert numbers(body) == [1, 2, 3, 4, 5]
    assert "@odata.nextLink" in body


def test_skip_only_never_gives_a_next_link(make: Callable[..., Caller]) -> None:
    caller = make(max_page=5)
    body = caller.get(f"{INVOICES}?$top=500").json()
    assert numbers(body) == [1, 2, 3, 4, 5]
    assert "@odata.nextLink" not in body
    assert numbers(caller.get(f"{INVOICES}?$top=5&$skip=10").json()) == [11, 12]


def test_silent_truncation_cuts_only_without_top(make: Callable[..., Caller]) -> None:
    caller = make(invoices=40, paging="truncate-silently")
    assert len(caller.rows(INVOICES)) == 25
    assert len(caller.rows(f"{INVOICES}?$top=5000")) == 40
    assert "@odata.nextLink" not in caller.get(INVOICES).json()


def test_select_keeps_keys_and_metadata(caller: Caller) -> None:
    row = caller.rows(f"{INVOICES}?$select=InvoiceNo&$top=1")[0]
    assert set(row) == {"@odata.etag", "luname", "keyref", "Objgrants", "Company", "InvoiceId", "InvoiceNo"}
    assert row["keyref"] == "COMPANY=10^INVOICE_ID=1^"
    assert caller.get(f"{INVOICES}?$select=Nothing").status_code == 400


def test_order_by_column_amount_and_empty_values(caller: Caller) -> None:
    caller.sim.edit("ManSuppInvoice", ("10", 4), DueDate="2026-07-01")
    by_amount = caller.rows(f"{INVOICES}?$orderby=NetCurrAmount%20desc&$top=2")
    assert [row["InvoiceId"] for row in by_amount] == [12, 11]
    by_state = caller.rows(f"{INVOICES}?$orderby=Objstate%20desc,InvoiceId%20desc&$top=2")
    assert [row["InvoiceId"] for row in by_state] == [11, 10]
    assert caller.rows(f"{INVOICES}?$orderby=DueDate%20desc&$top=1")[0]["InvoiceId"] == 4
    assert caller.get(f"{INVOICES}?$orderby=Nothing").status_code == 400


def test_count_inline_and_alone(caller: Caller) -> None:
    assert caller.get(f"{INVOICES}?$count=true&$top=2").json()["@odata.count"] == 12
    assert caller.get(f"{INVOICES}/$count?$filter=InvoiceId%20le%204").text == "4"
    assert caller.get(f"{INVOICES}/$count?$filter=NetCurrAmount%20gt%20110").text == "3"


@pytest.mark.parametrize("option", ["$expand=ManSuppInvoiceItems", "$search=x", "$apply=aggregate(x)"])
def test_options_not_offered_answer_501(caller: Caller, option: str) -> None:
    assert caller.get(f"{INVOICES}?{option}").status_code == 501


@pytest.mark.parametrize("option", ["$top=-1", "$top=x", "$skip=1.5", "$count=maybe", "$nonsense=1", "$top=1&$top=2"])
def test_bad_options_answer_400(caller: Caller, option: str) -> None:
    assert caller.get(f"{INVOICES}?{option}").status_code == 400


def test_amounts_keep_their_digits_and_become_text_when_asked(caller: Caller) -> None:
    caller.sim.edit(
        "ManSuppInvoice", ("10", 1), NetCurrAmount="1234567890123456.10", CurrRate="0.100000000000000000001"
    )
    plain = caller.get(f"{INVOICES}(Company='10',InvoiceId=1)").text
    assert '"NetCurrAmount":1234567890123456.10,' in plain
    exact = caller.get(f"{INVOICES}(Company='10',InvoiceId=1)", accept="application/json;IEEE754Compatible=true")
    assert exact.json()["NetCurrAmount"] == "1234567890123456.10"
    assert exact.json()["CurrRate"] == "0.100000000000000000001"
    assert exact.json()["InvoiceId"] == "1"


def test_floats_are_refused_as_amounts(caller: Caller) -> None:
    with pytest.raises(TypeError, match="float"):
        caller.sim.edit("ManSuppInvoice", ("10", 1), NetCurrAmount=0.1)


def test_children_by_navigation_and_by_range(caller: Caller) -> None:
    caller.sim.store.insert_many(
        "ManSuppInvoiceItem", [{"Company": "10", "InvoiceId": i, "ItemId": n} for i in (1, 2, 3) for n in (1, 2)]
    )
    under = caller.rows(f"{INVOICES}(Company='10',InvoiceId=2)/ManSuppInvoiceItems")
    assert [(row["InvoiceId"], row["ItemId"]) for row in under] == [(2, 1), (2, 2)]
    items = INVOICES.replace("InvoiceSet", "InvoiceItemSet")
    ranged = caller.rows(f"{items}?$filter=(Company%20eq%20'10')%20and%20(InvoiceId%20ge%202)")
    assert [row["InvoiceId"] for row in ranged] == [2, 2, 3, 3]


def test_part_lines_and_other_lines_are_different_sets(caller: Caller) -> None:
    key = {"OrderNo": "P1", "ReleaseNo": "1"}
    caller.sim.insert("PurchaseOrder", {"OrderNo": "P1"})
    caller.sim.insert("PurchaseOrderLine", {**key, "LineNo": "1", "PartNo": "BOLT"})
    caller.sim.insert("PurchaseOrderLine", {**key, "LineNo": "2"})
    orders = f"{API}/PurchaseOrderHandling.svc"
    assert [row["LineNo"] for row in caller.rows(f"{orders}/PurchaseOrderLinePartSet")] == ["1"]
    assert [row["LineNo"] for row in caller.rows(f"{orders}/PurchaseOrderSet(OrderNo='P1')/LineNopartArray")] == ["2"]


def test_metadata_tells_every_field_of_every_set(caller: Caller) -> None:
    for entity in ENTITIES.values():
        for each in entity.sets:
            root = parsed(caller, each.projection)
            space = f"IfsApp.{each.projection}"
            names = {tag.get("Name"): tag.get("EntityType") for tag in root.iter(f"{EDM}EntitySet")}
            assert names[each.name] == f"{space}.{entity.name}"
            kind = next(tag for tag in root.iter(f"{EDM}EntityType") if tag.get("Name") == entity.name)
            assert {tag.get("Name") for tag in kind.iter(f"{EDM}Property")} >= entity.names
            assert tuple(tag.get("Name") for tag in kind.iter(f"{EDM}PropertyRef")) == entity.keys


def test_metadata_lists_enum_members_actions_and_navigations(caller: Caller) -> None:
    root = parsed(caller, "ManualSupplierInvoiceHandling")
    state = next(tag for tag in root.iter(f"{EDM}EnumType") if tag.get("Name") == "ManSuppInvoiceState")
    assert "PartlyPaidPosted" in {tag.get("Name") for tag in state}
    assert {tag.get("Name") for tag in root.iter(f"{EDM}Action")} == {"ManSuppInvoice_Cancel"}
    links = {tag.get("Name"): tag.get("Type") for tag in root.iter(f"{EDM}NavigationProperty")}
    kind = "Collection(IfsApp.ManualSupplierInvoiceHandling.ManSuppInvoiceItem)"
    assert links["ManSuppInvoiceItems"] == kind


def test_service_document_and_catalogue(caller: Caller) -> None:
    found = {row["name"] for row in caller.rows(f"{API}/SupplierHandling.svc/")}
    assert {"SupplierInfoGeneralSet", "SupplierInfoAddressSet"} <= found
    assert "SupplierSet" not in found
    names = {row["ProjectionName"] for row in caller.rows(f"{API}/AllProjections.svc/Projections")}
    assert "SupplierHandling" in names


def test_brief_preset_has_supplier_set_and_change_column(make: Callable[..., Caller], caller: Caller) -> None:
    brief = make(preset="brief")
    row = brief.rows(f"{API}/SupplierHandling.svc/SupplierSet")[0]
    assert row["ModifiedDate"] == "2026-06-01T12:00:00Z"
    assert "ModifiedDate" not in caller.rows(SUPPLIERS)[0]
    assert caller.get(f"{SUPPLIERS}?$filter=ModifiedDate%20ge%202026-01-01T00:00:00Z").status_code == 400


def test_rows_of_other_companies_are_silently_missing(make: Callable[..., Caller]) -> None:
    client = Client("ml-connector", "demo-secret", companies=frozenset({"10"}))
    caller = make(clients=(client,))
    caller.sim.insert("ManSuppInvoice", invoice(50, Company="20"))
    assert len(caller.rows(INVOICES)) == 12
    assert caller.rows(f"{INVOICES}?$filter=Company%20eq%20'20'") == []
    assert caller.get(f"{INVOICES}(Company='20',InvoiceId=50)").status_code == 404
    assert len(caller.rows(SUPPLIERS)) == 1


def test_projection_without_grant_answers_403(make: Callable[..., Caller]) -> None:
    client = Client("ml-connector", "demo-secret", grants=frozenset({"SupplierHandling"}))
    caller = make(clients=(client,))
    assert caller.get(SUPPLIERS).status_code == 200
    assert caller.get(INVOICES).status_code == 403


def test_unknown_places_answer_404(caller: Caller) -> None:
    for path in (
        f"{API}/NoSuch.svc/Set",
        f"{API}/SupplierHandling.svc/SupplierSet",
        f"{SUPPLIERS}(SupplierId='S1')/Nothing",
        "/elsewhere",
    ):
        assert caller.get(path).status_code == 404, path


def test_int_endpoint_and_entity_services(make: Callable[..., Caller]) -> None:
    caller = make(entity_services=frozenset({"ManSuppInvoice"}))
    assert len(caller.rows(INVOICES.replace("/main/", "/int/"))) == 12
    service = "/int/ifsapplications/entity/v1/ManSuppInvoiceEntity.svc/ManSuppInvoiceSet"
    assert len(caller.rows(service)) == 12
    assert caller.get(service.replace("ManSuppInvoice", "Account")).status_code == 404


def test_sites_that_refuse_select_or_state_filters(make: Callable[..., Caller]) -> None:
    caller = make(refuse_select=True, refuse_state_filter=True)
    assert caller.get(f"{INVOICES}?$select=InvoiceNo").status_code == 400
    assert caller.get(f"{INVOICES}?$filter=Objstate%20eq%20{STATE}'Posted'").status_code == 400


def test_default_record_is_prefilled(caller: Caller) -> None:
    found = caller.get(f"{SUPPLIERS}/IfsApp.SupplierHandling.SupplierInfoGeneral_Default()")
    assert found.json()["PartyType"] == "Supplier"


def test_a_full_page_is_quick(make: Callable[..., Caller]) -> None:
    caller = make(invoices=6000)
    url = f"{INVOICES}?$top=5000&$filter=Company%20eq%20'10'%20and%20InvoiceId%20gt%20900"
    spans = []
    for _ in range(3):
        start = time.perf_counter()
        assert len(caller.get(url).content) > 4_000_000
        spans.append(time.perf_counter() - start)
    assert min(spans) < 0.1, "40 ms on a free core, with room for a busy one"
