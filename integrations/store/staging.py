"""Staging a page: what changed becomes due, the cursor moves with it, and the page is in the audit. One transaction.

Keys and fingerprints of the whole page are compared first; only of what differs are snapshots, columns and search terms
made. COPY cannot write into a table under row security, so each step COPYs into a temporary table and merges from it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from integrations.engine import fingerprint as hashing
from integrations.engine.billing import total_owed
from integrations.engine.duplicates import plain_number
from integrations.engine.records import (
    SCHEMA,
    AnyRecord,
    Dimension,
    GLAccount,
    Invoice,
    InvoiceImage,
    Payment,
    PurchaseOrder,
    Unreadable,
    Vendor,
)
from integrations.store import billed, payment_parts, search
from integrations.store.sealing import keyed, sealed

_encode = msgspec.json.Encoder(order="deterministic").encode
_LONGEST_KEY = 120  # characters, as the columns have
_MAX_AMOUNT = Decimal(10) ** 17
_BLANK: dict[str, Any] = {
    **dict.fromkeys(("number", "party", "party_name"), ""),
    "amount": None,
    "currency": "",
    **dict.fromkeys(("due_date", "dated")),
    **dict.fromkeys(("plain", "tax_key"), ""),
}
_IN_TEXT = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})

_SEEN = """
    CREATE TEMP TABLE seen (source_key text COLLATE "C", version text, fingerprint text) ON COMMIT DROP
"""
# A record that was gone and is there again is a change, whatever its content.
_DIFFERENT = """
    SELECT p.source_key, s.id IS NULL OR s.fingerprint <> p.fingerprint OR s.gone_since IS NOT NULL
    FROM seen p LEFT JOIN integrations_sourcerecord s
        ON s.tenant_id = %(tenant)s AND s.flow_id = %(flow)s AND s.source_key = p.source_key
    WHERE s.id IS NULL OR s.fingerprint <> p.fingerprint OR s.version <> p.version OR s.gone_since IS NOT NULL
"""
_PAGE = """
    CREATE TEMP TABLE page (
        source_key text COLLATE "C", version text, fingerprint text, readable bool, snapshot text, number text,
        party text, party_name text, amount numeric, currency text, due_date date, dated date, plain text, tax_key text
    ) ON COMMIT DROP
"""
_SOURCES = """
    INSERT INTO integrations_sourcerecord AS s (
        tenant_id, flow_id, source_key, version, fingerprint, schema, readable, snapshot, number, party, party_name,
        amount, currency, due_date, dated, plain, tax_key, last_seen_scan, gone, first_seen, changed_at)
    SELECT %(tenant)s, %(flow)s, p.source_key, p.version, p.fingerprint, %(schema)s, p.readable, p.snapshot::jsonb,
           p.number, p.party, p.party_name, p.amount, p.currency, p.due_date, p.dated, p.plain, p.tax_key, %(sweep)s,
           false, now(), now()
    FROM page p
    ON CONFLICT (tenant_id, flow_id, source_key) DO UPDATE SET
        version = excluded.version, fingerprint = excluded.fingerprint, schema = excluded.schema,
        readable = excluded.readable, snapshot = excluded.snapshot, number = excluded.number, party = excluded.party,
        party_name = excluded.party_name, amount = excluded.amount, currency = excluded.currency,
        due_date = excluded.due_date, dated = excluded.dated, plain = excluded.plain, tax_key = excluded.tax_key,
        gone_since = NULL, gone = false, changed_at = now()
    RETURNING s.id, s.source_key, s.xmax = 0
"""
# An open intent keeps its item where it is: the settle sees the newer revision and makes it ready again. What a person
# ignored stays ignored as long as it is what that person saw.
_AGAIN = """
    UPDATE integrations_outboxitem i SET
        revision = i.revision + 1, attempts = 0, not_before = now(), changed_at = now(),
        state = CASE WHEN i.state = 'uncertain' OR i.state = 'ignored' AND i.ignored_fingerprint = s.fingerprint
                     THEN i.state ELSE %(state)s END
    FROM integrations_sourcerecord s
    WHERE i.tenant_id = %(tenant)s AND i.source_id = ANY(%(ids)s) AND s.tenant_id = i.tenant_id AND s.id = i.source_id
