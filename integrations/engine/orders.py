"""Purchase orders as the AP tool needs them to match invoices: the whole order each time it changes."""

from decimal import Decimal

import msgspec

from integrations.engine import fingerprint as hashing
from integrations.engine.asking import hold
from integrations.engine.decisions import Create, Decision, Hold, Link, Nothing, Out, Update, Wait
from integrations.engine.drafts import OrderDraft, OrderedLine
from integrations.engine.errors import Problem
from integrations.engine.mapping import Rules
from integrations.engine.policy import Policy
from integrations.engine.records import Gone, OrderLine, OrderState, PurchaseOrder

_STATUS = {
    OrderState.OPEN: "open",
    OrderState.RECEIVED: "open",
    OrderState.CLOSED: "closed",
    OrderState.CANCELLED: "cancelled",
    OrderState.STOPPED: "closed",
}


def decide_order(source: PurchaseOrder, link: Link | None, rules: Rules, policy: Policy) -> Decision:
    """Sent once it is released and its supplier is there; afterwards whenever it changes, to its end."""
    if source.company and source.company != policy.company:
        return Out(reason="other_company", message=f"It belongs to company {source.company}.")
    status = _STATUS.get(source.state)
    if link is None:
        if source.state is OrderState.PLANNED:
            return Out(reason="not_released", message="Planned: not released to the supplier yet.")
        if status in ("closed", "cancelled"):
            return Out(reason="order_over", message=f"It is over: {source.state_word or source.state}.")
    if source.state is OrderState.PLANNED:
        words = "It was sent, and is planned again in the ERP. Release or cancel it there."
        return hold(Problem("went_back", words, field="state", value=source.state_word))
    if status is None:
        word = source.state_word or source.state
        words = f"The ERP says “{word}”, a state nobody has described. Add it to the profile."
        return hold(Problem("unknown_state", words, field="state", value=word))
    if waits := _supplier(source, rules):
        return waits
    lines = _lines(source)
    if lines is None:
        words = "Its lines or their amounts could not be read. Grant the order lines to the connection."
        return hold(Problem("lines_unreadable", words, field="lines"))
    draft = _draft(source, status, lines, policy)
    if link is None:
        return Create(draft=draft, natural_key=order_key(draft))
    if link.sent == draft:
        unchanged = link.schema == hashing.VERSION and link.fingerprint == hashing.fingerprint(source)
        return Nothing(rebaseline=not unchanged)
    return Update(draft=draft, natural_key=order_key(draft), target_id=link.target_id)


def decide_order_gone(source: Gone, link: Link | None) -> Decision:
    """No longer in the ERP: cancelled there, never deleted."""
    sent = link.sent if link is not None else None
    if link is None or not isinstance(sent, OrderDraft):
        return Out(reason="gone", message="It is no longer in the ERP.")
    if sent.status == "cancelled":
        return Nothing()
    draft = msgspec.structs.replace(sent, status="cancelled")
    return Update(draft=draft, natural_key=order_key(draft), target_id=link.target_id, why=("no longer in the ERP",))


def order_key(draft: OrderDraft) -> str:
    """What finds the order again on the target; order numbers are unique within a company."""
    return f"{draft.company}:{draft.number}"


def _supplier(source: PurchaseOrder, rules: Rules) -> Wait | Hold | None:
    if rules.vendor_links.get(source.vendor_key):
        return None
    blocker = ("vendor", source.vendor_key)
    words = f"Supplier {source.vendor_key or '(none)'} is not on the other side yet."
    return Wait(problems=(Problem("vendor_not_sent", words, field="vendor", value=source.vendor_key, blocker=blocker),))


def _lines(source: PurchaseOrder) -> tuple[OrderedLine, ...] | None:
    """The lines that still stand, by number; None where one of them could not be read: no amount is ever invented."""
    living = [line for line in source.lines or () if line.state is not OrderState.CANCELLED]
    ordered = sorted(living, key=lambda line: (_number(line.line), _number(line.release)))
    made = [_line(line, line.net) for line in ordered if line.net is not None]
    return None if source.lines is None or len(made) < len(living) else tuple(made)


def _draft(source: PurchaseOrder, status: str, lines: tuple[OrderedLine, ...], policy: Policy) -> OrderDraft:
    return OrderDraft(
        company=policy.company,
        number=source.number,
        vendor=source.vendor_key,
        currency=source.currency,
        status=status,
        lines=lines,
        total=sum((line.net for line in lines), Decimal(0)),
        ordered_on=source.ordered_on,
    )


def _line(line: OrderLine, net: Decimal) -> OrderedLine:
    return OrderedLine(
        key="-".join(part for part in (line.line, line.release) if part),
        description=line.description,
        net=net,
        quantity=line.quantity,
        unit=line.unit,
        price=line.price,
        part=line.part,
    )


def _number(text: str) -> tuple[int, str]:
    return len(text), text
