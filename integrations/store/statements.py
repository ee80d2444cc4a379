"""Signed statements: made of a reconciliation as it stands, kept as they were signed, held against our own rows."""

import json
import zlib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from audit.log import record
from integrations.engine import statement
from integrations.engine.agreement import ACCOUNTS, Part, State
from integrations.engine.reasons import reason_of
from integrations.models import Answer, Integration, OutboxItem, ReconciliationStatement, StatementKey
from integrations.store import controls, reconciling
from integrations.store.reconciling import Moving, Row
from integrations.store.settings import effective
from tenants.credentials import Sealed
from tenants.models import Tenant
from tenants.scope import current_tenant

CHUNK = 1_000
_ONE_AFTER_ANOTHER = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
# Rows of ours whose content is by its fingerprint what it was when the statement was made.
_STORED = """
    SELECT c.place, coalesce(s.amount, b.here), b.there, CASE WHEN l.fingerprint = c.link_print THEN
        CASE WHEN l.sent->>'credit' = 'true' THEN -(l.sent->>'total')::numeric
             WHEN l.sent ? 'total' THEN (l.sent->>'total')::numeric
             WHEN l.sent ? 'net' THEN (l.sent->>'net')::numeric + (l.sent->>'tax')::numeric
             ELSE (l.sent->>'amount')::numeric END END
    FROM unnest(%(places)s::int[], %(sources)s::bigint[], %(prints)s::text[], %(links)s::bigint[],
                %(link_prints)s::text[]) AS c(place, source, print, link, link_print)
    LEFT JOIN integrations_sourcerecord s ON s.tenant_id = %(tenant)s AND s.id = c.source AND s.fingerprint = c.print
    LEFT JOIN integrations_accountbalance b ON b.tenant_id = %(tenant)s AND b.id = c.source
        AND extract(epoch FROM b.read_at)::text = c.print
    LEFT JOIN integrations_recordlink l ON l.tenant_id = %(tenant)s AND l.id = c.link
"""


def make(
    integration: Integration, at: datetime, moving: Mapping[Part, Moving], answer: str, by: int | None, day: date
) -> ReconciliationStatement:
    """Sign how both sides stand as of `at`, behind the tenant's last statement; in the open scope."""
    tenant = Tenant.objects.get()
    with connection.cursor() as cursor:
        cursor.execute(_ONE_AFTER_ANOTHER, [f"statement:{tenant.pk}"])
    last = ReconciliationStatement.objects.order_by("-number").first()
    rows = reconciling.rows(integration, at, moving)
    number, previous = (last.number + 1, last.digest) if last else (1, "")
    body = {
        "number": number,
        "previous": previous,
        "tenant": tenant.name,
        "integration": integration.name,
        "company": integration.company,
        "company_name": integration.company_name,
        "as_of": at,
        "answer": answer,
        "files_1099": effective(integration, day).files_1099,
        "exclusions": _exclusions(rows),
        "ignored": list(_ignored(rows)),
        "controls_off": [each._asdict() for each in controls.switched_off(integration, day)],
    }
    document = statement.signed(_plain(body), (_plain(_shown(row)) for row in rows), _key())
    made: ReconciliationStatement = ReconciliationStatement.objects.create(
        number=number,
        integration=integration,
        at=at,
        made_by_id=by,
        answer=answer,
        records=len(rows),
        unexplained=sum(row.state == State.UNEXPLAINED for row in rows),
        digest=document["hash"],
        previous=previous,
        document=zlib.compress(statement.canonical(document)),
    )
    record("statement_made", refs={"statement": number, "digest": document["hash"], "integration": integration.pk})
    return made


def document_of(row: ReconciliationStatement) -> dict[str, Any]:
    """The statement as it was signed."""
    found: dict[str, Any] = json.loads(zlib.decompress(bytes(row.document)))
    return found


def against_rows(document: Mapping[str, Any]) -> Iterator[str]:
    """What our own rows say otherwise, of records that nobody has changed since by their fingerprints; in the scope."""
    whole = document["statement"]
    kept = ReconciliationStatement.objects.filter(number=whole["number"]).first()
    if kept is None or kept.digest != document["hash"]:
        yield f"We keep no statement {whole['number']} with this hash."
    rows = whole["rows"]
    for first in range(0, len(rows), CHUNK):
        yield from _apart(rows[first : first + CHUNK])


def _apart(rows: list[dict[str, Any]]) -> Iterator[str]:
    names: dict[str, Any] = {
        "tenant": current_tenant(),
        "places": list(range(len(rows))),
        "sources": [row["source"] for row in rows],
        "prints": [row["source_print"] for row in rows],
        "links": [row["link"] for row in rows],
        "link_prints": [row["link_print"] for row in rows],
    }
    with connection.cursor() as cursor:
        cursor.execute(_STORED, names)
        found = cursor.fetchall()
    for place, amount, there, sent in found:
        row = rows[place]
        of_part = row["variant"] and row["part"] not in ACCOUNTS  # an instalment: its record holds the whole
        for what, ours in (("here", None if of_part else amount), ("there", there), ("asked", sent)):
            if ours is not None and row[what] is not None and Decimal(row[what]) != ours:
                stated = f"{row[what]} {row['currency']} is stated, our row says {statement.plain(ours)}"
                yield f"Altered: {statement.named(row)}: {stated}."


def _exclusions(rows: list[Row]) -> list[dict[str, Any]]:
    """What is out of scope, by reason and currency."""
    found: dict[tuple[str, str], tuple[int, Decimal]] = {}
    for row in rows:
        if row.state == State.OUT:
            count, amount = found.get((row.reason, row.currency), (0, Decimal(0)))
            found[row.reason, row.currency] = count + 1, amount + (row.here or 0)
    return [
        {"reason": reason, "words": reason_of(reason).title, "currency": currency, "records": count, "amount": amount}
        for (reason, currency), (count, amount) in sorted(found.items())
    ]


def _ignored(rows: list[Row]) -> Iterator[dict[str, Any]]:
    """What people left out: who, why, until when."""
    ignored = [row for row in rows if row.state == State.IGNORED]
    uuids = [row.item for row in ignored]
    items = dict(OutboxItem.objects.filter(uuid__in=uuids).values_list("uuid", "pk"))
    answers = Answer.objects.filter(item__in=items.values(), choice="ignore", status=Answer.Status.APPROVED)
    by_item = {each.item_id: each for each in answers.select_related("made_by").order_by("id")}
    for row in ignored:
        told = by_item.get(items.get(row.item, 0)) if row.item else None
        yield {
            "number": row.number,
            "supplier": row.party_name,
            "amount": row.here,
            "currency": row.currency,
            "reason": told.reason if told else "",
            "who": told.made_by.email if told and told.made_by else "",
            "until": row.until,
        }


def _shown(row: Row) -> dict[str, Any]:
    return {**row._asdict(), "item": str(row.item) if row.item else None}


def _plain(content: Any) -> Any:
    """As JSON holds it: exact amounts and UTC times as text."""
    match content:
        case dict():
            return {name: _plain(value) for name, value in content.items()}
        case list() | tuple():
            return [_plain(each) for each in content]
        case Decimal():
            return statement.plain(content)
        case datetime() | date():
            return content.isoformat()
        case UUID():
            return str(content)
    return content


def _key() -> str:
    """The private key that signs; made with the tenant's first statement."""
    newest = StatementKey.objects.order_by("-id").first()
    if newest is None:
        private, public = statement.new_key()
        newest = StatementKey.objects.create(public=public, private=Sealed({"key": private}))
        record("statement_key_made", refs={"public": public})
    key: str = newest.private.reveal()["key"]
    return key
