"""Classifications and documents."""

from typing import Any

import pytest

from integrations.systems.bill.simulator import SimulatorConfig
from tests.systems.bill_simulator.api import Place, codes

BODIES: dict[str, dict[str, Any]] = {
    "chart-of-accounts": {"name": "Steel", "account": {"type": "EXPENSE", "number": "1-020"}},
    "accounting-classes": {"name": "North", "shortName": "N"},
    "departments": {"name": "Paint shop"},
    "locations": {"name": "Reno"},
    "jobs": {"name": "Job 7"},
    "employees": {"firstName": "Ada", "lastName": "Berg"},
    "items": {"name": "Bolt", "type": "INVENTORY", "price": 1.25},
}
WRAPPERS = {"chart-of-accounts": "chartOfAccounts", "accounting-classes": "accountingClasses"}


@pytest.mark.parametrize("kind", BODIES)
def test_each_kind_is_created_read_changed_archived_and_listed(place: Place, kind: str) -> None:
    base, body = f"/v3/classifications/{kind}", BODIES[kind]
    made = place.api.post(base, body).json()
    assert made.items() >= body.items()
    path = f"{base}/{made['id']}"
    first = next(iter(body))
    changed = place.api.patch(path, {first: "Changed"}).json()
    assert changed == {**made, first: "Changed", "updatedTime": changed["updatedTime"]}
    assert place.api.post(f"{path}/archive").json()["archived"] is True
    assert place.api.post(f"{path}/restore").json()["archived"] is False
    assert made["id"] in {row["id"] for row in place.api.pages(base, max=100)}
    assert codes(place.api.get(f"{base}/0xx02NOBODY000000001")) == ["BDC_1205"]


@pytest.mark.parametrize("kind", BODIES)
def test_bulk_is_wrapped_and_takes_50(place: Place, kind: str) -> None:
    base, wrapper = f"/v3/classifications/{kind}/bulk", WRAPPERS.get(kind, kind)
    made = place.api.post(base, [BODIES[kind]] * 2)
    assert made.status_code == 201
    ids = [row["id"] for row in made.json()[wrapper]]
    assert place.api.post(base, [BODIES[kind]] * 51).status_code == 400
    changed = place.api.patch(base, [{"id": ids[0], "shortName": "S", "description": "S"}]).json()[wrapper][0]
    assert "S" in (changed.get("shortName"), changed.get("description"))
    gone = place.api.call("POST", f"{base}/archive", params={"ids": ",".join(ids)}).json()[wrapper]
    assert [row["archived"] for row in gone] == [True, True]
    back = place.api.call("POST", f"{base}/restore", params={"ids": ids[0]}).json()[wrapper]
    assert back[0]["archived"] is False


def test_an_account_needs_a_name_and_a_known_type(place: Place) -> None:
    response = place.api.post("/v3/classifications/chart-of-accounts", {"account": {"number": "1"}})
    assert [item["message"] for item in response.json()] == [
        "name: must not be blank",
        "account.type: must not be blank",
    ]
    body = {"name": "A", "account": {"type": "CHEESE"}}
    assert place.api.post("/v3/classifications/chart-of-accounts", body).status_code == 400


def test_a_document_is_uploaded_processed_and_downloaded() -> None:
    place = Place(SimulatorConfig(document_seconds=60))
    bill = place.bill(place.vendor())["id"]
    path = f"/v3/documents/bills/{bill}"
    upload = place.api.call("POST", path, params={"name": "invoice.pdf"}, content=b"%PDF-1.7 x").json()
    assert upload["id"].startswith("0du")
    status = {"ids": upload["id"]}
    assert place.api.get("/v3/documents/upload-status", **status).json()[0]["status"] == "IN_PROGRESS"
    assert place.api.get(path).json()["results"] == []
    place.clock.forward(seconds=61)
    done = place.api.get("/v3/documents/upload-status", **status).json()[0]
    assert done["status"] == "UPLOADED"
    document = place.api.get(f"/v3/documents/{done['documentId']}").json()
    assert document["name"] == "invoice.pdf"
    assert place.api.get(path).json()["results"] == [document]
    assert place.api.http.get(document["downloadLink"]).content == b"%PDF-1.7 x"
    assert [(row["billId"], row["bytes"]) for row in place.sim.dump("documents")] == [(bill, 10)]


def test_documents_are_limited_to_6_mb_and_to_known_bills(place: Place) -> None:
    path = f"/v3/documents/bills/{place.bill(place.vendor())['id']}"
    big = b"x" * (6 * 1024 * 1024 + 1)
    assert place.api.call("POST", path, params={"name": "a.pdf"}, content=big).status_code == 400
    assert place.api.call("POST", path, content=b"x").status_code == 400
    unknown = place.api.call("POST", "/v3/documents/bills/00n02X", params={"name": "a"}, content=b"x")
    assert codes(unknown) == ["BDC_1205"]
