"""Purchase orders with their lines and receipts, read set-wise.

Lines lie in two sets, of parts and of everything else: where one of them cannot be read, the lines are not known in
full and so unknown. The same goes for receipts.
"""

from collections.abc import Container, Sequence
from itertools import chain
from typing import Any

from integrations.engine.records import AnyRecord, OrderLine, OrderReceipt, OrderState, PurchaseOrder
from integrations.systems.ifs import odata
from integrations.systems.ifs.kinds import Records, View
from integrations.systems.ifs.odata import KeyValue
from integrations.systems.ifs.profile import Profile
from integrations.systems.ifs.records import version_of
from integrations.systems.ifs.rows import OrderLineRow, OrderRow, ReceiptRow
from integrations.systems.ifs.setwise import Owners, children_if_open, owner_of
from integrations.systems.ifs.unreadable import readable, refuse_bad
from integrations.systems.ifs.values import BadValue, day, moment, number, text
from integrations.systems.ifs.walking import Batch
from integrations.transport.rows import BadRow

_LINES = ("order_line_part", "order_line_nopart")
_RECEIPTS = "order_receipt"
Found = dict[KeyValue, list[Any]]


class Orders:
    """A Kind. Order numbers are unique across companies; lines and receipts name no company."""

    children: tuple[str, ...] = (*_LINES, _RECEIPTS)

    def __init__(self, view: View) -> None:
        self._view, self.within = view, view.within
        self._closed: set[str] = set()

    def heads(self) -> Sequence[str]:
        return ["order"]

    def records(self, name: str, batch: Batch) -> tuple[Records, int]:
        profile, company = self._view.profile, self._view.scope.company
        page = [row.number for row in batch.rows if not isinstance(row, BadRow)]
        owners = Owners(page, frozenset(page), batch.whole)
        lines, receipts = self._lines(owners), self._children(_RECEIPTS, owners)

        def make(row: OrderRow) -> AnyRecord:
            mine = None if lines is None else lines.get(row.number, [])
            came = None if receipts is None else receipts.get(row.number, [])
            refuse_bad([*(mine or ()), *(came or ())])
            return order(row, mine, came, profile)

        reader = self._view.readers(name)
        return [readable(reader, row, make, lambda own: f"{company}|{own}") for row in batch.rows], 0

    def owners(self, name: str, rows: Sequence[Any], done: Container[str]) -> Sequence[str]:
        head, child = self._view.readers("order"), self._view.readers(name)
        company = self._view.scope.company
        found = {own for row in rows if (own := owner_of(child, row, "number")) and f"{company}|{own}" not in done}
        literals = [head.literal("number", own) for own in sorted(found, key=str)]
        return list(odata.chains(head.column("number"), literals))

    def by_key(self, key: str) -> tuple[str, dict[str, str]] | None:
        company, _, own = key.partition("|")
        return ("order", {"number": own}) if company == self._view.scope.company and own else None

    def _lines(self, owners: Owners) -> Found | None:
        found: Found = {}
        for name in _LINES:
            rows = self._children(name, owners)
            if rows is None:
                return None
            for own, mine in rows.items():
                found.setdefault(own, []).extend(mine)
        return found

    def _children(self, name: str, owners: Owners) -> Found | None:
        return children_if_open(self._view, name, "number", owners, self._closed)


def order(
    row: OrderRow, lines: list[OrderLineRow] | None, receipts: list[ReceiptRow] | None, profile: Profile
) -> PurchaseOrder:
    """An order; None for lines or receipts that could not be read. A line that comes in both sets counts once."""
    mine = None if lines is None else sorted({_place(each): each for each in lines}.items())
    ordered = None if mine is None else [each for _, each in mine]
    return PurchaseOrder(
        key=f"{row.company}|{row.number}",
        version=version_of(row, [*chain(ordered or (), receipts or ())]),
        company=row.company,
        number=row.number,
        vendor_key=row.vendor or "",
        currency=row.currency or "",
        state=_state(row.state, profile),
        state_word=row.state or "",
        ordered_on=day(row.date, "order date"),
        buyer=text(row.buyer),
        lines=None if ordered is None else tuple(_line(each, profile) for each in ordered),
        receipts=None if receipts is None else tuple(_receipt(each) for each in receipts),
        modified=moment(row.changed),
    )


def _state(word: str | None, profile: Profile) -> OrderState:
    return profile.order_states.get(word or "", OrderState.UNKNOWN)


def _place(row: OrderLineRow) -> tuple[int, str, int, str]:
    """Sorts line 2 before line 10: both are text."""
    line, release = text(row.line), text(row.release)
    return (len(line), line, len(release), release)


def _line(row: OrderLineRow, profile: Profile) -> OrderLine:
    return OrderLine(
        line=text(row.line),
        release=text(row.release),
        part=text(row.part),
        description=row.description or "",
        quantity=number(row.quantity, "quantity"),
        unit=text(row.unit),
        price=number(row.price, "price"),
        net=number(row.net, "line net"),
        gross=number(row.gross, "line gross"),
        state=_state(row.state, profile),
        received=number(row.received, "quantity received"),
        invoiced=number(row.invoiced, "quantity invoiced"),
    )


def _receipt(row: ReceiptRow) -> OrderReceipt:
    quantity = number(row.quantity, "quantity received")
    if quantity is None:
        raise BadValue("missing_quantity", "receipts", "The quantity of one of its receipts is missing.")
    return OrderReceipt(
        line=text(row.line),
        release=text(row.release),
        number=str(row.receipt),
        quantity=quantity,
        received_on=day(row.date, "receipt date"),
    )
