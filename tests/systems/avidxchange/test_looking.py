"""Looking at what is there: vendors as they stand, images of invoices, and a ping that compares names."""

from hashlib import sha256
from typing import Any

import httpx
import pytest

from integrations.engine.drafts import Receipt
from integrations.engine.errors import ConnectionBroken, Rejected, Retryable, SyncError
from integrations.engine.records import Entity
from integrations.systems.avidxchange import documents
from integrations.systems.base import Check, Verdict
from integrations.transport.body import Caps
from tests.contract.wiring import handed
from tests.systems.avidxchange.world import CARD, CLOSED, World, account, invoice, items, payment, vendor


def test_a_vendor_stands_as_it_was_written_until_somebody_changes_it() -> None:
    world = World()
    draft = vendor(tax_id="12-3456789", email="ap@nordic.example")
    (receipt,) = world.write(draft)
    assert isinstance(receipt, Receipt)
    write = handed(draft, world.clock, "S1")
    stands = world.client.standing(Entity.VENDOR, ["S1", "S2"])
    assert list(stands) == ["S1"]
    assert stands["S1"].echo == receipt.echo
    assert stands["S1"].echo["tax_id"] == "6789"
    assert world.client.agrees(write, stands["S1"])
    world.sim.edit_vendor("S1", Name="Renamed")
    changed = world.client.standing(Entity.VENDOR, ["S1"])["S1"]
    assert changed.echo["name"] == "Renamed"
    assert not world.client.agrees(write, changed)


def test_vendors_are_looked_up_by_number_and_use() -> None:
    world = World({"profile": '{"paging": {"size": 2}}'})
    world.write(*(vendor(f"S{n}", f"Vendor {n}") for n in range(5)))
    world.sim.edit_vendor("S3", Active=False)
    look_up = world.client.look_up
    assert [found.number for found in look_up(Entity.VENDOR, number=" s2 ")] == ["S2"]
    assert [found.number for found in look_up(Entity.VENDOR, active="no")] == ["S3"]
    assert len(list(look_up(Entity.VENDOR, created_since="2026-11-21T00:00:00+00:00", active="yes"))) == 4
    assert {found.currency for found in look_up(Entity.VENDOR)} == {""}
    with pytest.raises(ValueError, match="colour"):
        list(look_up(Entity.VENDOR, colour="red"))
    with pytest.raises(ConnectionBroken) as caught:
        list(look_up(Entity.GL_ACCOUNT))
    assert caught.value.code == "undeclared"


def test_a_vendor_that_cannot_be_read_may_be_any() -> None:
    world = World()
    world.answered_by(lambda request: items({"Name": "Nobody"}, {"ExternalVendorCode": "S1", "Name": "N"}))
    found = list(world.client.look_up(Entity.VENDOR, number="S1"))
    assert [each.kind for each in found] == ["unreadable", "vendor"]


def test_what_cannot_be_read_back_is_blind() -> None:
    world = World()
    assert world.client.blind == {Entity.GL_ACCOUNT, Entity.DIMENSION, Entity.PURCHASE_ORDER}
    assert world.client.standing(Entity.GL_ACCOUNT, ["Accounting Codes|6100"]) == {}
    assert world.wire.sent == []


@pytest.mark.parametrize("images", ["relative", "absolute"])
def test_an_image_is_read_whole(images: str) -> None:
    world = World(manners={"images": images})
    number = world.sim.create_invoice("S1", "I-77", 10)
    (found,) = world.read(Entity.INVOICE)
    image = world.client.document(found.document)
    assert b"I-77" in image.content
    assert (image.content_type, image.sha256) == ("application/pdf", sha256(image.content).hexdigest())
    assert str(number) in found.document
    assert world.wire.sent[-1].headers["Authorization"] == "Bearer demo-company-token"


