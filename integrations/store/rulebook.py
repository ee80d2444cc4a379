"""Loads what a decision may know: mapping tables, the target's chart, vendors and their links, the policy."""

from collections.abc import Iterable

import msgspec
from django.db import connection
from django.db.models import Count, Max

from integrations.engine.duplicates import Guard
from integrations.engine.mapping import Account, Rule, Rules, VendorLink
from integrations.engine.policy import Policy
from integrations.engine.records import Entity, Vendor
from integrations.models import FieldMapping, Flow, GLMapping, Integration, MirrorRecord, RecordLink
from integrations.store import mirror
from integrations.store.settings import effective, today
from tenants.scope import current_tenant

_decode_vendor = msgspec.json.Decoder(Vendor).decode
_VENDORS = """
    SELECT source_key, snapshot::text FROM integrations_sourcerecord
    WHERE tenant_id = %s AND flow_id = %s AND source_key = ANY(%s) AND readable
"""


def policy_of(integration: Integration) -> Policy:
    """The integration's policy as it is in force today."""
    return effective(integration, today())


def load_rules(integration: Integration, inbound: bool) -> Rules:
    """Mapping tables and the target's chart as of now; vendors are added per batch."""
    policy = policy_of(integration)
    target_id = integration.erp_id if inbound else integration.ap_id
    mirrored = MirrorRecord.objects.filter(connection_id=target_id, entity__in=[Entity.GL_ACCOUNT, Entity.DIMENSION])
    accounts = [(row.entity, _account(row)) for row in mirrored]
    fields = FieldMapping.objects.filter(integration=integration, source__startswith="dimensions.")
    return Rules(
        rules=[_rule(row) for row in GLMapping.objects.filter(integration=integration)],
        parts={row.source.removeprefix("dimensions."): row.target for row in fields},
        accounts=[account for entity, account in accounts if entity == Entity.GL_ACCOUNT],
        values=[account for entity, account in accounts if entity == Entity.DIMENSION],
        match_by_number=policy.match_by_number,
        number_reuse=policy.number_reuse,
    )


def for_batch(rules: Rules, integration: Integration, inbound: bool, keys: Iterable[str]) -> Rules:
    """`rules` with these vendors as last read and as linked, and what stands unlinked on the target."""
    wanted = sorted(set(keys))
    target_id = integration.erp_id if inbound else integration.ap_id
    if not wanted:
        return rules.for_batch({}, {}, Guard(vendors=mirror.unlinked(target_id, Entity.VENDOR)))
    flow = Flow.objects.filter(integration=integration, entity=Entity.VENDOR, inbound=inbound).first()
    vendors: dict[str, Vendor] = {}
    if flow is not None:
        with connection.cursor() as cursor:
            cursor.execute(_VENDORS, [current_tenant(), flow.pk, wanted])
            vendors = {key: _decode_vendor(snapshot) for key, snapshot in cursor.fetchall()}
    links: dict[str, list[VendorLink]] = {}
    rows = RecordLink.objects.filter(
        integration=integration, entity=Entity.VENDOR, inbound=inbound, source_key__in=wanted
    ).order_by("id")
    for row in rows:
        links.setdefault(row.source_key, []).append(VendorLink(target_id=row.target_id, currency=row.variant))
    target_vendors = [link.target_id for each in links.values() for link in each]
    bills = mirror.unlinked(target_id, Entity.INVOICE, target_vendors)
    return rules.for_batch(vendors, links, Guard(bills, number_reuse=rules.number_reuse))


def _account(row: MirrorRecord) -> Account:
    return Account(target_id=row.target_id, number=row.number, name=row.name, kind=row.kind, active=row.active)


def _rule(row: GLMapping) -> Rule:
    return Rule(
        id=row.pk,
        version=row.version,
        table=row.table,
        source=row.source,
        target=row.target,
        company=row.company,
        part=row.part,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )


def version(integration: Integration) -> str:
    """Names the state of mappings and policy that a batch was decided with."""
    newest = GLMapping.objects.filter(integration=integration).aggregate(at=Max("changed_at"), rows=Count("id"))
    return f"policy {integration.policy_version}, {newest['rows']} rules as of {newest['at'] or 'never'}"
