"""Entity tags, the order of checks, creates, bodies that are refused."""

import base64
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from integrations.systems.ifs.simulator import Client, Simulator, SimulatorConfig
from tests.systems.ifs_simulator.conftest import API, INVOICES, Caller, Clock

SUPPLIER = f"{API}/SupplierHandling.svc/SupplierInfoGeneralSet(SupplierId='S1')"
SUPPLIERS = SUPPLIER.partition("(")[0]
FIRST = f"{INVOICES}(Company='10',InvoiceId=1)"


def version(tag: str) -> str:
    """The objversion inside the doubly wrapped tag."""
    outer = re.fullmatch(r'W/"([A-Za-z0-9+/=]+)"', tag)
    assert outer
    inner = re.fullmatch(r'W/"AAA[A-Za-z0-9+/=]+:(\d+)"', base64.b64decode(outer[1]).decode())
    assert inner
    return inner[1]


def test_suppliers_have_dates_and_invoices_counters_as_versions(caller: Caller) -> None:
    assert version(caller.get(SUPPLIER).json()["@odata.etag"]) == "20260601120000"
    assert version(caller.get(FIRST).json()["@odata.etag"]) == "1"
    assert caller.get(FIRST).headers["etag"] == caller.rows(f"{INVOICES}?$top=1")[0]["@odata.etag"]


def test_patch_changes_the_field_and_the_tag(caller: Caller) -> None:
    tag = caller.get(FIRST).headers["etag"]
    found = caller.patch(FIRST, {"Cf_Sent_To_Bill": "00n01"}, tag)
    assert (found.status_code, found.json()["Cf_Sent_To_Bill"]) == (200, "00n01")
    assert version(found.headers["etag"]) == "2"
    assert caller.sim.row("ManSuppInvoice", ("10", 1))["Cf_Sent_To_Bill"] == "00n01"


def test_missing_tag_is_428_before_404_and_stale_is_412(caller: Caller) -> None:
    body = {"Cf_Sent_To_Bill": "x"}
    assert caller.patch(f"{INVOICES}(Company='10',InvoiceId=99)", body, None).status_code == 428
    assert caller.patch(f"{INVOICES}(Company='10',InvoiceId=99)", body, "*").status_code == 404
    tag = caller.get(FIRST).headers["etag"]
    caller.sim.edit("ManSuppInvoice", ("10", 1), NcfReference="by hand")
    assert caller.patch(FIRST, body, tag).status_code == 412
    assert caller.patch(FIRST, body, "*").status_code == 200


def test_two_writes_in_one_second_keep_a_date_tag(caller: Caller, clock: Clock) -> None:
    tag = caller.get(SUPPLIER).headers["etag"]
    assert caller.patch(SUPPLIER, {"Name": "One"}, tag).headers["etag"] == tag
    clock.forward(1)
    assert caller.patch(SUPPLIER, {"Name": "Two"}, tag).headers["etag"] != tag


def test_patch_may_answer_204_with_the_tag_only(make: Callable[..., Caller]) -> None:
    caller = make(patch_status=204)
    found = caller.patch(FIRST, {"Cf_Sent_To_Bill": "x"}, "*")
    assert (found.status_code, found.content) == (204, b"")
    assert version(found.headers["etag"]) == "2"


def test_lists_without_tags_still_give_them_by_key(make: Callable[..., Caller]) -> None:
    caller = make(etag_in_lists=False)
    assert "@odata.etag" not in caller.rows(INVOICES)[0]
    assert version(caller.get(FIRST).json()["@odata.etag"]) == "1"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"Objstate": "Cancelled"}, 400),
        ({"Company": "20"}, 400),
        ({"Nothing": 1}, 400),
        ({"luname": "x"}, 400),
        ({"Cf_Sent_To_Bill": 5}, 400),
        ({"InvoiceVersion": 2**63}, 400),
        ({"InvoiceVersion": 10**30}, 400),
        ({"DueDate": "31.12.2026"}, 400),
        ({"BlockedForPayment": "TRUE"}, 400),
        ({"Cf_Sent_To_Bill": "x" * 51}, 500),
        ({"NetCurrAmount": 5}, 500),
    ],
)
def test_bad_changes_are_refused_and_change_nothing(caller: Caller, body: dict[str, object], status: int) -> None:
    before = caller.sim.row("ManSuppInvoice", ("10", 1))
    assert caller.patch(FIRST, body, "*").status_code == status
    assert caller.sim.row("ManSuppInvoice", ("10", 1)) == before


def test_body_needs_json_and_its_content_type(caller: Caller) -> None:
    headers = {"if-match": "*"}
    for content, kind in ((b"{", "application/json"), (b"[]", "application/json"), (b"{}", "text/plain")):
        found = caller.call("PATCH", FIRST, content=content, headers={**headers, "content-type": kind})
        assert (found.status_code, found.json()["error"]["code"]) == (400, "ODP_DESERIALIZATION_ERROR")


def test_create_numbers_defaults_and_answers_201(caller: Caller) -> None:
    found = caller.post(SUPPLIERS, {"Name": "New Supplier"})
    assert found.status_code == 201
    assert found.json()["SupplierId"]
    assert found.json()["CreationDate"] == "2026-06-01"
    again = caller.post(SUPPLIERS, {"SupplierId": found.json()["SupplierId"], "Name": "Again"})
    assert again.status_code == 500
    assert "already exists" in again.json()["error"]["details"][0]["message"]
    assert caller.post(SUPPLIERS, {"SupplierId": "S9"}).json()["error"]["code"] == "DATABASE_ERROR"


