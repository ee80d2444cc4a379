"""Vendors that people made in the AP tool: whose each is, which suppliers are alike, and what a link of one frees.

They are read by a flow of their own. Once it has linked a vendor to a supplier, that supplier's own flow takes the
vendor as its own, and everything later is between those two.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from integrations.engine.alike import Newcomers, Supplier, is_alike
from integrations.engine.duplicates import plain_name
from integrations.engine.records import AnyRecord, Entity, Unreadable, Vendor
from integrations.engine.vendors import remit_to
from integrations.models import Flow, Integration, MirrorRecord, OutboxItem, RecordLink, SourceRecord
from integrations.store import concerns
from integrations.store.books import flow_of
from integrations.store.lease import due_now, poll_now
from tenants.scope import current_tenant

_UNDECIDED = [
    *(OutboxItem.State.READY, OutboxItem.State.WAITING),
    *(OutboxItem.State.UNCERTAIN, OutboxItem.State.HELD),
]
_ALIKE = """
    SELECT s.source_key FROM integrations_sourcerecord s
    WHERE s.tenant_id = %(tenant)s AND s.flow_id = %(flow)s AND s.readable AND NOT s.gone
      AND (s.number = ANY(%(numbers)s) OR s.tax_key <> '' AND s.tax_key = ANY(%(taxes)s)
           OR lower(regexp_replace(s.party_name, '[^[:alnum:]]', '', 'g')) = ANY(%(names)s))
    ORDER BY s.source_key
"""
# The revision moves on, so that whoever is deciding the record at this moment decides it again.
_WAKE = """
    UPDATE integrations_outboxitem i
    SET state = 'ready', revision = revision + 1, not_before = now(), attempts = 0, changed_at = now()
    WHERE i.tenant_id = %(tenant)s AND i.flow_id = %(flow)s AND i.source_key = ANY(%(keys)s)
      AND (i.state = ANY(%(states)s) AND i.reason NOT IN ('uncertain', 'link_conflict', 'unlinked')
           OR i.state = 'ready')
"""
# The supplier in the vendor's currency, where it has another one of its own.
_FURTHER = """
    INSERT INTO integrations_outboxitem (
        tenant_id, uuid, flow_id, source_id, source_key, variant, state, not_before, revision, attempts, lost_workers,
        reason, message, notes, ignored_fingerprint, outcome, changed_at)
    SELECT %(tenant)s, gen_random_uuid(), s.flow_id, s.id, s.source_key, c.currency, 'ready', now(), 1, 0, 0, '', '',
           '[]', '', '', now()
    FROM unnest(%(keys)s::text[], %(currencies)s::text[]) AS c(key, currency)
    JOIN integrations_sourcerecord s ON s.tenant_id = %(tenant)s AND s.flow_id = %(flow)s AND s.source_key = c.key
    WHERE c.currency <> '' AND s.currency NOT IN ('', c.currency)
    ON CONFLICT DO NOTHING
"""


def is_of(flow: Flow) -> bool:
    """Whether the flow reads vendors of the AP tool."""
    return bool(flow.inbound and flow.entity == Entity.VENDOR)


def without_known(flow: Flow, records: Sequence[AnyRecord | Unreadable]) -> list[AnyRecord | Unreadable]:
    """Of a page, what may be a newcomer: vendors that suppliers are linked to never become records of this flow."""
    keys = [record.key for record in records]
    known = _links(flow.integration).filter(target_id__in=keys).values_list("target_id", flat=True)
    seen = SourceRecord.objects.filter(flow=flow, source_key__in=keys).values_list("source_key", flat=True)
    left_out = set(known) - set(seen)
    return [record for record in records if record.key not in left_out]


def load(integration: Integration, vendors: Sequence[Vendor]) -> Newcomers:
    """What is known beside these vendors; the same few queries whatever their number."""
    links = _links(integration).filter(target_id__in=[each.key for each in vendors])
    known = dict(links.order_by("-id").values_list("target_id", "source_key"))
    asked = [each for each in vendors if each.key not in known]
    alike = _alike(integration, asked) if asked else {}
    return Newcomers(since=integration.read_since, known=known, alike=alike)


def claims(integration: Integration, suppliers: Sequence[str]) -> dict[tuple[str, str], str]:
    """Vendors that people made or linked as these suppliers', by (supplier, currency): the last one, still in use."""
    rows = RecordLink.objects.filter(integration=integration, entity=Entity.VENDOR, inbound=True)
    pairs = list(rows.filter(target_id__in=suppliers).order_by("id").values_list("source_key", "target_id"))
    if not pairs:
        return {}
    vendors = [vendor for vendor, _ in pairs]
    taken = set(_links(integration).filter(target_id__in=vendors).values_list("target_id", flat=True))
    taken |= _archived(integration, vendors)
    sources = SourceRecord.objects.filter(flow__integration=integration, flow__inbound=True, source_key__in=vendors)
    currencies = dict(sources.filter(flow__entity=Entity.VENDOR).values_list("source_key", "currency"))
    return {(key, currencies.get(vendor, "")): vendor for vendor, key in pairs if vendor not in taken}


