"""Loads what a decision may know: mapping tables, the target's chart, vendors and their links, the policy."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec
from django.db.models import Count, Max

from integrations.engine.correcting import VENDOR, Corrections
from integrations.engine.duplicates import Guard
from integrations.engine.mapping import Account, Rule, Rules, VendorLink
from integrations.engine.policy import Policy
from integrations.engine.ports import Item
from integrations.engine.records import (
    Dimension,
    Entity,
    GLAccount,
    Gone,
    Invoice,
    InvoiceImage,
    Payment,
    PurchaseOrder,
    Vendor,
)
from integrations.engine.targets import TargetRecord
from integrations.engine.wording import TextRule
from integrations.models import FieldMapping, Flow, GLMapping, Integration, MappingChange, MirrorRecord
from integrations.store import books, concerns, images, mirror, newcomers, orders
from integrations.store.mapping_tables import Over, rules_with
from integrations.store.settings import effective, today

NOTHING: Over = MappingProxyType({})


def policy_of(integration: Integration) -> Policy:
    """The integration's policy as it is in force today."""
    return effective(integration, today())


def load_rules(flow: Flow, longest_name: int = 0, tool: str = "", over: Over = NOTHING) -> Rules:
    """Mapping tables and the target's chart as of now; what concerns single records is added per batch.

    `longest_name`: characters that the target keeps of a name; `tool`: what people call the AP tool. `over`: changes
    of the tables that are looked at as if they were in force.
    """
    integration, entity = flow.integration, Entity(flow.entity)
    policy = policy_of(integration)
    held, held_parts = None, {}
    if flow.inbound and entity in (Entity.INVOICE, Entity.PAYMENT):
        held = books.load(integration, tool)
        accounts, values = books.chart(held)
        held_parts = {(each.kind_name or each.kind): each.kind for each in held.values.values()}
    else:
        accounts, values = chart_of(integration.ap_id)
    said: Any = rules_with(integration.pk, MappingChange.Kind.FIELD, over)
    ours: Any = rules_with(integration.pk, MappingChange.Kind.GL, over)
    return Rules(
        rules=[_rule(row) for row in ours],
        texts=[_text_rule(row) for row in said if row.field and row.entity == entity],
        parts={**held_parts, **{row.part: row.target for row in said if not row.field}},
        accounts=accounts,
        values=values,
        match_by_number=held is not None or policy.match_by_number,
        number_reuse=policy.number_reuse,
        today=today(),
        terms=concerns.terms(integration),
        books=held,
        longest_name=longest_name,
    )


def chart_of(connection_id: int) -> tuple[list[Account], list[Account]]:
    """(accounts, dimension values) of a target, as its mirror has them."""
    rows = MirrorRecord.objects.filter(connection_id=connection_id, entity__in=[Entity.GL_ACCOUNT, Entity.DIMENSION])
    found = [(row.entity, _account(row)) for row in rows]
    accounts = [account for entity, account in found if entity == Entity.GL_ACCOUNT]
    return accounts, [account for entity, account in found if entity == Entity.DIMENSION]


def for_batch(
    rules: Rules,
    flow: Flow,
    batch: Iterable[Item],
    planned: Mapping[str, Sequence[VendorLink]] | None = None,
    live: Sequence[TargetRecord] = (),
) -> Rules:
    """`rules` with what concerns these records: their vendors as read and as linked, and what stands on the target.

    The same few queries whatever the size of the batch. `planned`: links by supplier that a plan is going to make.
    `live`: records of the target that were looked up for this batch.
    """
    batch = list(batch)
    records = [_last(item) for item in batch]
    integration = flow.integration
    if newcomers.is_of(flow):
        around = newcomers.load(integration, [each for each in records if isinstance(each, Vendor)])
        return rules.for_batch({}, {}, Guard(), newcomers=around)
    invoices = [each for each in records if isinstance(each, Invoice)]
    if flow.inbound and rules.books is not None:
        return _inbound(rules, integration, records, invoices, planned or {}, live)
    if not invoices:
        return _outbound_other(rules, flow, records, planned or {})
    wanted = sorted({invoice.vendor_key for invoice in invoices})
    vendors = concerns.vendors(integration, wanted)
    links = concerns.vendor_links(integration, wanted)
    for key, coming in (planned or {}).items():
        links[key] = [*links.get(key, ()), *coming]
    twins = concerns.tax_twins(integration, vendors)
    on_target = [link.target_id for key in wanted for link in links.get(key, ())] + [
        t for ids in twins.values() for t in ids
    ]
    on_target += [chosen for item in batch if (chosen := Corrections(item.answers).at(VENDOR))]
    bills = mirror.unlinked(integration.ap_id, Entity.INVOICE, on_target)
    return rules.for_batch(
        vendors,
        links,
        Guard(bills, number_reuse=rules.number_reuse),
        proposals=concerns.proposals(integration, wanted),
        tax_twins=twins,
        sent_bills=concerns.sent_bills(integration, invoices),
        captured=concerns.captured(integration, invoices),
        peers=concerns.peers(integration, flow.inbound, invoices),
        orders=orders.named(integration, invoices),
        images=images.of_invoices(integration, [each.key for each in invoices]),
    )


