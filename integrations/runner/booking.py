"""Fresh reads of the ERP's books for one batch: what a captured invoice may double, what a payment pays."""

from collections.abc import Collection, Sequence
from typing import Any

from integrations.engine.ports import Item, Target
from integrations.engine.records import MARKS, Entity, Gone, Invoice, Payment
from integrations.engine.targets import TargetRecord
from integrations.models import Flow, Integration
from integrations.store import books
from integrations.systems import registry
from tenants.scope import tenant_scope


def look(flow: Flow, batch: Sequence[Item], target: Target, planned: Collection[str] = ()) -> list[TargetRecord]:
    """What the decision of this batch needs to know live; nothing for what goes out of the books.

    `planned`: suppliers that a plan is going to send.
    """
    if not flow.inbound or Entity.INVOICE not in registry.get(flow.target.system).live:
        return []
    records = [item.source.last if isinstance(item.source, Gone) else item.source for item in batch]
    if payments := [each for each in records if isinstance(each, Payment)]:
        keys = [paid.key for payment in payments for paid in payment.invoices]
        with tenant_scope(flow.tenant_id):
            ids = sorted(set(books.paid_invoices(flow.integration, keys).values()))
        return list(target.standing(Entity.INVOICE, ids).values()) if ids else []
    codes = {each.vendor_key for each in records if isinstance(each, Invoice)}
    with tenant_scope(flow.tenant_id):
        known = set(books.suppliers(flow.integration, codes).values())
    known |= {code.partition("|")[0] for code in codes} & set(planned)
    if not known:
        return []
    return list(target.look_up(Entity.INVOICE, company=flow.integration.company, vendors="\n".join(sorted(known))))


def settlement(flow: Flow, target: Target) -> list[TargetRecord]:
    """How the invoices stand in the books that were paid and that nobody has seen settled."""
    with tenant_scope(flow.tenant_id):
        ids = books.unsettled(flow.integration)
    return list(target.standing(Entity.INVOICE, ids).values()) if ids else []


def know_currency(flow: Flow, target: Any) -> None:
    """The currency of the books, asked for once by the first flow that brings something into them."""
    integration = flow.integration
    if not flow.inbound or integration.company_currency or Entity(flow.entity) in MARKS:
        return
    mine = next((each for each in target.companies() if each.key == integration.company), None)
    if mine is not None and mine.currency:
        with tenant_scope(flow.tenant_id):
            Integration.objects.filter(pk=integration.pk).update(company_currency=mine.currency)
        integration.company_currency = mine.currency
