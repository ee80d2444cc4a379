"""Documents that IFS keeps with invoices: what it says of them, and their content as far as it is wanted."""

from hashlib import sha256

import pytest

from integrations.engine.errors import ConnectionBroken, Rejected, Retryable
from integrations.engine.records import Entity, InvoiceImage
from tests.systems.ifs.lines.world import PDF, SCOPE, World

IMAGE = Entity.INVOICE_IMAGE


def test_it_is_of_its_invoice_and_says_name_kind_and_size(world: World) -> None:
    world.document(7, own="D|1")
    world.document(7, Company="20")
    found = world.only(IMAGE)
    assert isinstance(found, InvoiceImage)
    assert (found.key, found.invoice_key, found.name) == ("10|7|D|1", "10|7", "scan-7-D|1.pdf")
    assert (found.content_type, found.size) == ("application/pdf", len(PDF))
    assert world.client.fetch(IMAGE, found.key, SCOPE) == found


def test_what_ifs_does_not_tell_is_guessed_by_the_name_or_unknown(world: World) -> None:
    world.document(7, ContentType=None, Size=None, FileName="scan.png")
    found = world.only(IMAGE)
    assert (found.content_type, found.size) == ("image/png", None)


def test_every_document_of_many_pages_comes_once(world: World) -> None:
    for number in range(1, 24):
        world.document(number)
    assert sorted(world.keys(IMAGE)) == sorted(f"10|{number}|1" for number in range(1, 24))


def test_its_content_comes_byte_for_byte(world: World) -> None:
    content = bytes(range(256)) * 1000
    world.document(7, content)
    found = world.client.document("10|7|1", len(content))
    assert (found.content, found.sha256) == (content, sha256(content).hexdigest())


def test_no_more_is_read_than_is_wanted(world: World) -> None:
    world.document(7, b"\0" * 1001)
    with pytest.raises(Rejected) as refused:
        world.client.document("10|7|1", 1000)
    assert refused.value.code == "document_too_large"


@pytest.mark.parametrize("ref", ["10|7|2", "10|8|1"])
def test_one_that_is_not_there_is_no_document(world: World, ref: str) -> None:
    world.document(7)
    with pytest.raises(Rejected) as refused:
        world.client.document(ref, 1000)
    assert refused.value.code == "no_document"


def test_a_web_page_is_no_document(world: World) -> None:
    world.document(7, b"<!DOCTYPE html><title>Sign in</title>")
    with pytest.raises(Rejected) as refused:
        world.client.document("10|7|1", 1000)
    assert refused.value.code == "no_document"


def test_trouble_of_ifs_is_tried_again(world: World) -> None:
    world.document(7)
    world.fault("status", "/FileData", status=503, times=None)
    with pytest.raises(Retryable):
        world.client.document("10|7|1", 1000)


def test_a_tenant_may_have_no_such_set() -> None:
    world = World(override={"sets": {"invoice_document": {"set": "ManualSupplierInvoiceHandling.svc/NothingSet"}}})
    with pytest.raises(ConnectionBroken) as broken:
        world.poll(IMAGE)
    assert broken.value.code == "profile"
