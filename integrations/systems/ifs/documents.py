"""The documents of an invoice, kept with it in IFS: a record of what each is, and a stream with its content.

Media: https://docs.ifs.com/techdocs/24r2/040_tailoring/300_extensibility/ (binary properties). The number of a
document of ours is made of its content, so that the same one is never attached twice.
"""

import re
from base64 import b64encode
from datetime import datetime
from hashlib import sha256
from mimetypes import guess_type

from integrations.engine.documents import ANY
from integrations.engine.errors import ConnectionBroken, Rejected
from integrations.engine.ports import Document
from integrations.engine.records import InvoiceImage
from integrations.systems.ifs.editing import Editors, Values
from integrations.systems.ifs.records import invoice_key, version_of
from integrations.systems.ifs.rows import DocumentRow
from integrations.systems.ifs.values import BadValue, integer, text
from integrations.transport.body import Caps

LARGEST = ANY.largest  # bytes
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html)", re.IGNORECASE)
_UNTYPED = "application/octet-stream"


def image(row: DocumentRow) -> InvoiceImage:
    """What IFS says of a document. Its type is guessed by its name where IFS does not tell it."""
    own = integer(row.invoice_id)
    if own is None:
        raise BadValue("bad_key", "invoice_id", "Its invoice's id is not a whole number. Check the API profile.")
    invoice, name = invoice_key(row.company, own), text(row.name)
    return InvoiceImage(
        key=f"{invoice}|{text(row.document_no)}",
        version=version_of(row),
        company=row.company,
        invoice_key=invoice,
        name=name,
        content_type=row.content_type or guess_type(name)[0] or "",
        size=integer(row.size),
    )


class Shelves:
    """Keeps documents with the invoices of one tenant. Thread-safe."""

    def __init__(self, editors: Editors) -> None:
        self._documents, self._kept = editors("document"), editors("invoice_document")

    @property
    def there(self) -> bool:
        """Whether the tenant keeps documents with invoices."""
        return self._documents.there

    def document(self, ref: str, most: int) -> Document:
        """The document with this key (company|invoice|number), read as far as `most` bytes.

        Raises Rejected when it is larger, empty, not there any more or a web page; Retryable or ConnectionBroken.
        """
        company, _, rest = ref.partition("|")
        invoice, _, number = rest.partition("|")
        key: Values = {"company": company, "invoice_id": int(invoice), "document_no": number}
        try:
            answer = self._kept.content(key, Caps(wire=most, decoded=most))
        except ConnectionBroken as error:  # of this one image, not of the connection
            if error.code != "too_large":
                raise
            words = f"The image has more than {most:,} bytes. Replace it in IFS by a smaller one."
            raise Rejected(words, code="document_too_large", detail=error.detail) from None
        if answer.status == 404 or not answer.body:
            raise Rejected("IFS does not have the image of this invoice any more.", code="no_document")
        if _MARKUP.match(answer.body):
            raise Rejected("IFS answers with a web page where the image should be.", code="no_document")
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        return Document(answer.body, kind or _UNTYPED, number, sha256(answer.body).hexdigest())

    def attach(self, target_id: str, document: Document, send_by: datetime) -> None:
        """Keeps `document` with the invoice `target_id` (company|id), once. Raises Rejected for more than 50 MiB."""
        if len(document.content) > LARGEST:
            raise Rejected("The document is larger than 50 MiB.", code="document_too_large")
        company, _, invoice = target_id.rpartition("|")
        key: Values = {"company": company, "invoice_id": int(invoice), "document_no": f"ML{document.sha256[:30]}"}
        said: Values = {"name": document.name[:255], "content_type": document.content_type[:100]}
        row = self._documents.one(key) or self._documents.create({**key, **said}, send_by)
        if integer(row.values.get("size")) != len(document.content):
            name = b64encode(document.name.encode()).decode()
            headers = {"Content-Type": _UNTYPED, "X-IFS-Content-Disposition": f"filename={name}"}
            self._documents.stream(row, document.content, headers)
