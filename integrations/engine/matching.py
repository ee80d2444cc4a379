"""An invoice against its purchase orders before the bill is made: pass, note or hold, each deviation with its numbers.

Section 6 of the rules. All invoices minus credits so far count, plus this one; net against net, in the order's currency
and unit; nothing is converted. What holds whatever the settings say is asked about one by one.
"""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import msgspec

from integrations.engine.asking import Answers, answered, subject
from integrations.engine.charges import Charge, Orders, beside, charges_of, net_of
from integrations.engine.deviations import Tolerance, deviations
from integrations.engine.errors import Choice, Problem
from integrations.engine.mapping import Rules
from integrations.engine.money import exact
from integrations.engine.order_lines import Billed, billed_lines, order_net
from integrations.engine.policy import Policy
from integrations.engine.records import Invoice, InvoiceState, OrderState, PurchaseOrder

_ANYWAY = Choice("match_anyway", "Send it although it does not match its order", "override")
_NEVER = (OrderState.CANCELLED, OrderState.PLANNED, OrderState.STOPPED, OrderState.UNKNOWN)
_BEYOND_RECEIVED = ("po_over_received", "po_receipts_unreadable")
_ZERO = Decimal(0)


class Matched(msgspec.Struct, frozen=True, kw_only=True):
    """`problems` hold it, or, where it only `waits`, end by themselves; `why` says what it was matched with."""

    problems: tuple[Problem, ...] = ()
    waits: bool = False
    notes: tuple[Problem, ...] = ()
    why: tuple[str, ...] = ()


def match(source: Invoice, rules: Rules, policy: Policy, answers: Answers) -> Matched:
    """All orders that the invoice names, each with what is asked, noted and found."""
    charges = charges_of(source)
    if not charges:
        return _without(source, rules, policy, answers)
    if policy.po_match == "off":
        return Matched()
    orders = rules.orders or Orders(readable=False)
    found = [_one(source, number, orders, policy, answers) for number in dict.fromkeys(c.order for c in charges)]
    if extra := _charges(source, charges, orders, policy):
        found.append(_weighed(source, [extra], policy, answers))
    return Matched(
        problems=tuple(problem for each in found for problem in each.problems),
        waits=all(each.waits or not each.problems for each in found),
        notes=tuple(note for each in found for note in each.notes),
        why=tuple(reason for each in found for reason in each.why),
    )


def _without(source: Invoice, rules: Rules, policy: Policy, answers: Answers) -> Matched:
    """It names no order: fine, unless its supplier group needs one."""
    vendor = rules.vendors.get(source.vendor_key)
    if vendor is None or not vendor.group or vendor.group not in policy.po_required:
        return Matched()
    words = f"It names no purchase order, which invoices of supplier group {vendor.group} must. Correct it in the ERP."
    return _asked([_question("po_required", words, "po_number", "", vendor.group)], answers)


def _one(source: Invoice, number: str, orders: Orders, policy: Policy, answers: Answers) -> Matched:
    order, blocker = orders.known.get(number), ("order", number)
    if order is None and not orders.readable:
        words = f"The ERP's purchase orders cannot be read, so it was not matched with order {number}."
        return Matched(notes=(Problem("po_not_matched", words, field="po_number", value=number),))
    if order is None and (source.key, number) not in orders.missing:
        words = f"Purchase order {number} has not been read from the ERP yet."
        waits = Problem("po_not_read", words, field="po_number", value=number, blocker=blocker)
        return Matched(problems=(waits,), waits=True)
    if order is None:
        words = f"The ERP has no purchase order {number}. Correct the number in the ERP."
        return _asked([_question("po_unknown", words, "po_number", number, number)], answers)
    now, so_far = [c for c in charges_of(source) if c.order == number], orders.before(source, number)
    lines = list(billed_lines(order, now, so_far))
    always = list(_always(source, order, lines))
    stopped = _asked(always, answers)
    if stopped.problems or any(each.code == "po_currency" for each in always):
        return stopped
    tolerance = Tolerance(source=source, currency=orders.currency, policy=policy)
    found = list(deviations(order, lines, now, so_far, tolerance))
    closed = [each for each in found if order.state is OrderState.CLOSED and each.code in _BEYOND_RECEIVED]
    over = _asked([_closed(each, order) for each in closed], answers)
    weighed = _weighed(source, [each for each in found if each not in closed], policy, answers)
    result = _told(order, lines, net_of((*now, *so_far)), policy, weighed, (*stopped.why, *over.why))
    return msgspec.structs.replace(result, problems=(*over.problems, *result.problems))


