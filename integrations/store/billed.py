"""What invoices bill of purchase orders, kept as they are staged, so that an order's whole use is one look-up."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from integrations.engine.charges import Charge, charges_of
from integrations.engine.records import AnyRecord, Invoice, Unreadable

_MOST = Decimal(10) ** 17
_LONGEST, _SHORT = 120, 40  # characters of an order's number; of a line, a release, a unit
_OLD = "DELETE FROM integrations_billedline WHERE tenant_id = %(tenant)s AND source_id = ANY(%(ids)s)"
# Of an invoice whose lines the ERP does not show any more, what was read of them stays.
_NEW = """
    INSERT INTO integrations_billedline (
        tenant_id, flow_id, source_id, place, order_number, line, release, net, quantity, unit)
    SELECT %(tenant)s, %(flow)s, c.*
    FROM unnest(%(sources)s::bigint[], %(places)s::int[], %(orders)s::text[], %(lines)s::text[], %(releases)s::text[],
                %(nets)s::numeric[], %(quantities)s::numeric[], %(units)s::text[]) AS c
    ON CONFLICT (tenant_id, source_id, place) DO NOTHING
"""


def keep(
    cursor: Any,
    names: dict[str, Any],
    saved: Iterable[tuple[int, str, bool]],
    records: Iterable[AnyRecord | Unreadable],
) -> None:
    """The lines of these records, just saved as (id, key, whether it is new), inside the open commit."""
    invoices = {record.key: record for record in records if isinstance(record, Invoice)}
    found = [(id_, invoices[key], new) for id_, key, new in saved if key in invoices]
    if old := [id_ for id_, invoice, new in found if not new and invoice.lines is not None]:
        cursor.execute(_OLD, {**names, "ids": old})
    rows = [(id_, place, c) for id_, invoice, _ in found for place, c in enumerate(charges_of(invoice))]
    if rows:
        cursor.execute(_NEW, {**names, **_columns(rows)})


def _columns(rows: Sequence[tuple[int, int, Charge]]) -> dict[str, list[Any]]:
    return {
        "sources": [id_ for id_, _, _ in rows],
        "places": [place for _, place, _ in rows],
        "orders": [c.order[:_LONGEST] for _, _, c in rows],
        "lines": [c.line[:_SHORT] for _, _, c in rows],
        "releases": [c.release[:_SHORT] for _, _, c in rows],
        "nets": [max(-_MOST, min(c.net, _MOST)) for _, _, c in rows],  # so much is beyond any order
        "quantities": [c.quantity if c.quantity is not None and abs(c.quantity) < _MOST else None for _, _, c in rows],
        "units": [c.unit[:_SHORT] for _, _, c in rows],
    }
