"""The audit as a file that anybody can verify without a database: JSON lines, an opening, the entries, a closing."""

import base64
from datetime import datetime
from typing import BinaryIO
from uuid import UUID

import msgspec
from django.db import connection

from audit.models import AuditHead
from tenants.scope import current_tenant


class Opening(msgspec.Struct, tag="opening", tag_field="line"):
    """Whose audit, taken when, and where its chain ends."""

    tenant: UUID
    taken: datetime
    sequence: int
    hash: str


class Line(msgspec.Struct, tag="entry", tag_field="line"):
    """One entry: body as stored, sealed detail in base64, hash in hex."""

    sequence: int
    body: str
    sealed: str
    hash: str


class Closing(msgspec.Struct, tag="closing", tag_field="line"):
    """How many entries the file holds."""

    entries: int


def write_export(out: BinaryIO, now: datetime) -> int:
    """Write the open scope's audit up to its head; the number of entries. Memory stays flat."""
    encode = msgspec.json.encode
    head = AuditHead.objects.first() or AuditHead(sequence=0, hash=bytes(32))
    out.write(encode(Opening(current_tenant(), now, head.sequence, bytes(head.hash).hex())) + b"\n")
    entries = 0
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            "SELECT sequence, body, sealed, hash FROM audit_auditentry "
            "WHERE tenant_id = %s AND sequence <= %s ORDER BY sequence",
            [current_tenant(), head.sequence],
        )
        for sequence, body, sealed, digest in cursor:
            line = Line(sequence, body, base64.b64encode(bytes(sealed)).decode(), bytes(digest).hex())
            out.write(encode(line) + b"\n")
            entries += 1
    out.write(encode(Closing(entries)) + b"\n")
    return entries