def test_create_below_a_record_takes_its_key(caller: Caller) -> None:
    found = caller.post(f"{SUPPLIER}/SupplierInfoAddresses", {"AddressId": "9", "City": "Oslo"})
    assert (found.status_code, found.json()["SupplierId"]) == (201, "S1")
    assert caller.rows(f"{SUPPLIER}/SupplierInfoAddresses")[0]["City"] == "Oslo"


def test_delete_needs_the_tag(caller: Caller) -> None:
    assert caller.call("DELETE", SUPPLIER).status_code == 428
    assert caller.call("DELETE", SUPPLIER, headers={"if-match": "*"}).status_code == 204
    assert caller.get(SUPPLIER).status_code == 404


def test_wrong_verbs_answer_405(caller: Caller) -> None:
    cancel = f"{FIRST}/IfsApp.ManualSupplierInvoiceHandling.ManSuppInvoice_Cancel"
    assert caller.call("PUT", FIRST, json={}).status_code == 405
    assert caller.patch(INVOICES, {}, "*").status_code == 405
    assert caller.get(cancel).status_code == 405
    assert caller.call("DELETE", FIRST, headers={"if-match": "*"}).status_code == 405
    assert caller.post(f"{API}/CompanyHandling.svc/CompanySet", {"Company": "30"}).status_code == 405


def test_deep_insert_is_501_unless_switched_on(make: Callable[..., Caller]) -> None:
    heads = f"{API}/ExternalSupplierInvoicesHandling.svc/ExtIncInvHeadSet"
    body = {
        "Company": "10",
        "Identity": "S1",
        "InvoiceNo": "X1",
        "InvoiceDate": "2026-05-30",
        "Currency": "USD",
        "NetCurrAmount": 10.50,
        "ExtIncInvItems": [{"NetCurrAmount": 10.50}],
    }
    assert make().post(heads, body).status_code == 501
    deep = make(deep_insert=True)
    assert deep.post(heads, body).status_code == 201
    assert [str(row["NetCurrAmount"]) for row in deep.sim.rows("ExtIncInvItem")] == ["10.5"]


def test_writing_another_company_is_refused(make: Callable[..., Caller]) -> None:
    caller = make(clients=(Client("ml-connector", "demo-secret", companies=frozenset({"10"})),))
    caller.sim.insert("Company", {"Company": "20", "Name": "Two", "Currency": "USD", "Country": "US"})
    body = {"Company": "20", "SupplierId": "S1", "Identity": "S1"}
    found = caller.post(f"{API}/SupplierHandling.svc/SupplierInvoiceCompanySet", body)
    assert found.status_code == 403


def test_document_content_is_a_stream_of_its_own(caller: Caller) -> None:
    documents = f"{API}/ManualSupplierInvoiceHandling.svc/InvoiceDocumentSet"
    assert caller.post(documents, {"Company": "10", "InvoiceId": 1, "DocNo": "D1"}).status_code == 201
    stream = f"{documents}(Company='10',InvoiceId=1,DocNo='D1')/FileData"
    assert caller.get(stream).status_code == 204
    assert caller.call("PATCH", stream, content=b"%PDF", headers={"if-match": "*"}).status_code == 204
    assert caller.get(stream).content == b"%PDF"
    assert caller.rows(documents)[0]["Size"] == 4


def test_data_file_survives_a_restart_and_keeps_its_preset(tmp_path: Path, clock: Clock) -> None:
    path = str(tmp_path / "ifs.db")
    sim = Simulator(path, clock=clock)
    sim.insert("SupplierInfoGeneral", {"SupplierId": "S1", "Name": "Stays"})
    tag = sim.row("SupplierInfoGeneral", ("S1",))["@odata.etag"]
    sim.close()
    again = Simulator(path, clock=clock)
    assert again.row("SupplierInfoGeneral", ("S1",))["@odata.etag"] == tag
    again.close()
    with pytest.raises(ValueError, match="preset"):
        Simulator(path, SimulatorConfig(preset="brief"))


def test_of_parallel_changes_with_one_tag_one_wins(caller: Caller) -> None:
    tag = caller.get(FIRST).headers["etag"]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: caller.patch(FIRST, {"Cf_Sent_To_Bill": str(n)}, tag).status_code, range(8)))
    assert sorted(found) == [200] + [412] * 7


def test_parallel_creates_get_numbers_of_their_own(caller: Caller) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: caller.post(SUPPLIERS, {"Name": f"New {n}"}).json()["SupplierId"], range(16)))
    assert len(set(found)) == 16


def test_refused_create_leaves_nothing_behind(make: Callable[..., Caller]) -> None:
    caller = make(deep_insert=True)
    body = {
        "Company": "10",
        "Identity": "S1",
        "InvoiceNo": "X1",
        "InvoiceDate": "2026-05-30",
        "Currency": "USD",
        "NetCurrAmount": 10,
        "ExtIncInvItems": [{"NetCurrAmount": 10}, {"NetCurrAmount": "ten"}],
    }
    assert caller.post(f"{API}/ExternalSupplierInvoicesHandling.svc/ExtIncInvHeadSet", body).status_code == 400
    assert caller.sim.rows("ExtIncInvHead") == caller.sim.rows("ExtIncInvItem") == []
