"""The document of an invoice, kept with it in IFS: a record of what it is, and a stream with its content.

Media: https://docs.ifs.com/techdocs/24r2/040_tailoring/300_extensibility/ (binary properties). Its number is made of
its content, so that the same document is never attached twice.
"""

from base64 import b64encode
from datetime import datetime

from integrations.engine.errors import Rejected
from integrations.engine.ports import Document
from integrations.systems.ifs.editing import Editors, Values
from integrations.systems.ifs.values import integer

LARGEST = 50 * 1024 * 1024  # bytes


class Shelves:
    """Keeps documents with the invoices of one tenant. Thread-safe."""

    def __init__(self, editors: Editors) -> None:
        self._documents = editors("document")

    @property
    def there(self) -> bool:
        """Whether the tenant keeps documents with invoices."""
        return self._documents.there

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
            headers = {"Content-Type": "application/octet-stream", "X-IFS-Content-Disposition": f"filename={name}"}
            self._documents.stream(row, document.content, headers)