"""
_ITEMS = """
    INSERT INTO integrations_outboxitem AS i (
        tenant_id, uuid, flow_id, source_id, source_key, variant, state, not_before, revision, attempts, lost_workers,
        reason, message, notes, ignored_fingerprint, outcome, changed_at)
    SELECT %(tenant)s, gen_random_uuid(), %(flow)s, c.id, c.source_key, '', %(state)s, now(), 1, 0, 0, %(reason)s, '',
           '[]', '', '', now()
    FROM unnest(%(ids)s::bigint[], %(keys)s::text[]) AS c(id, source_key)
    ON CONFLICT (tenant_id, flow_id, source_key, variant) DO NOTHING
"""
# The vendor's own counter may move while nothing that concerns us changed; the newest is kept for If-Match.
_VERSIONS = """
    UPDATE integrations_sourcerecord s SET version = p.version FROM seen p
    WHERE s.tenant_id = %(tenant)s AND s.flow_id = %(flow)s AND s.source_key = p.source_key
      AND s.version <> p.version
"""
_SWEPT = """
    UPDATE integrations_sourcerecord s SET last_seen_scan = %(sweep)s FROM seen p
    WHERE s.tenant_id = %(tenant)s AND s.flow_id = %(flow)s AND s.source_key = p.source_key
      AND s.last_seen_scan <> %(sweep)s
