"""Fresh reads of the ERP's books for one batch: what a captured invoice may double, what a payment pays."""

from collections.abc import Collection, Sequence
from typing import Any

import structlog
from django.utils import timezone

from integrations.engine.balances import Balance, Lists, compare, not_read
from integrations.engine.errors import Rejected, Retryable
from integrations.engine.ports import Item, Ledger, Target
from integrations.engine.records import MARKS, Entity, Gone, Invoice, Payment
from integrations.engine.targets import TargetRecord
from integrations.models import Flow, Integration
from integrations.store import balances, books
from integrations.store.settings import today
from integrations.systems import registry
from tenants.scope import tenant_scope

log = structlog.get_logger(__name__)


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


def accounts(flow: Flow, target: Any) -> None:
    """Read the settlement and cash accounts of the books, and keep how they agree with our lists.

    Called by whoever holds the flow, so that nothing is booked meanwhile. What fails for now keeps no payment waiting:
    the last reading stands with its time. Raises ConnectionBroken.
    """
    integration, at = flow.integration, timezone.now()
    with tenant_scope(flow.tenant_id):
        settlement, cash = balances.accounts_of(integration, today())
        if not balances.is_due(integration, settlement | cash, at):
            return
        lists = balances.lists(integration, settlement, cash)
    try:
        found = _held_against(lists, target, integration.company, settlement | cash)
    except Retryable as error:
        log.warning("accounts_not_read", integration=integration.pk, why=error.message)
        found = None
    with tenant_scope(flow.tenant_id):
        if found is not None:
            balances.keep(integration, found, at)
        elif not integration.balances.exists():
            balances.keep(integration, not_read(settlement | cash, settlement), at)


def accounts_due(flow: Flow) -> bool:
    """Whether these accounts are to be read again; in the open scope."""
    settlement, cash = balances.accounts_of(flow.integration, today())
    return balances.is_due(flow.integration, settlement | cash, timezone.now())


def _held_against(lists: Lists, target: Any, company: str, accounts: Collection[str]) -> list[Balance]:
    if not accounts:
        return []
    try:
        if isinstance(target, Ledger):
            return compare(lists, target.movements(company, sorted(accounts)))
    except Rejected as error:
        log.warning("accounts_not_read", company=company, why=error.message)
    return not_read(accounts, lists.settlement)


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
