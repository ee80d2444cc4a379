"""Single values from IFS rows: exact money, business dates, moments, flags. What is no such value raises BadValue."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from integrations.engine.money import is_currency, minor_unit
from integrations.systems.ifs.rows import Flag, Words

ZERO = Decimal(0)

_DIGITS = re.compile(r"-?[0-9]{1,18}\Z")
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ].*)?\Z", re.ASCII)
_TRUE, _FALSE = frozenset({"TRUE", "YES", "Y", "1"}), frozenset({"", "FALSE", "NO", "N", "0"})


class BadValue(Exception):
    """A value that cannot be read: `code` is stable, `field` is our name of it."""

    def __init__(self, code: str, field: str, message: str) -> None:
        super().__init__(message)
        self.code, self.field, self.message = code, field, message


def text(value: Words) -> str:
    """Text as sent, never trimmed (` 123 ` is not `123`); "" for none."""
    if value is None:
        return ""
    return value if type(value) is str else str(value)


@lru_cache(maxsize=256)
def places(currency: str | None) -> int:
    """How many decimals the currency has. Raises BadValue for what nobody can pay in (none, usd, XXX)."""
    if currency is None or not is_currency(currency):
        shown = (currency or "")[:10]
        raise BadValue("bad_currency", "currency", f"'{shown}' is not a currency code. Correct it in IFS.")
    return -int(minor_unit(currency).as_tuple().exponent)


def money(value: Decimal | None, decimals: int, field: str) -> Decimal:
    """`value` with exactly the currency's decimals. Raises BadValue when it is missing, not finite or has more."""
    if value is None:
        raise BadValue("missing_amount", field, f"The amount '{field}' is missing.")
    try:
        exact = round(value, decimals)
        if exact == value:
            return exact if exact else abs(exact)  # -0 is 0
    except (InvalidOperation, ValueError, OverflowError):
        raise BadValue("bad_amount", field, f"'{field}' is not an amount that can be read.") from None
    if value != value:
        raise BadValue("bad_amount", field, f"'{field}' is not an amount that can be read.")
    raise BadValue("too_many_decimals", field, f"'{field}' has more than the {decimals} decimals of its currency.")


def some_money(value: Decimal | None, decimals: int, field: str) -> Decimal | None:
    """As `money`, None staying None."""
    return None if value is None else money(value, decimals, field)


def number(value: Decimal | None, field: str) -> Decimal | None:
    """A finite number or None."""
    if value is not None and not value.is_finite():
        raise BadValue("bad_number", field, f"'{field}' is not a number.")
    return value


def per_unit(rate: Decimal | None, factor: Decimal | None) -> Decimal | None:
    """Domestic per unit of a currency, from a rate for `factor` units; None where IFS does not say."""
    divisor = factor or Decimal(1)
    known = rate is not None and rate.is_finite() and rate > 0 and divisor.is_finite()
    return rate / divisor if rate is not None and known else None


@lru_cache(maxsize=8192)
def _day(value: str) -> date | None:
    match = _DAY.match(value)
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


def day(value: str | None, field: str) -> date | None:
    """A business date, whether sent with or without a time; None for none."""
    if not value:
        return None
    found = _day(value)
    if found is None:
        raise BadValue("bad_date", field, f"'{field}' is not a date: {value[:40]!a}.")
    return found


def moment(value: str | None) -> datetime | None:
    """A time stamp as aware UTC: Z, an offset or none (then UTC), 0 to 9 digits of a second. None when it is none."""
    if not value:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    try:
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except OverflowError:
        return None


def flag(value: Flag, field: str) -> bool:
    """True or False from a boolean or the database's words; nothing is False."""
    if value is None or value is False or value == "FALSE":
        return False
    if value is True:
        return True
    word = value.strip().upper()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise BadValue("bad_flag", field, f"'{field}' is neither true nor false: {value[:20]!a}.")


def whole(value: int | str | None, field: str, missing: int) -> int:
    """A whole number, sent as one or as text; `missing` for none."""
    try:
        return missing if value is None or value == "" else int(value)
    except ValueError:
        raise BadValue("bad_number", field, f"'{field}' is not a whole number: {str(value)[:20]!a}.") from None


def integer(value: object) -> int | None:
    """The whole number that `value` is, or spells in plain digits; None for everything else."""
    if type(value) is int:
        return value
    if isinstance(value, Decimal):
        fits = value.is_finite() and value.adjusted() < 18
        return int(value) if fits and value == int(value) else None
    return int(value) if isinstance(value, str) and _DIGITS.match(value) else None


def amount(value: object) -> Decimal | None:
    """The amount that `value` is, or spells; zero for nothing, None for what cannot be one."""
    try:
        found = Decimal(str(value or 0))
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found.adjusted()) < 25 else None