def _outbound_other(
    rules: Rules, flow: Flow, records: Sequence[object], planned: Mapping[str, Sequence[VendorLink]]
) -> Rules:
    """For suppliers what stands on the target unlinked, for orders their suppliers, for codes the other companies', for
    images their invoices.
    """
    integration, day = flow.integration, rules.today
    codes = [each for each in records if isinstance(each, GLAccount | Dimension)]
    if codes:
        alike = books.elsewhere(integration, Entity(flow.entity), codes, day, rules.longest_name)
        return rules.for_batch({}, {}, Guard(), elsewhere=alike)
    if of := [each.invoice_key for each in records if isinstance(each, InvoiceImage)]:
        return rules.for_batch({}, {}, Guard(), images=images.of_images(integration, of))
    wanted = sorted({each.vendor_key for each in records if isinstance(each, PurchaseOrder)})
    if wanted:
        return rules.for_batch({}, {**planned, **concerns.vendor_links(integration, wanted)}, Guard())
    claims = newcomers.claims(integration, [each.key for each in records if isinstance(each, Vendor)])
    return rules.for_batch({}, {}, Guard(vendors=mirror.unlinked(integration.ap_id, Entity.VENDOR)), claims=claims)


def _inbound(
    rules: Rules,
    integration: Integration,
    records: Sequence[object],
    invoices: Sequence[Invoice],
    planned: Mapping[str, Sequence[VendorLink]],
    live: Sequence[TargetRecord],
) -> Rules:
    held = rules.books or books.load(integration)
    payments = [each for each in records if isinstance(each, Payment)]
    if payments:
        held = books.with_payments(held, integration, payments, {each.target_id: each for each in live})
        wanted = sorted({each.vendor_id for each in live})
        return rules.for_batch({}, {}, Guard(), books=held, proposals=concerns.proposals(integration, wanted))
    known = books.suppliers(integration, (each.vendor_key for each in invoices))
    known = {**{key: key for key in planned}, **known}
    peers = concerns.peers(integration, True, invoices)
    entered = books.booked(integration, (peer.key for each in peers.values() for peer in each))
    held = msgspec.structs.replace(held, suppliers=known, invoices=entered)
    vendors = concerns.vendors(integration, sorted(set(known.values())))
    standing = mirror.not_linked(integration.erp_id, Entity.INVOICE, live)
    return rules.for_batch(
        vendors,
        {},
        Guard(standing, number_reuse=rules.number_reuse),
        books=held,
        peers=peers,
        proposals=concerns.proposals(integration, sorted(set(known.values()))),
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
        approval=row.approval(),
    )


def _text_rule(row: FieldMapping) -> TextRule:
    return TextRule(
        id=row.pk,
        version=row.version,
        field=row.field,
        template=row.target,
        lookup=row.lookup,
        approval=row.approval(),
    )


def version(integration: Integration) -> str:
    """Names the state of mappings and policy that a batch was decided with."""
    tables = (GLMapping, FieldMapping)
    found = [
        each.objects.filter(integration=integration, active=True).aggregate(at=Max("changed_at"), rows=Count("id"))
        for each in tables
    ]
    rows, newest = sum(each["rows"] for each in found), max((each["at"] for each in found if each["rows"]), default="")
    rules = f"{rows} mapping rules as of {newest}" if rows else "no mapping rules"
    return f"settings {integration.policy_version}, {rules}"
