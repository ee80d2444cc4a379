"""Documents on bills: raw bytes up, a processing time, then a document id and a download link.

Vendor page: https://developer.bill.com/docs/documents-attachments
"""

from typing import Any

from integrations.systems.bill.simulator.call import Answer, Call, Route
from integrations.systems.bill.simulator.errors import invalid, not_found
from integrations.systems.bill.simulator.listing import make_token, page_size, read_token
from integrations.systems.bill.simulator.wire import Json, timestamp

_LARGEST = 6 * 1024 * 1024
_FIELDS = "seq, upload, id, name, created"


def _shown(row: tuple[Any, ...]) -> Json:
    _, _, identity, name, created = row
    link = f"/connect/v3/documents/{identity}/content"
    return {"id": identity, "name": name, "createdTime": timestamp(created), "downloadLink": link}


def _ready(call: Call) -> int:
    """Documents uploaded up to this time are processed."""
    return call.world.rows.now() - int(call.world.config.document_seconds * 1000)


def upload(call: Call) -> Answer:
    """POST /v3/documents/bills/{id}?name=: the raw file, at most 6 MB; answers an upload id"""
    bill = call.row("bills")
    name = call.query.get("name", "")
    if not name or len(name) > 255:
        raise invalid(["name: must not be blank"])
    if not 0 < len(call.content) <= _LARGEST:
        raise invalid(["The file must not be empty or larger than 6 MB"])
    rows = call.world.rows
    upload_id, document_id, created = rows.ids.new("0du"), rows.ids.new("00h"), rows.now()
    rows.sql.execute(
        "INSERT INTO document (organization, upload, id, bill, name, created, content) VALUES (?,?,?,?,?,?,?)",
        (call.organization, upload_id, document_id, bill.id, name, created, call.content),
    )
    return Answer.of({"id": upload_id, "name": name, "createdTime": timestamp(created)})


def upload_status(call: Call) -> Answer:
    """GET /v3/documents/upload-status?ids="""
    wanted = [key for key in call.query.get("ids", "").split(",") if key]
    if not wanted:
        raise invalid(["ids: must not be empty"])
    found: list[Json] = []
    for key in wanted:
        row = call.world.rows.sql.execute(
            "SELECT id, created FROM document WHERE upload = ? AND organization = ?", (key, call.organization)
        ).fetchone()
        if row is None:
            raise not_found(key)
        done = row[1] <= _ready(call)
        found.append(
            {"uploadId": key, "documentId": row[0], "status": "UPLOADED"}
            if done
            else {"uploadId": key, "status": "IN_PROGRESS"}
        )
    return Answer.of(found)


def show_list(call: Call) -> Answer:
    """GET /v3/documents/bills/{id}: what has been processed"""
    bill, size = call.row("bills"), page_size(call)
    after = read_token(call, call.query["page"])[0][0] if call.query.get("page") else 0
    found = call.world.rows.sql.execute(
        f"SELECT {_FIELDS} FROM document WHERE bill = ? AND created <= ? AND seq > ? ORDER BY seq LIMIT ?",
        (bill.id, _ready(call), after, size + 1),
    ).fetchall()
    page: Json = {"results": [_shown(row) for row in found[:size]]}
    if len(found) > size:
        page["nextPage"] = make_token(call, [found[size - 1][0]])
    return Answer.of(page)


def get(call: Call) -> Answer:
    """GET /v3/documents/{id}"""
    return Answer.of(_shown(_find(call, _FIELDS)))


def content(call: Call) -> Answer:
    """The downloadLink: the bytes as they came"""
    return Answer(200, bytes(_find(call, "content")[0]), "application/octet-stream")


def _find(call: Call, columns: str) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = call.world.rows.sql.execute(
        f"SELECT {columns} FROM document WHERE id = ? AND organization = ? AND created <= ?",
        (call.parts["id"], call.organization, _ready(call)),
    ).fetchone()
    if row is None:
        raise not_found(call.parts["id"])
    return row


ROUTES: list[Route] = [
    ("GET", "/v3/documents/upload-status", upload_status),
    ("GET", "/v3/documents/bills/{id}", show_list),
    ("POST", "/v3/documents/bills/{id}", upload),
    ("GET", "/v3/documents/{id}", get),
    ("GET", "/v3/documents/{id}/content", content),
]
