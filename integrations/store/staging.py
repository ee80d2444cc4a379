"""Staging a page: what changed becomes due, the cursor moves with it, and the page is in the audit. One transaction.

A page is COPYed into a temporary table (COPY cannot write into a table under row security) and merged from there.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from integrations.engine import fingerprint as hashing
from integrations.engine.billing import total_owed
from integrations.engine.records import SCHEMA, AnyRecord, Invoice, Unreadable, Vendor

_encode = msgspec.json.Encoder(order="deterministic").encode
_MAX_AMOUNT = Decimal(10) ** 17
_BLANK: dict[str, Any] = {
    **dict.fromkeys(("number", "party", "party_name"), ""),
    "amount": None,
    "currency": "",
    "due_date": None,
}

_TEMP = """
    CREATE TEMP TABLE page (
        place int, source_key text COLLATE "C", version text, fingerprint text, readable bool, snapshot text,
        number text, party text, party_name text, amount numeric, currency text, due_date date
    ) ON COMMIT DROP
"""
_COPY = "COPY page FROM STDIN"
# of a row that the source delivered twice in one page, the later one counts
_LATEST = """
    CREATE TEMP VIEW latest AS SELECT DISTINCT ON (source_key) * FROM page ORDER BY source_key, place DESC
"""
_SOURCES = """
    INSERT INTO integrations_sourcerecord AS s (
        tenant_id, flow_id, source_key, version, fingerprint, schema, readable, snapshot, number, party, party_name,
        amount, currency, due_date, plain, tax_key, last_seen_scan, first_seen, changed_at)
    SELECT %(tenant)s, %(flow)s, p.source_key, p.version, p.fingerprint, %(schema)s, p.readable, p.snapshot::jsonb,
           p.number, p.party, p.party_name, p.amount, p.currency, p.due_date, '', '', 0, now(), now()
    FROM latest p
    LEFT JOIN integrations_sourcerecord old
        ON old.tenant_id = %(tenant)s AND old.flow_id = %(flow)s AND old.source_key = p.source_key
    WHERE old.id IS NULL OR old.fingerprint <> p.fingerprint
    ON CONFLICT (tenant_id, flow_id, source_key) DO UPDATE SET
        version = excluded.version, fingerprint = excluded.fingerprint, schema = excluded.schema,
        readable = excluded.readable, snapshot = excluded.snapshot, number = excluded.number, party = excluded.party,
        party_name = excluded.party_name, amount = excluded.amount, currency = excluded.currency,
        due_date = excluded.due_date, changed_at = now()
    RETURNING s.id, s.source_key
"""
# An open intent keeps its item where it is: the settle sees the newer revision and makes it ready again.
_ITEMS = """
    INSERT INTO integrations_outboxitem AS i (
        tenant_id, uuid, flow_id, source_id, source_key, variant, state, not_before, revision, attempts, lost_workers,
        reason, message, notes, ignored_fingerprint, outcome, changed_at)
    SELECT %(tenant)s, gen_random_uuid(), %(flow)s, c.id, c.source_key, '', 'ready', now(), 1, 0, 0, '', '', '[]', '',
           '', now()
    FROM unnest(%(ids)s::bigint[], %(keys)s::text[]) AS c(id, source_key)
    ON CONFLICT (tenant_id, flow_id, source_key, variant) DO UPDATE SET
        revision = i.revision + 1, attempts = 0, not_before = now(), changed_at = now(),
        state = CASE WHEN i.state = 'uncertain' THEN i.state ELSE 'ready' END
"""
# The vendor's own counter may move while nothing that concerns us changed; the newest is kept for If-Match.
_VERSIONS = """
    UPDATE integrations_sourcerecord s SET version = p.version FROM latest p
    WHERE s.tenant_id = %(tenant)s AND s.flow_id = %(flow)s AND s.source_key = p.source_key
      AND s.version <> p.version
"""


def merge(
    tenant_id: UUID, flow_id: int, records: Sequence[AnyRecord | Unreadable], *, due: bool
) -> tuple[dict[str, int], list[str]]:
    """Merge one page inside the open transaction. Returns (counts: staged, unchanged, repeated; keys that changed).

    `due` False keeps the records for mapping only: nothing is to be written, so nothing is due.
    """
    names: dict[str, Any] = {"tenant": tenant_id, "flow": flow_id, "schema": SCHEMA}
    with connection.cursor() as cursor:
        cursor.execute(_TEMP)
        with cursor.copy(_COPY) as copy:
            for place, record in enumerate(records):
                copy.write_row((place, *_row(record)))
        cursor.execute(_LATEST)
        cursor.execute("SELECT count(*), count(DISTINCT source_key) FROM page")
        read, distinct = cursor.fetchone()
        cursor.execute(_SOURCES, names)
        changed = cursor.fetchall()
        if len(changed) < distinct:
            cursor.execute(_VERSIONS, names)
        ids, keys = [row[0] for row in changed], [row[1] for row in changed]
        if ids and due:
            cursor.execute(_ITEMS, {**names, "ids": ids, "keys": keys})
        cursor.execute("DROP TABLE page CASCADE")
    counts = {"staged": len(changed), "unchanged": distinct - len(changed), "repeated": read - distinct}
    return counts, keys


def _row(record: AnyRecord | Unreadable) -> tuple[object, ...]:
    """The columns of the temporary table; snapshots are canonical JSON with exact decimals as text."""
    readable = not isinstance(record, Unreadable)
    version = "" if isinstance(record, Unreadable) else record.version
    shown = {**_BLANK, **shown_as(record)}
    snapshot = _encode(record).decode()
    return (record.key, version, hashing.fingerprint(record), readable, snapshot, *shown.values())


def shown_as(record: AnyRecord | Unreadable) -> Mapping[str, str | Decimal | date | None]:
    """What lists and searches show of a record."""
    if isinstance(record, Invoice):
        owed = total_owed(record)
        amount = owed if owed is not None else record.net + record.tax
        return {
            "number": record.number[:120],
            "party": record.vendor_key[:120],
            "party_name": record.vendor_name[:200],
            "amount": amount if amount.is_finite() and abs(amount) < _MAX_AMOUNT else None,
            "currency": record.currency[:10],
            "due_date": record.due_date,
        }
    if isinstance(record, Vendor):
        named = {"party": record.key[:120], "party_name": record.name[:200], "currency": record.currency[:10]}
        return {"number": record.number[:120], **named}
    return {}