def _always(source: Invoice, order: PurchaseOrder, lines: list[Billed]) -> Iterator[Problem]:
    """What is held whatever `on_mismatch` says."""
    number = order.number
    if order.vendor_key != source.vendor_key:
        words = f"Purchase order {number} is of supplier {order.vendor_key}, the invoice of {source.vendor_key}."
        yield _question("po_other_supplier", words, "vendor", number, order.vendor_key)
    if order.state in _NEVER:
        word = order.state_word or order.state.value
        words = f"Purchase order {number} is “{word}” in the ERP. Nothing should be billed of it."
        yield _question("po_state", words, "po_number", number, word)
    if order.currency != source.currency:
        words = f"Purchase order {number} is in {order.currency or 'no currency'}, the invoice in {source.currency}."
        yield _question("po_currency", words, "currency", number, order.currency)
    for each in lines:
        if each.now and each.units:
            other = ", ".join(sorted(each.units))
            words = f"Line {each.key} of order {number} is in {each.line.unit if each.line else ''}, billed in {other}."
            yield _question("po_unit", words, "lines", number, each.key, other)


def _closed(deviation: Problem, order: PurchaseOrder) -> Problem:
    """Of a closed order only what was received is billed, whatever `on_mismatch` says."""
    words = f"Purchase order {order.number} is closed. {deviation.message}"
    return _question("po_closed", words, "po_number", order.number, deviation.subject)


def _charges(source: Invoice, charges: tuple[Charge, ...], orders: Orders, policy: Policy) -> Problem | None:
    """What the invoice bills beside the lines of its orders, such as freight."""
    named = any(each.line for each in charges)
    extra = beside(source) + (net_of(each for each in charges if not each.line) if named else _ZERO)
    tolerance = Tolerance(source=source, currency=orders.currency, policy=policy)
    if extra <= tolerance.local(policy.po_charges):
        return None
    shown = exact(extra, source.currency)
    words = f"{shown} {source.currency} of it is for no line of an order; at most {policy.po_charges} may be."
    return _question("po_charges", words, "lines", charges[0].order, shown)


def _weighed(source: Invoice, found: list[Problem], policy: Policy, answers: Answers) -> Matched:
    """Deviations as the tenant takes them: asked about, or noted."""
    held = policy.on_mismatch == "hold" or (policy.on_mismatch == "by_state" and source.state is InvoiceState.POSTED)
    if held:
        return _asked(found, answers)
    return Matched(notes=tuple(replace(each, choices=(), blocker=None) for each in found))


def _told(
    order: PurchaseOrder, lines: list[Billed], billed: Decimal, policy: Policy, weighed: Matched, why: tuple[str, ...]
) -> Matched:
    """What it was matched on, and how much of the order is billed by now."""
    total, currency = order_net(order), order.currency
    known = any(each.now for each in lines) and all(each.quantity is not None for each in lines if each.now)
    how = {"2way": "2-way matched", "3way": "3-way matched"}[policy.po_match] if known else "matched on amount only"
    of = "" if total is None else f" of {exact(total, currency)}"
    said = f"order {order.number}: {how}, {exact(billed, currency)}{of} {currency} billed"
    notes = list(weighed.notes)
    if not known:
        words = f"Matched with order {order.number} on amount only: quantities could not be read."
        notes.append(Problem("po_amount_only", words, field="po_number", value=order.number))
    if total is not None and billed < total:
        words = f"{exact(total - billed, currency)} {currency} of order {order.number} is still to be billed."
        notes.append(Problem("po_open", words, field="po_number", value=order.number))
    matched = () if weighed.problems or weighed.notes or weighed.why else (said,)
    return Matched(problems=weighed.problems, notes=tuple(notes), why=(*why, *weighed.why, *matched))


def _question(code: str, words: str, field: str, number: str, *about: object) -> Problem:
    """Asked about exactly these numbers; decided anew when the order, or what bills it, changes."""
    blocker = ("order", number) if number else None
    named = subject(code, number, *about)
    return Problem(code, words, field=field, value=number, choices=(_ANYWAY,), subject=named, blocker=blocker)


def _asked(found: list[Problem], answers: Answers) -> Matched:
    """What nobody has answered; what was answered is said with the bill."""
    asked = [replace(each, choices=(_ANYWAY,)) if not each.choices else each for each in found]
    left = tuple(each for each in asked if not answered(answers, each))
    return Matched(problems=left, why=tuple(f"released by people: {p.message}" for p in asked if p not in left))
