"""What a staged page supplies to records that wait for it, beyond the record itself: an account, a value, a period."""

from collections.abc import Iterable

from django.db import connection

from integrations.engine.charges import charges_of
from integrations.engine.records import (
    AccountingPeriod,
    AnyRecord,
    Dimension,
    GLAccount,
    Invoice,
    InvoiceImage,
    PurchaseOrder,
    Unreadable,
)
from integrations.models import Blocker, Flow
from integrations.store.blockers import free
from integrations.store.lease import due_now

# Codes whose first or last valid day has just passed, and payments whose invoice should have come by now: nothing about
# them changed but the day.
_DATED = """
    UPDATE integrations_outboxitem i SET state = 'ready', not_before = now(), attempts = 0, changed_at = now()
    FROM integrations_sourcerecord s
    WHERE i.tenant_id = %(tenant)s AND i.flow_id = %(flow)s AND s.tenant_id = i.tenant_id AND s.id = i.source_id
      AND (i.state IN ('done', 'out')
           AND ((s.snapshot->>'valid_from')::date BETWEEN current_date - 2 AND current_date
                OR (s.snapshot->>'valid_to')::date BETWEEN current_date - 3 AND current_date - 1)
        OR i.state = 'waiting' AND i.reason IN ('invoice_not_booked', 'noted_ahead', 'supplier_undecided'))
"""


def free_for(integration_id: int, changed: Iterable[AnyRecord | Unreadable]) -> None:
    """Make ready what waits for one of these accounts, values, periods, images or orders, inside the open commit.

    An invoice is billed of its orders: what another invoice of them was held for is decided anew.
    """
    keys: dict[str, list[str]] = {}
    months: list[str] = []
    for record in changed:
        match record:
            case GLAccount():
                keys.setdefault("account", []).append(record.number)
            case Dimension():
                keys.setdefault(f"dimension:{record.kind_name or record.kind}", []).append(record.value)
            case PurchaseOrder():
                keys.setdefault("order", []).append(record.number)
            case InvoiceImage():
                keys.setdefault("image", []).append(record.invoice_key)
            case Invoice():
                if orders := dict.fromkeys(charge.order for charge in charges_of(record)):
                    keys.setdefault("order", []).extend(orders)
            case AccountingPeriod():
                months += _months(integration_id, record)
    for kind, found in keys.items():
        free(integration_id, kind, found)
    if months:
        free(integration_id, "period", months)


def wake_dated(flow: Flow) -> None:
    """Decide anew what depends on the day; in the open scope."""
    with connection.cursor() as cursor:
        cursor.execute(_DATED, {"tenant": flow.tenant_id, "flow": flow.pk})
        if cursor.rowcount:
            due_now([flow.pk])


def wake(flow: Flow, kind: str) -> None:
    """A scan of the orders, or of the images, has ended: what waits for one that it did not show is decided anew.

    In the open scope.
    """
    waiting = Blocker.objects.filter(integration_id=flow.integration_id, kind=kind, item__state="waiting")
    if keys := list(waiting.values_list("key", flat=True).distinct()):
        free(flow.integration_id, kind, keys)


def _months(integration_id: int, record: AccountingPeriod) -> list[str]:
    """Waiting months that begin or end inside the period."""
    waiting = Blocker.objects.filter(integration_id=integration_id, kind="period").values_list("key", flat=True)
    first, last = record.starts.isoformat()[:7], record.ends.isoformat()[:7]
    return sorted({key for key in waiting if first <= key <= last})
