"""Anchors: where each chain ended, written daily to the log and to a file outside the database.

Somebody who owns the database could cut a chain's end and its head; an anchor kept elsewhere shows it.
"""

import os
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec
import structlog
from django.conf import settings

from audit.models import AuditHead
from tenants.access import tenant_directory
from tenants.scope import tenant_scope

log = structlog.get_logger(__name__)


class Anchor(msgspec.Struct):
    """The head of one tenant's chain at one time."""

    at: datetime
    tenant: UUID
    sequence: int
    hash: str


def anchor_heads(now: datetime) -> int:
    """Note every tenant's head; how many. The file of the month is only ever appended to."""
    anchors = [anchor for tenant_id, _ in tenant_directory() if (anchor := _head(tenant_id, now))]
    for anchor in anchors:
        log.info("audit.anchor", tenant=str(anchor.tenant), sequence=anchor.sequence, head=anchor.hash)
    if settings.AUDIT_ANCHOR_PATH is not None and anchors:
        _append(settings.AUDIT_ANCHOR_PATH / f"anchors-{now:%Y-%m}.jsonl", anchors)
    return len(anchors)


def anchored(tenant_id: UUID) -> dict[int, bytes]:
    """Sequence -> hash of this tenant's anchors; empty when no path is configured."""
    folder = settings.AUDIT_ANCHOR_PATH
    found: dict[int, bytes] = {}
    for path in sorted(folder.glob("anchors-*.jsonl")) if folder is not None else ():
        with path.open("rb") as lines:
            for line in lines:
                if str(tenant_id).encode() in line:
                    anchor = msgspec.json.decode(line, type=Anchor)
                    found[anchor.sequence] = bytes.fromhex(anchor.hash)
    return found


def _head(tenant_id: UUID, now: datetime) -> Anchor | None:
    with tenant_scope(tenant_id):
        head = AuditHead.objects.first()
    return Anchor(now, tenant_id, head.sequence, bytes(head.hash).hex()) if head else None


def _append(path: Path, anchors: list[Anchor]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = b"".join(msgspec.json.encode(anchor) + b"\n" for anchor in anchors)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        os.write(descriptor, lines)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
