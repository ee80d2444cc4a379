"""Loads what a decision may know: mapping tables, the target's chart, vendors and their links, the policy."""

from collections.abc import Iterable, Mapping, Sequence

from django.db.models import Count, Max

from integrations.engine.duplicates import Guard
from integrations.engine.mapping import Account, Rule, Rules, VendorLink
from integrations.engine.policy import Policy
from integrations.engine.ports import Item
from integrations.engine.records import Entity, Gone, Invoice
from integrations.models import FieldMapping, GLMapping, Integration, MirrorRecord
from integrations.store import concerns, mirror
from integrations.store.settings import effective, today


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
        today=today(),
        terms=concerns.terms(integration, inbound),
    )


def for_batch(
    rules: Rules,
    integration: Integration,
    inbound: bool,
    batch: Iterable[Item],
    planned: Mapping[str, Sequence[VendorLink]] | None = None,
) -> Rules:
    """`rules` with what concerns these records: their vendors as read and as linked, and what stands on the target.

    The same few queries whatever the size of the batch. `planned`: links by supplier that a plan is going to make.
    """
    target_id = integration.erp_id if inbound else integration.ap_id
    invoices = [record for item in batch if isinstance(record := _last(item), Invoice)]
    if not invoices:
        return rules.for_batch({}, {}, Guard(vendors=mirror.unlinked(target_id, Entity.VENDOR)))
    wanted = sorted({invoice.vendor_key for invoice in invoices})
    vendors = concerns.vendors(integration, inbound, wanted)
    links = concerns.vendor_links(integration, inbound, wanted)
    for key, coming in (planned or {}).items():
        links[key] = [*links.get(key, ()), *coming]
    twins = concerns.tax_twins(integration, inbound, vendors)
    on_target = [link.target_id for key in wanted for link in links.get(key, ())] + [
        t for ids in twins.values() for t in ids
    ]
    bills = mirror.unlinked(target_id, Entity.INVOICE, on_target)
    return rules.for_batch(
        vendors,
        links,
        Guard(bills, number_reuse=rules.number_reuse),
        proposals=concerns.proposals(integration, wanted),
        tax_twins=twins,
        sent_bills=concerns.sent_bills(integration, inbound, invoices),
        peers=concerns.peers(integration, inbound, invoices),
    )


def _last(item: Item) -> object:
    return item.source.last if isinstance(item.source, Gone) else item.source


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
    rules = f"{newest['rows']} mapping rules as of {newest['at']}" if newest["rows"] else "no mapping rules"
    return f"settings {integration.policy_version}, {rules}"
