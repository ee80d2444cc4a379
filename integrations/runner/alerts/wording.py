"""An alert in plain words: how many, what, how much, until when."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.utils.formats import date_format

from integrations.engine.money import exact
from integrations.engine.nouns import INBOUND, NOUNS
from integrations.models import Alert, AlertKind
from integrations.transport.redact import one_line

RECORDS = (AlertKind.MONEY, AlertKind.HELD)
_LONGEST = 200  # characters of a subject


def headline(alert: Alert, today: date) -> str:
    """One line that says it all: 12 invoices held: account D3021 has no counterpart: 41,200.00 GBP, due 3 May."""
    if alert.kind not in RECORDS:
        return _line(alert.text)
    held = f"{alert.count:,} {noun(alert.entity, alert.count)} held"
    money = said({c: Decimal(a) for c, a in alert.amounts.items()})
    due = f"earliest due {day(alert.earliest_due, today)}" if alert.earliest_due else ""
    pressing = "may cost money now: " if alert.kind == AlertKind.MONEY else ""
    tail = ", ".join(part for part in (money, due) if part)
    words = f"{pressing}{held}: {_inside(alert.text)}"
    return _line(f"{words[:1].upper()}{words[1:]}", f": {tail}" if tail else "")


def noun(entity: str, count: int) -> str:
    """What the records are called; `entity` as alerts keep it: invoice, or invoice:in."""
    name, _, inbound = entity.partition(":")
    found = (INBOUND.get(name) if inbound else None) or NOUNS.get(name)
    if found is None:
        return "record" if count == 1 else "records"
    return found.one if count == 1 else found.many


def said(amounts: Mapping[str, Decimal]) -> str:
    """Amounts by currency, never added together."""
    return " + ".join(f"{exact(amount, currency)} {currency}".strip() for currency, amount in sorted(amounts.items()))


def day(value: date, today: date) -> str:
    """A date; its year where it is another one."""
    return date_format(value, "j F" if value.year == today.year else "j F Y")


def _inside(text: str) -> str:
    """A sentence inside another one."""
    return f"{text[:1].lower()}{text[1:]}" if text[1:2].islower() or text.startswith("A ") else text


def _line(words: str, tail: str = "") -> str:
    """One line without anything that is no letter; what is too long is cut before the tail."""
    clean, end = one_line(words), one_line(tail)
    room = max(40, _LONGEST - len(end))
    return (clean if len(clean) <= room else f"{clean[: room - 1]}…") + end