"""


def merge(
    tenant_id: UUID,
    flow_id: int,
    records: Sequence[AnyRecord | Unreadable],
    *,
    due: bool,
    shown: bool = False,
    sweep: int = 0,
) -> tuple[dict[str, int], list[str]]:
    """Merge one page inside the open transaction. Returns (counts: staged, unchanged, repeated; keys that changed).

    `due` False keeps the records for mapping only: nothing is to be written, so nothing is due; `shown`, they
    are records with pages of their own all the same. `sweep` is the number of the sweep that sees them, 0 for an
    ordinary poll.
    """
    # of a row that the source delivered twice in one page, the later one counts
    latest = {record.key: keyed(record) if type(record) is Vendor else record for record in map(_fitting, records)}
    prints = dict(zip(latest, map(hashing.fingerprint, latest.values()), strict=True))
    names: dict[str, Any] = {"tenant": tenant_id, "flow": flow_id, "schema": SCHEMA, "sweep": sweep}
    names |= {"state": "ready", "reason": ""} if due else {"state": "out", "reason": "reference"}
    with connection.cursor() as cursor:
        cursor.execute(_SEEN)
        with cursor.copy("COPY seen FROM STDIN") as copy:
            copy.write("".join([_line(key, record, prints[key]) for key, record in latest.items()]))
        cursor.execute(_DIFFERENT, names)
        different = cursor.fetchall()
        keys = [key for key, content in different if content]
        late = payment_parts.outdated(flow_id, [latest[key] for key in keys])
        keys = [key for key in keys if key not in late]
        if keys:
            _save(cursor, [(latest[key], prints[key]) for key in keys], names, items=due or shown)
        if sweep:
            cursor.execute(_SWEPT, names)
        if late:
            cursor.execute("DELETE FROM seen WHERE source_key = ANY(%(late)s)", {"late": list(late)})
        if len(keys) + len(late) < len(different):
            cursor.execute(_VERSIONS, names)
        cursor.execute("DROP TABLE seen")
    counts = {"staged": len(keys), "unchanged": len(latest) - len(keys), "repeated": len(records) - len(latest)}
    return counts, keys


def _fitting(record: AnyRecord | Unreadable) -> AnyRecord | Unreadable:
    """The record, unless its key is longer than any we can keep: then a row that a person looks at."""
    if len(record.key) <= _LONGEST_KEY:
        return record
    rest = blake2b(record.key.encode("utf-8", "replace"), digest_size=16).hexdigest()
    message = f"Its id has {len(record.key)} characters, which no id has. Have it corrected where it was made."
    return Unreadable(key=f"{record.key[:80]}~{rest}", code="unreadable", message=message, raw=record.key)


def _save(
    cursor: Any, changed: Sequence[tuple[AnyRecord | Unreadable, str]], names: dict[str, Any], *, items: bool
) -> None:
    """Sources, their items in every variant, and their search terms."""
    terms: dict[str, Iterable[str]] = {}
    stored = [(sealed(record), fingerprint) for record, fingerprint in changed]  # before the COPY: it may read keys
    cursor.execute(_PAGE)
    with cursor.copy("COPY page FROM STDIN") as copy:
        for record, fingerprint in stored:
            shown = {**_BLANK, **shown_as(record)}
            terms[record.key] = search.terms_of(record, shown)
            readable = not isinstance(record, Unreadable)
            snapshot = _encode(record).decode()
            copy.write_row(
                (record.key, getattr(record, "version", ""), fingerprint, readable, snapshot, *shown.values())
            )
    cursor.execute(_SOURCES, names)
    saved = cursor.fetchall()
    cursor.execute("DROP TABLE page")
    old = [id_ for id_, _, new in saved if not new]
    if old:
        cursor.execute(_AGAIN, {**names, "ids": old})
    if items:
        cursor.execute(_ITEMS, {**names, "ids": [row[0] for row in saved], "keys": [row[1] for row in saved]})
    if payments := [record for record, _ in changed if isinstance(record, Payment)]:
        payment_parts.keep(cursor, names, payments)
    billed.keep(cursor, names, saved, (record for record, _ in changed))
    search.replace(cursor, names["tenant"], old, ((id_, terms[key]) for id_, key, _ in saved))


def _line(key: str, record: AnyRecord | Unreadable, fingerprint: str) -> str:
    """A row of `seen` in COPY's text format."""
    version: str = getattr(record, "version", "")
    plain = key + version
    if "\\" in plain or not plain.isprintable():
        key, version = key.translate(_IN_TEXT), version.translate(_IN_TEXT)
    return f"{key}\t{version}\t{fingerprint}\n"


def shown_as(record: AnyRecord | Unreadable) -> Mapping[str, str | Decimal | date | None]:
    """What lists, searches and comparisons know of a record."""
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
            "dated": record.invoice_date,
            "plain": plain_number(record.number)[:120],
        }
    if isinstance(record, Vendor):
        named = {"party": record.key[:120], "party_name": record.name[:200], "currency": record.currency[:10]}
        return {"number": record.number[:120], **named, "tax_key": record.tax_key}
    return _shown_otherwise(record)


def _shown_otherwise(record: AnyRecord | Unreadable) -> Mapping[str, str | Decimal | date | None]:
    match record:
        case Payment():
            return {
                "number": (record.trace or record.number or record.transaction_id)[:120],
                "party": record.vendor_key[:120],
                "party_name": record.vendor_name[:200],
                "amount": record.amount if abs(record.amount) < _MAX_AMOUNT else None,
                "currency": record.currency[:10],
                "dated": record.dated,
                "plain": record.transaction_id[:120],
            }
        case InvoiceImage():
            return {"number": record.name[:120]}
        case PurchaseOrder():
            total = sum((line.net or Decimal(0) for line in record.lines or ()), Decimal(0))
            return {
                "number": record.number[:120],
                "party": record.vendor_key[:120],
                "amount": total if abs(total) < _MAX_AMOUNT else None,
                "currency": record.currency[:10],
                "dated": record.ordered_on,
            }
        case GLAccount():
            return {"number": record.number[:120], "party_name": record.name[:200]}
        case Dimension():
            return {"number": record.value[:120], "party_name": record.name[:200]}
    return {}
