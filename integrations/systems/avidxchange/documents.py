"""The image of an invoice, read whole, with a digest that says later whether it is still the same."""

import re
from hashlib import sha256
from urllib.parse import unquote, urlsplit

from integrations.engine.errors import ConnectionBroken, Rejected
from integrations.engine.ports import Document
from integrations.systems.avidxchange.service import READ_REFUSED, Service
from integrations.transport.body import Caps

MOST_BYTES = 50 * 1024 * 1024
CAPS = Caps(wire=MOST_BYTES, decoded=MOST_BYTES)
_FILE_NAME = re.compile(r'filename="?([^";]{1,200})', re.IGNORECASE)
_PLAIN_NAME = re.compile(r"[^\w. ()-]+")
_NO_FILE = {"text/html", "application/xhtml+xml", "application/json", "application/xml", "text/xml"}
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|\?xml)", re.IGNORECASE)
_NO_IMAGE = {
    "foreign_link": "foreign_document",
    "bad_address": "no_document",
    "too_large": "document_too_large",
    READ_REFUSED: "no_document",
}


def document(service: Service, ref: str, most: int = MOST_BYTES) -> Document:
    """What the `document` of an invoice leads to, of at most so many bytes.

    Raises Rejected when there is none, it is a web page, it is too large, or it lies on another server (nothing is sent
    there); Retryable or ConnectionBroken when it cannot be asked for.
    """
    try:
        answer = service.follow(ref, {"Accept": "application/pdf, image/*, */*"})
    except ConnectionBroken as error:  # of this one image, not of the connection
        if error.code in _NO_IMAGE:
            raise Rejected(error.message, code=_NO_IMAGE[error.code], detail=error.detail) from None
        raise
    if answer.status == 404 or not answer.body:
        raise Rejected("AvidXchange does not have the image of this invoice any more.", code="no_document")
    if len(answer.body) > most:
        raise Rejected(f"The image has more than {most:,} bytes.", code="document_too_large")
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in _NO_FILE or _MARKUP.match(answer.body):
        raise Rejected("AvidXchange answers with a page of text where the image should be.", code="no_document")
    told = _FILE_NAME.search(answer.headers.get("content-disposition", ""))
    name = told[1] if told else unquote(urlsplit(answer.url).path).rstrip("/").rpartition("/")[2]
    return Document(
        content=answer.body,
        content_type=kind or "application/octet-stream",
        name=_PLAIN_NAME.sub("_", name) or "document",
        sha256=sha256(answer.body).hexdigest(),
    )
