"""The image of an invoice goes with it into IFS, once, and never keeps the invoice out of the books."""

import hashlib
from typing import Any

import pytest

from integrations.engine.errors import ConnectionBroken, Retryable
from integrations.engine.ports import Document
from tests.systems.ifs.written.books import Books, captured

STREAM = "InvoiceDocumentSet("


def image(content: bytes = b"%PDF-1.7 one page") -> Document:
    return Document(content, "application/pdf", "Rechnung ä.pdf", hashlib.sha256(content).hexdigest())


def kept(books: Books) -> list[Any]:
    return books.sim.rows("InvoiceDocument")


def test_it_is_attached_to_the_invoice_once(books: Books) -> None:
    receipt = books.write(captured(), content=image)
    assert receipt.echo["document"] == "attached"
    (row,) = kept(books)
    assert f"10|{row['InvoiceId']}" == receipt.target_id
    assert (row["FileName"], row["ContentType"], row["Size"]) == ("Rechnung ä.pdf", "application/pdf", 17)
    books.write(captured(), content=image)
    assert len(kept(books)) == 1
    (put,) = books.wire.calls("PATCH", STREAM)
    assert put.content == image().content


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_an_attachment_that_broke_off_is_completed_by_the_next_try(books: Books, method: str) -> None:
    books.fault("drop_before", "InvoiceDocumentSet", method=method)
    assert books.write(captured(), content=image).echo["document"].startswith("failed: ")
    assert books.write(captured(), content=image).echo["document"] == "attached"
    assert [row["Size"] for row in kept(books)] == [17]


@pytest.mark.parametrize(
    "trouble", [Retryable("The image is not there yet."), ConnectionBroken("The image may not be read.")]
)
def test_a_document_that_cannot_be_fetched_does_not_fail_the_invoice(books: Books, trouble: Exception) -> None:
    def missing() -> Document:
        raise trouble

    receipt = books.write(captured(), content=missing)
    assert receipt.echo["document"] == f"failed: {trouble}"
    assert len(books.sim.rows("ManSuppInvoice")) == 1


def test_one_that_is_too_large_is_not_sent(books: Books) -> None:
    receipt = books.write(captured(), content=lambda: image(b"\0" * (50 * 1024 * 1024 + 1)))
    assert "larger than 50 MiB" in receipt.echo["document"]
    assert kept(books) == []


def test_a_tenant_that_keeps_no_documents_gets_the_reference(books: Books) -> None:
    books.override = {"written": {"document": {"set": ""}}}
    books.client = books.connect()
    assert books.write(captured(), content=image).echo["document"] == "by reference"
    (load,) = books.sim.rows("ExtIncInvHead")
    assert load["ImageReference"] == captured().document
    assert kept(books) == []


def test_a_reference_that_does_not_fit_is_left_out_whole(books: Books) -> None:
    assert "document" not in books.write(captured(document="https://avid.test/" + "x" * 200)).echo
    (load,) = books.sim.rows("ExtIncInvHead")
    assert load["ImageReference"] is None
