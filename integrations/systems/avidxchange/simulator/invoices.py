"""Invoices as they are read: the list, one, its image; the acknowledgements; and closed batches of them.

Closed batches as the public NetSuite bundle used them; the invoice list is the assumed contract's.
"""

from integrations.systems.avidxchange.simulator import listing
from integrations.systems.avidxchange.simulator.call import Answer, Call
from integrations.systems.avidxchange.simulator.errors import missing
from integrations.systems.avidxchange.simulator.rows import Window
from integrations.systems.avidxchange.simulator.wire import Json

_PDF = "%PDF-1.4\n% {number}\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"


def _shown(call: Call, body: Json) -> Json:
    image = call.manners.href(call.manners.images, call.base, str(body["ImageUrl"])) if body["ImageUrl"] else None
    return call.manners.invoice({**body, "ImageUrl": image})


def invoices(call: Call) -> Answer:
    """GET .../invoices?status=&lastModifiedFrom=&lastModifiedTo=; several states with commas."""
    statuses = tuple(
        each.strip().casefold() for each in call.request.url.params.get("status", "").split(",") if each.strip()
    )
    window = listing.changed(call, Window(call.acct, "invoices", statuses=statuses))
    return listing.answer(call, window, lambda body: _shown(call, body))


def invoice(call: Call) -> Answer:
    """GET .../invoices/{invoice}."""
    body = call.rows.get(call.acct, "invoices", call.parts["invoice"])
    if body is None:
        raise missing(f"Invoice {call.parts['invoice']}")
    return Answer(_shown(call, body))


def image(call: Call) -> Answer:
    """GET /v1/invoices/{invoice}/image: a PDF that names the invoice."""
    body = call.row("invoices", "invoice")
    if not body["ImageUrl"]:
        raise missing("Image")
    content = _PDF.format(number=body["Number"]).encode() + b"%%EOF\n"
    return Answer(content=content, content_type="application/pdf")


def acknowledge(call: Call) -> Answer:
    """POST .../invoices/exportHistories: the ERP has taken an invoice (1), or could not (2)."""
    return _history(call, "invoices", "InvoiceId", {"AccountingSystemId": call.acct})


def acknowledge_batch(call: Call) -> Answer:
    """POST /v1/invoices/batches/exportHistories, the older form."""
    return _history(call, "batches", "BatchId", {})


def _history(call: Call, kind: str, name: str, more: Json) -> Answer:
    body = call.object()
    problems = []
    if call.rows.find(kind, str(body.get(name)), call.places) is None:
        problems.append(f"{name} {body.get(name)} is unknown.")
    if body.get("ExportHistoryStatusId") not in (1, 2):
        problems.append("ExportHistoryStatusId must be 1 or 2.")
    item = {name: body.get(name)}
    if not problems:
        item["Id"] = call.rows.next_id("exportHistories")
        call.rows.put(call.customer.id, "exportHistories", str(item["Id"]), {**body, **more, **item})
    errors = [{"Message": text} for text in problems]
    code = body.get("ExternalCode")
    return Answer({"Results": [{"ExternalCode": code, "Successful": not problems, "Item": item, "Errors": errors}]})


def closed_batches(call: Call) -> Answer:
    """GET /v1/invoices/batches/closed/acctgSysId/{acct}?closeDateFrom=&closeDateTo=."""
    window = Window(call.acct, "batches", statuses=("closed",))
    window = listing.changed(call, window, "closeDateFrom", "closeDateTo")
    return listing.answer(call, window, lambda body: _batch(call, body))


def batch(call: Call) -> Answer:
    """GET /v1/invoices/batches/{batch}, whether it is closed or not."""
    return Answer(_batch(call, call.row("batches", "batch")))


def batch_invoices(call: Call) -> Answer:
    """GET /v1/invoices/batches/{batch}/invoices: where the link `full-details` leads."""
    keys = call.row("batches", "batch")["Invoices"]

    def fetch(offset: int, limit: int) -> list[Json]:
        found = [call.rows.find("invoices", str(key), call.places) for key in keys[offset : offset + limit]]
        return [_shown(call, each[1]) for each in found if each]

    return listing.page(call, len(keys), fetch)


def _batch(call: Call, body: Json) -> Json:
    path = f"/v1/invoices/batches/{body['BatchGUID']}/invoices"
    href = call.manners.href(call.manners.hrefs, call.base, path)
    shown = {key: value for key, value in body.items() if key not in ("Status", "Invoices")}
    return {**shown, "Links": [{"Rel": "full-details", "Href": href}]}