def test_an_image_on_another_server_holds_the_invoice_and_nothing_goes_there() -> None:
    world = World(manners={"images": "foreign"})
    world.sim.create_invoice("S1", "I-77", 10)
    (found,) = world.read(Entity.INVOICE)
    before = len(world.wire.sent)
    with pytest.raises(Rejected) as caught:
        world.client.document(found.document)
    assert caught.value.code == "foreign_document"
    assert len(world.wire.sent) == before


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (httpx.Response(404), Rejected, "no_document"),
        (httpx.Response(200), Rejected, "no_document"),
        (httpx.Response(200, content=b"x" * 2000), Rejected, "document_too_large"),
        (httpx.Response(503), Retryable, "server_error"),
        (httpx.Response(401), ConnectionBroken, "sign_in"),
    ],
)
def test_an_image_that_is_not_to_be_had(
    answer: httpx.Response, kind: type[SyncError], code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "CAPS", Caps(wire=1000, decoded=1000))
    world = World()
    world.answered_by(lambda request: httpx.Response(answer.status_code, content=answer.content))
    with pytest.raises(SyncError) as caught:
        world.client.document("/v1/invoices/1/image")
    assert isinstance(caught.value, kind)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="scan 1.pdf"', "scan 1.pdf"),
        ("attachment; filename=../../etc/passwd", ".._.._etc_passwd"),
        ("", "image"),
    ],
)
def test_a_name_is_only_a_name(header: str, name: str) -> None:
    world = World()
    world.answered_by(lambda request: httpx.Response(200, content=b"x", headers={"content-disposition": header}))
    assert world.client.document("/v1/invoices/1/image").name == name


def line(checks: Any, name: str) -> Check:
    (found,) = [check for check in checks if check.name == name]
    assert isinstance(found, Check)
    return found


def test_a_ping_lists_the_accounting_systems_to_choose_from() -> None:
    check = line(World({"acct": ""}).client.ping(), "Accounting system")
    assert check.verdict is Verdict.MISSING
    assert "4711 (IFS Cloud)" in check.advice


def test_a_ping_compares_the_profile_with_what_comes() -> None:
    world = World()
    row = invoice(Colour="red")
    del row["InvoiceDate"]
    lists = {"invoices": items(row), "payments": items(payment(Amount=1)), "vendors": items({"VendorCode": "S1"})}
    systems = httpx.Response(200, json={"Items": [{"ID": 4711, "Name": "IFS"}]})
    world.answered_by(lambda request: lists.get(request.url.path.rpartition("/")[2], systems))
    checks = world.client.ping()
    invoices = line(checks, "Invoices")
    assert invoices.verdict is Verdict.FOUND
    assert "Not used: colour." in invoices.why
    assert "invoice.date" in invoices.why
    vendors = line(checks, "Vendors")
    assert vendors.verdict is Verdict.MISSING
    assert "vendor.key" in vendors.why
    assert vendors.advice
    assert {request.url.params.get("pageSize") for request in world.wire.sent[1:]} == {"1"}


def test_a_ping_tells_what_the_profile_does_not_offer_from_what_fails() -> None:
    checks = World(CLOSED).client.ping()
    assert line(checks, "Vendors").verdict is Verdict.WARNING
    assert line(checks, "Vendors, written").verdict is Verdict.WARNING
    assert line(checks, "Closed batches").verdict is Verdict.FOUND
    assert not [check for check in checks if check.verdict is Verdict.MISSING]
    checks = World({}, {"not_offered": ("payments.list",), "forbidden": ("invoices.list",)}).client.ping()
    assert line(checks, "Payments").verdict is Verdict.MISSING
    assert line(checks, "Invoices").verdict is Verdict.MISSING
    assert line(checks, "Vendors").verdict is Verdict.FOUND


def test_a_ping_shows_where_writes_would_go_and_sends_none() -> None:
    world = World()
    checks = world.client.ping()
    assert "/v1/accountingSystems/4711/vendors" in line(checks, "Vendors, written").why
    assert world.wire.calls("POST") == []


def test_a_ping_says_when_clocks_differ_or_the_address_leads_nowhere() -> None:
    world = World()
    world.answered_by(
        lambda request: httpx.Response(200, json={"Items": []}, headers={"date": "Mon, 01 Jan 2024 00:00:00 GMT"})
    )
    assert line(world.client.ping(), "Clock").verdict is Verdict.WARNING
    for text in ("<html>Welcome</html>", '{"x": 1}'):
        world.answered_by(lambda request, text=text: httpx.Response(200, text=text))  # type: ignore[misc]
        assert [check.verdict for check in world.client.ping()][-1] is Verdict.MISSING


def test_a_code_without_a_name_is_named_by_its_value() -> None:
    world = World()
    (receipt,) = world.write(account("6100", ""))
    assert isinstance(receipt, Receipt)
    assert world.sim.dump("enterpriseCodes")[0]["Description"] == "6100"


def test_no_echo_shows_a_card() -> None:
    world = World()
    (receipt,) = world.write(vendor(name=f"Shop {CARD}"))
    assert isinstance(receipt, Receipt)
    assert receipt.echo["name"] == "Shop ************1111"
    assert world.client.standing(Entity.VENDOR, ["S1"])["S1"].echo == receipt.echo
