"""What concerns the records of one batch: their suppliers, twins, proposals, peers and sent bills, each by one query.

On tables that have just grown the planner knows nothing: every look-up is by the whole batch of keys at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from django.db import connection

from integrations.engine.duplicates import plain_number
from integrations.engine.mapping import VendorLink
from integrations.engine.peers import Peer, Peers
from integrations.engine.records import Entity, Invoice, PaymentTerm, Vendor
from integrations.models import Integration, MirrorRecord, RecordLink, SourceRecord
from integrations.store.books import flow_of
from tenants.scope import current_tenant

_decode_vendor = msgspec.json.Decoder(Vendor).decode
_VENDORS = """
    SELECT source_key, snapshot::text FROM integrations_sourcerecord
    WHERE tenant_id = %(tenant)s AND flow_id = %(flow)s AND source_key = ANY(%(keys)s) AND readable
"""
_ALIKE = """
    SELECT s.source_key, c.party, s.number, s.amount, s.dated FROM integrations_sourcerecord s
    JOIN (SELECT DISTINCT * FROM unnest(%(parties)s::text[], %(plains)s::text[]) AS c(party, plain)) c
        ON c.party = {party} AND c.plain = s.plain
    WHERE s.tenant_id = %(tenant)s AND s.flow_id = %(flow)s AND s.plain <> ''
"""
_SENT = """
    SELECT s.party, s.number, l.target_id FROM integrations_sourcerecord s
    JOIN (SELECT DISTINCT * FROM unnest(%(parties)s::text[], %(plains)s::text[]) AS c(party, plain)) c
        ON c.party = s.party AND c.plain = s.plain
    JOIN integrations_recordlink l ON l.tenant_id = s.tenant_id AND l.integration_id = %(integration)s
        AND l.entity = 'invoice' AND NOT l.inbound AND l.source_key = s.source_key AND l.variant = ''
    WHERE s.tenant_id = %(tenant)s AND s.flow_id = %(flow)s AND s.plain <> ''
"""


def vendors(integration: Integration, keys: Sequence[str]) -> dict[str, Vendor]:
    """The suppliers as last read, their tax ids sealed as they are stored."""
    flow = flow_of(integration, Entity.VENDOR, inbound=False)
    rows = _rows(_VENDORS, flow=flow, keys=list(keys)) if flow else []
    return {key: _decode_vendor(snapshot) for key, snapshot in rows}


def vendor_links(integration: Integration, keys: Sequence[str]) -> dict[str, list[VendorLink]]:
    """What the suppliers are linked to, oldest link first."""
    found: dict[str, list[VendorLink]] = {}
    rows = RecordLink.objects.filter(
        integration=integration, entity=Entity.VENDOR, inbound=False, source_key__in=keys
    ).order_by("id")
    for key, target_id, currency in rows.values_list("source_key", "target_id", "variant"):
        found.setdefault(key, []).append(VendorLink(target_id=target_id, currency=currency))
    return found


def tax_twins(integration: Integration, known: Mapping[str, Vendor]) -> dict[str, list[str]]:
    """By supplier: the vendors on the target of other suppliers that have the same tax id."""
    hashes = {vendor.tax_key: vendor.key for vendor in known.values() if vendor.tax_key}
    flow = flow_of(integration, Entity.VENDOR, inbound=False)
    if not hashes or flow is None:
        return {}
    rows = SourceRecord.objects.filter(flow_id=flow, tax_key__in=list(hashes)).exclude(tax_key="")
    alike: dict[str, set[str]] = {}
    for key, tax_key in rows.values_list("source_key", "tax_key"):
        alike.setdefault(tax_key, set()).add(key)
    twins = {v.key: alike[v.tax_key] - {v.key} for v in known.values() if v.tax_key in alike}
    others = sorted({key for keys in twins.values() for key in keys})
    links = vendor_links(integration, others) if others else {}
    found = {key: sorted(link.target_id for o in keys for link in links.get(o, ())) for key, keys in twins.items()}
    return {key: ids for key, ids in found.items() if ids}


def proposals(integration: Integration, keys: Sequence[str]) -> dict[tuple[str, str], str]:
    """What the ERP is about to pay by itself: (supplier, invoice number) -> the proposal's state."""
    rows = MirrorRecord.objects.filter(
        connection_id=integration.erp_id, entity=Entity.PAYMENT_PROPOSAL, vendor_id__in=keys, active=True
    )
    return {(vendor, number): state for vendor, number, state in rows.values_list("vendor_id", "number", "kind")}


def captured(integration: Integration, invoices: Iterable[Invoice]) -> frozenset[str]:
    """Those of these invoices that a flow of this tenant has brought into the ERP's books from an AP tool."""
    links = RecordLink.objects.filter(target_connection_id=integration.erp_id, entity=Entity.INVOICE, inbound=True)
    keys = [each.key for each in invoices]
    return frozenset(links.filter(target_id__in=keys).values_list("target_id", flat=True))


def sent_bills(integration: Integration, invoices: Iterable[Invoice]) -> dict[tuple[str, str], str]:
    """The bills that credits of the batch name: (supplier, invoice number) -> target id."""
    named = sorted({(each.vendor_key, each.credit_for) for each in invoices if each.credit_for})
    flow = flow_of(integration, Entity.INVOICE, inbound=False)
    if not named or flow is None:
        return {}
    parties, plains = [party for party, _ in named], [plain_number(number) for _, number in named]
    names = {"integration": integration.pk, "parties": parties, "plains": plains}
    rows = _rows(_SENT, flow=flow, **names)
    return {(party, number): target for party, number, target in rows if (party, number) in named}


def peers(integration: Integration, inbound: bool, invoices: Sequence[Invoice]) -> dict[str, Peers]:
    """By supplier: its invoices whose number, however it is written, is one of the batch's.

    Of captured ones by the AP tool's code without the address that it may carry (S1|2).
    """
    flow = flow_of(integration, Entity.INVOICE, inbound=inbound)
    if flow is None:
        return {}
    parties = [i.vendor_key.partition("|")[0] if inbound else i.vendor_key for i in invoices]
    plains = [plain_number(i.number) for i in invoices]
    statement = _ALIKE.format(party="split_part(s.party, '|', 1)" if inbound else "s.party")
    found: dict[str, list[Peer]] = {}
    for key, party, number, amount, dated in _rows(statement, flow=flow, parties=parties, plains=plains):
        found.setdefault(party, []).append(Peer(key=key, number=number, amount=amount, dated=dated))
    # a supplier's only record of a number is the batch's own: no peer of anything
    return {party: Peers(sorted(each, key=lambda peer: peer.key)) for party, each in found.items() if len(each) > 1}


def terms(integration: Integration) -> dict[str, PaymentTerm]:
    """The source's payment terms by code."""
    flow = flow_of(integration, Entity.PAYMENT_TERM, inbound=False)
    if flow is None:
        return {}
    rows = SourceRecord.objects.filter(flow_id=flow, readable=True).values_list("snapshot", flat=True)
    found = [msgspec.convert(snapshot, PaymentTerm, strict=False) for snapshot in rows]
    return {term.code: term for term in found}


def _rows(statement: str, **names: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"tenant": current_tenant(), **names})
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
