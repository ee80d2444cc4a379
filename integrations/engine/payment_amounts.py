"""What in a payment itself cannot be right: a payment whose amounts do not add up is never booked."""

from collections import Counter
from decimal import Decimal

from integrations.engine.decisions import Hold
from integrations.engine.errors import Problem
from integrations.engine.money import fits, is_currency
from integrations.engine.records import PaidInvoice, Payment


def held_back(source: Payment) -> Hold | None:
    """Every reason at once."""
    found = _currency(source) or [*_sums(source), *_twice(source)]
    return Hold(problems=tuple(found)) if found else None


def _currency(source: Payment) -> list[Problem]:
    """Without a currency, or with more decimals than it has, nothing can be added up."""
    currency = source.currency
    if not is_currency(currency):
        words = f"Its currency is “{currency or 'none'}”, which nobody can pay in. Correct it where it was made."
        return [Problem("currency", words, field="currency", value=currency)]
    amounts = [source.amount, *(amount for each in source.invoices for amount in _amounts(each))]
    if wrong := [amount for amount in amounts if not fits(amount, currency)]:
        words = f"{wrong[0]} has more decimals than {currency} has. Correct it where it was made."
        return [Problem("precision", words, field="amount", value=str(wrong[0]))]
    return []


def _amounts(item: PaidInvoice) -> list[Decimal]:
    return [item.net, item.discount, *([item.gross] if item.gross is not None else [])]


def _sums(source: Payment) -> list[Problem]:
    found: list[Problem] = []
    if source.amount <= 0:
        words = f"It pays {source.amount} {source.currency}: no money went out. Handle it in the ERP by hand."
        found.append(Problem("no_amount", words, field="amount", value=str(source.amount), urgent=True))
    total = sum((each.net for each in source.invoices), Decimal(0))
    if total != source.amount:
        many = len(source.invoices)
        of_them = "its invoice is" if many == 1 else f"its {many} invoices adds up to"
        words = (
            f"It pays {source.amount} {source.currency}, but what it pays of {of_them} {total}. "
            "Correct it where it was made."
        )
        found.append(Problem("amounts_differ", words, field="invoices", value=str(total), urgent=True))
    for each in source.invoices:
        if each.gross is not None and each.gross - each.discount != each.net:
            words = (
                f"Of invoice {each.number or each.key} it pays {each.net} {source.currency}, but {each.gross} less "
                f"{each.discount} discount is {each.gross - each.discount}. Correct it where it was made."
            )
            found.append(Problem("discount_differs", words, field="invoices", value=str(each.net), urgent=True))
    return found


def _twice(source: Payment) -> list[Problem]:
    """An invoice that stands in the payment more than once."""
    again = [key for key, times in Counter(each.key for each in source.invoices).items() if times > 1]
    words = "It pays invoice {} more than once. Find out whether it was paid twice, and correct it where it was made."
    return [Problem("invoice_twice", words.format(key), field="invoices", value=key, urgent=True) for key in again]