def suppliers(flow: Flow, wanted: Q, most: int = 1) -> list[MirrorRecord]:
    """Suppliers as they were last read, in the form in which people are shown the other side; not to be saved."""
    sources = SourceRecord.objects.filter(wanted, flow__integration=flow.integration_id, flow__entity=Entity.VENDOR)
    rows = sources.filter(flow__inbound=False, readable=True, gone=False).order_by("source_key")[:most]
    named = {"connection": flow.target, "entity": flow.entity}
    return [
        MirrorRecord(**named, target_id=row.source_key, number=row.number, name=row.party_name, currency=row.currency)
        for row in rows
    ]


def linked(flow: Flow, pairs: Mapping[str, str]) -> None:
    """Vendors were linked in the open commit, by source key to what: whom that concerns on the other way goes on.

    A newcomer's supplier is read and decided anew; a vendor that a supplier has taken is asked about no more.
    """
    if flow.entity != Entity.VENDOR or not pairs:
        return
    other = flow_of(flow.integration, Entity.VENDOR, inbound=not flow.inbound)
    if other is None:
        return
    names: dict[str, Any] = {"tenant": current_tenant(), "flow": other, "keys": sorted(set(pairs.values()))}
    states = ["waiting", "held", *(["done", "out"] if flow.inbound else [])]
    with connection.cursor() as cursor:
        cursor.execute(_WAKE, {**names, "states": states})
        if flow.inbound:
            rows = SourceRecord.objects.filter(flow=flow, source_key__in=list(pairs))
            found = [(pairs[key], currency) for key, currency in rows.values_list("source_key", "currency")]
            keys, currencies = [key for key, _ in found], [currency for _, currency in found]
            cursor.execute(_FURTHER, {**names, "keys": keys, "currencies": currencies})
    # after the commit: two flows that make each other due with their own rows in hand would wait for ever
    transaction.on_commit(partial(poll_now, other) if flow.inbound else partial(due_now, [other]))


def _alike(integration: Integration, vendors: Sequence[Vendor]) -> dict[str, tuple[Supplier, ...]]:
    flow = flow_of(integration, Entity.VENDOR, inbound=False)
    names: dict[str, Any] = {
        "tenant": current_tenant(),
        "flow": flow,
        "numbers": [each.number for each in vendors if each.number],
        "taxes": [each.tax_key for each in vendors if each.tax_key],
        "names": [plain for each in vendors if (plain := plain_name(each.name))],
    }
    with connection.cursor() as cursor:
        cursor.execute(_ALIKE, names)
        keys = [key for (key,) in cursor.fetchall()]
    if not keys:
        return {}
    suppliers = concerns.vendors(integration, keys)
    links = concerns.vendor_links(integration, keys)
    archived = _archived(integration, [link.target_id for each in links.values() for link in each])
    items = OutboxItem.objects.filter(flow_id=flow, source_key__in=keys, variant="", state__in=_UNDECIDED)
    undecided = set(items.values_list("source_key", flat=True)) - set(links)

    def told(supplier: Vendor, currency: str) -> Supplier:
        mine = [each.target_id for each in links.get(supplier.key, ()) if each.currency == currency]
        return Supplier(
            key=supplier.key,
            name=supplier.name,
            currency=supplier.currency,
            tax_key=supplier.tax_key,
            address=remit_to(supplier, None)[0],
            vendor=next((each for each in mine if each not in archived), ""),
            undecided=supplier.key in undecided,
        )

    return {
        vendor.key: tuple(
            told(each, vendor.currency)
            for each in suppliers.values()
            if is_alike(vendor, each.number, each.name, each.tax_key)
        )
        for vendor in vendors
    }


def _links(integration: Integration) -> Any:
    """Of vendors, whichever company of the AP connection has them."""
    return RecordLink.objects.filter(target_connection=integration.ap_id, entity=Entity.VENDOR, inbound=False)


def _archived(integration: Integration, vendors: Sequence[str]) -> set[str]:
    rows = MirrorRecord.objects.filter(connection=integration.ap_id, entity=Entity.VENDOR, active=False)
    return set(rows.filter(target_id__in=vendors).values_list("target_id", flat=True))
