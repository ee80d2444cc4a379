"""`record(...)`: the one way into the audit.

Entries wait in the open scope; its last act before COMMIT locks the tenant's head, numbers, hashes and inserts them. So
an effect and its entry are in one transaction, and nobody waits for the head longer than an insert takes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection, transaction
from django.utils import timezone

from audit.chain import START, canonical, fit, instant, link
from audit.models import AuditEntry, AuditHead
from tenants.keys import Keys, Unreadable
from tenants.models import KeyPurpose
from tenants.scope import Actor, Scope, open_scope


class Row(msgspec.Struct):
    """The columns of an entry as they go to the database; bytes travel as hex."""

    sequence: int
    at: str
    action: str
    subject: str
    system: str
    entity: str
    source_key: str
    actor_kind: str
    actor_id: str
    body: str
    sealed: str
    hash: str


# One statement and one parameter for any number of rows: policies forbid COPY into the table, and arrays of JSON texts
# cost four times as much in escaping.
INSERT = """
    INSERT INTO audit_auditentry (tenant_id, sequence, at, action, subject, system, entity, source_key,
                                  actor_kind, actor_id, body, sealed, hash)
    SELECT %s, sequence, at, action, subject, system, entity, source_key,
           actor_kind, actor_id, body, decode(sealed, 'hex'), decode(hash, 'hex')
    FROM json_to_recordset(%s::json) AS r (
        sequence bigint, at timestamptz, action text, subject text, system text, entity text, source_key text,
        actor_kind text, actor_id text, body text, sealed text, hash text)
"""


@dataclass(frozen=True, slots=True)
class Source:
    """The source record an effect came from: system key, entity, the record's key there, its version or ETag."""

    system: str = ""
    entity: str = ""
    key: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Pending:
    """An entry that waits for the end of its scope."""

    at: datetime
    action: str
    subject: str
    source: Source
    refs: Mapping[str, Any]
    detail: Mapping[str, Any]
    actor: Actor


def record(
    action: str,
    *,
    subject: str = "",
    source: Source | None = None,
    refs: Mapping[str, Any] | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Note that `action` ("bill.created") was done to `subject` ("integration:12"), with the open scope's transaction.

    `refs` is kept in clear: ids, keys, versions and digests only (target id, intent, request id, mapping version).
    `detail` is sealed: everything readable. Raises ScopeError outside a scope, TypeError for a float.
    """
    scope = open_scope()
    journal = scope.attached(Journal, Journal)
    if not journal.registered:
        journal.registered = True
        scope.before_commit(journal.write)
    journal.add(
        Pending(timezone.now(), action, subject, source or Source(), dict(refs or {}), dict(detail or {}), scope.actor)
    )


class _Savepoint:
    """Stands among Django's on-commit callbacks, which it drops when the savepoint it was made in rolls back."""

    def __call__(self) -> None:
        """Nothing to do on commit: being there was the point."""


@dataclass
class Journal:
    """The entries of one scope. Those noted inside a savepoint that was rolled back are not written."""

    registered: bool = False
    _entries: list[tuple[_Savepoint, Pending]] = field(default_factory=list)
    _savepoints: dict[tuple[str, ...], _Savepoint] = field(default_factory=dict)

    def add(self, entry: Pending) -> None:
        """Keep the entry until the scope ends."""
        place = tuple(sid for sid in connection.savepoint_ids if sid)
        if place not in self._savepoints:
            self._savepoints[place] = _Savepoint()
            transaction.on_commit(self._savepoints[place])
        self._entries.append((self._savepoints[place], entry))

    def write(self, scope: Scope) -> None:
        """Number, hash and insert the entries: the scope's last act."""
        standing = {callback[1] for callback in connection.run_on_commit}
        entries = [entry for savepoint, entry in self._entries if savepoint in standing]
        if entries:
            _append(scope, entries)


def _append(scope: Scope, entries: list[Pending]) -> None:
    head = _locked_head()
    keys = Keys.of_scope()
    sequence, previous = head.sequence, bytes(head.hash)
    rows = []
    for entry in entries:
        sequence += 1
        sealed = keys.encrypt(KeyPurpose.AUDIT, canonical({"actor": entry.actor.label, "detail": entry.detail}))
        body = canonical(_clear(scope, sequence, entry))
        previous = link(previous, body, sealed)
        rows.append(_row(sequence, entry, body, sealed, previous))
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [scope.tenant_id, msgspec.json.encode(rows).decode()])
    head.sequence, head.hash = sequence, previous
    head.save(update_fields=["sequence", "hash"])


def _row(sequence: int, entry: Pending, body: bytes, sealed: bytes, digest: bytes) -> Row:
    return Row(
        sequence=sequence,
        at=instant(entry.at),
        action=entry.action,
        subject=fit(entry.subject, 200),
        system=fit(entry.source.system, 40),
        entity=fit(entry.source.entity, 40),
        source_key=fit(entry.source.key, 300),
        actor_kind=entry.actor.kind,
        actor_id=fit(entry.actor.id, 80),
        body=body.decode(),
        sealed=sealed.hex(),
        hash=digest.hex(),
    )


def _locked_head() -> AuditHead:
    AuditHead.objects.bulk_create([AuditHead(hash=START)], ignore_conflicts=True)
    head: AuditHead = AuditHead.objects.select_for_update().get()
    return head


def _clear(scope: Scope, sequence: int, entry: Pending) -> dict[str, Any]:
    source = entry.source
    return {
        "tenant": scope.tenant_id,
        "sequence": sequence,
        "at": instant(entry.at),
        "action": entry.action,
        "subject": entry.subject,
        "source": {"system": source.system, "entity": source.entity, "key": source.key, "version": source.version},
        "actor": {"kind": entry.actor.kind, "id": entry.actor.id},
        "refs": entry.refs,
    }


def opened(entry: AuditEntry) -> str:
    """The readable part of an entry as JSON text; a sentence when the tenant's key is destroyed."""
    try:
        return Keys.of_scope().decrypt(bytes(entry.sealed)).decode()
    except Unreadable as error:
        return str(error)
