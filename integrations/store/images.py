"""Images of invoices: what a batch of them, or of invoices, must know; and what wakes when an invoice has gone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone

from integrations.engine.documents import Images
from integrations.engine.records import Entity
from integrations.models import Flow, Integration, OutboxItem, RecordLink
from integrations.store.books import flow_of
from integrations.store.lease import due_now
from tenants.models import Tenant
from tenants.scope import current_tenant

# The key of an image begins with its invoice's own and a "|"; "}" is the character that sorts behind that.
_THERE = """
    SELECT DISTINCT c.key FROM unnest(%(keys)s::text[]) AS c(key)
    JOIN integrations_sourcerecord s ON s.tenant_id = %(tenant)s AND s.flow_id = %(flow)s
        AND s.source_key > (c.key || '|') COLLATE "C" AND s.source_key < (c.key || '}') COLLATE "C"
    WHERE s.readable AND NOT s.gone
"""
_SEEN = """
    SELECT source_key, first_seen FROM integrations_sourcerecord
    WHERE tenant_id = %(tenant)s AND flow_id = %(flow)s AND source_key = ANY(%(keys)s)
"""
_BILLS = """
    SELECT l.source_key, l.variant, l.target_id, l.sent->>'credit' = 'true' OR s.amount < 0
    FROM integrations_recordlink l
    LEFT JOIN integrations_sourcerecord s
        ON s.tenant_id = l.tenant_id AND s.flow_id = %(flow)s AND s.source_key = l.source_key
    WHERE l.tenant_id = %(tenant)s AND l.integration_id = %(integration)s AND l.entity = 'invoice' AND NOT l.inbound
      AND l.source_key = ANY(%(keys)s)
"""
_LEFT_OUT = """
    SELECT source_key FROM integrations_outboxitem
    WHERE tenant_id = %(tenant)s AND flow_id = %(flow)s AND source_key = ANY(%(keys)s)
    GROUP BY 1 HAVING bool_and(state IN ('out', 'ignored'))
"""
_WAKE = """
    UPDATE integrations_outboxitem i SET state = 'ready', not_before = now(), attempts = 0, changed_at = now()
    FROM unnest(%(keys)s::text[]) AS c(key)
    WHERE i.tenant_id = %(tenant)s AND i.flow_id = %(flow)s
      AND (i.state = 'done' OR i.state = 'out' AND i.reason IN ('image_left_out', 'instalments'))
      AND i.source_key > (c.key || '|') COLLATE "C" AND i.source_key < (c.key || '}') COLLATE "C"
"""


def of_invoices(integration: Integration, keys: Sequence[str]) -> Images | None:
    """Which of these invoices have an image, and since when we know them; None where images are not read."""
    flow = _flow(integration)
    if flow is None:
        return None
    zone = ZoneInfo(Tenant.objects.get().time_zone)
    seen: Iterable[tuple[str, datetime]] = _rows(_SEEN, flow=_invoices(integration), keys=list(keys))
    return Images(
        there=frozenset(key for (key,) in _rows(_THERE, flow=flow, keys=list(keys))),
        seen={key: timezone.localdate(at, zone) for key, at in seen},
    )


def of_images(integration: Integration, keys: Iterable[str]) -> Images:
    """What the invoices of these images have become."""
    names = {"flow": _invoices(integration), "keys": sorted(set(keys))}
    bills: dict[str, dict[str, str]] = {}
    of_credits = set[str]()
    for key, variant, target_id, is_credit in _rows(_BILLS, integration=integration.pk, **names):
        bills.setdefault(key, {})[variant] = target_id
        if is_credit:
            of_credits.add(key)
    left_out = frozenset(key for (key,) in _rows(_LEFT_OUT, **names) if key not in bills)
    return Images(bills=bills, credits=frozenset(of_credits), left_out=left_out)


@dataclass(frozen=True, slots=True)
class Kept:
    """An image that the ERP keeps with an invoice, by its own record, and what is beside the bill of it.

    `size` and `sha256` are of what was sent; `read_back` says how that compares with what the other side stored.
    """

    item: OutboxItem
    size: int | None
    sha256: str = ""
    read_back: str = ""
    sent_at: datetime | None = None


def kept_with(item: OutboxItem) -> list[Kept] | None:
    """The images of an invoice that is sent from here; None where images are not read. Two queries."""
    flow = _flow(item.flow.integration) if item.flow.entity == Entity.INVOICE and not item.flow.inbound else None
    if flow is None:
        return None
    rows = OutboxItem.objects.filter(flow=flow, variant=item.variant, source__gone=False).select_related("source")
    key = item.source_key
    items = list(rows.filter(source_key__gt=f"{key}|", source_key__lt=f"{key}}}").order_by("id"))
    place = {"integration": item.flow.integration_id, "entity": Entity.INVOICE_IMAGE, "inbound": False}
    keys = [each.source_key for each in items]
    links = RecordLink.objects.filter(**place, source_key__in=keys, variant=item.variant)
    found = {link.source_key: link for link in links}
    return [_kept(each, found.get(each.source_key)) for each in items]


def invoice_of(item: OutboxItem) -> OutboxItem | None:
    """The invoice whose image this record is; None for other records, and where the invoice is not kept. One query."""
    if item.flow.entity != Entity.INVOICE_IMAGE:
        return None
    rows = OutboxItem.objects.filter(
        flow=_invoices(item.flow.integration), source_key=item.source.snapshot.get("invoice_key")
    )
    found: OutboxItem | None = rows.select_related("source").order_by("variant").first()
    return found


def _kept(item: OutboxItem, link: RecordLink | None) -> Kept:
    size = item.source.snapshot.get("size")
    if link is None:
        return Kept(item, size)
    echo = link.echo
    sent = int(echo["size"]) if echo.get("size") else size
    return Kept(item, sent, echo.get("sha256", ""), echo.get("read_back", ""), link.linked_at)


def wake(invoices: Flow, keys: Sequence[str]) -> None:
    """These invoices of a flow have become bills, or other ones than before: their images are decided anew.

    Inside the open commit.
    """
    if invoices.entity != Entity.INVOICE or invoices.inbound or not keys:
        return
    flow = _flow(invoices.integration)
    if flow is not None and _executed(_WAKE, flow=flow, keys=list(keys)):
        due_now([flow])


def _flow(integration: Integration) -> int | None:
    flows = Flow.objects.filter(integration=integration, entity=Entity.INVOICE_IMAGE, inbound=False, enabled=True)
    found: int | None = flows.values_list("pk", flat=True).first()
    return found


def _invoices(integration: Integration) -> int | None:
    return flow_of(integration, Entity.INVOICE, inbound=False)


def _rows(statement: str, **names: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"tenant": current_tenant(), **names})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _executed(statement: str, **names: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"tenant": current_tenant(), **names})
        count: int = cursor.rowcount
    return count
