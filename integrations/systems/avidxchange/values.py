"""Single values of a row: text, keys, amounts and dates, read strictly; what they cannot be is a RowError."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from integrations.systems.avidxchange.cards import masked

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # no database row and no JSON can hold them
_NUMBER = re.compile(r"-?\d{1,30}(?:\.\d{1,30})?", re.ASCII)
_WIDEST = 24  # digits before or after the point; beyond it is no money
LONGEST_KEY = 64  # characters of a record's id
_NO_DAY = "0001-01-01"  # what their platform writes for no date at all


class RowError(ValueError):
    """This row cannot become a record; the text says why, for a person."""

    def __init__(self, message: str, code: str = "unreadable") -> None:
        super().__init__(message)
        self.code = code


def text(value: Any, keep: str = "") -> str:
    """Text for people, card numbers masked; `keep` is the row's own key, which is none."""
    return masked(key(value), keep)


def key(value: Any) -> str:
    """Text that names a record, without blanks around it."""
    return code(value).strip()


def code(value: Any) -> str:
    """A code that we sent there ourselves, exactly as it came: the ERP may know one that begins with a blank."""
    if value is None:
        return ""
    if isinstance(value, bool | dict | list):
        raise RowError("AvidXchange sent something else where a text should be.", "bad_text")
    if isinstance(value, Decimal) and abs(value.adjusted()) > _WIDEST:  # written out, it would fill the memory
        raise RowError("AvidXchange sent a number that names nothing.", "bad_text")
    found = format(value, "f") if isinstance(value, Decimal) else str(value)
    if _UNSTORABLE.search(found):
        raise RowError("AvidXchange sent text with characters that cannot be stored.", "bad_text")
    return found


def money(value: Any) -> Decimal | None:
    """The amount as it was written, a number or a plain number in quotes, if it can be money at all."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise RowError("AvidXchange sent something else where an amount should be.", "bad_amount")
    if isinstance(value, str) and not _NUMBER.fullmatch(value.strip()):
        raise RowError("AvidXchange sent an amount that is no number.", "bad_amount")
    found = Decimal(value)
    if not found.is_finite() or abs(found.adjusted()) > _WIDEST:
        raise RowError("AvidXchange sent an amount that is no amount of money.", "bad_amount")
    return found


def day(value: Any) -> date | None:
    """A business date, None for none; of a date-time, whatever stands between date and time, only the date counts."""
    found = key(value)
    if not found or found.startswith(_NO_DAY):
        return None
    try:
        return date.fromisoformat(found[:10])
    except ValueError:
        raise RowError(f"AvidXchange sent a date that cannot be read: {found[:40]!r}.", "bad_date") from None


def moment(value: Any) -> datetime | None:
    """A time, aware UTC: with T or a blank before the hours, with an offset or, without one, in UTC."""
    found = key(value)
    if not found or found.startswith(_NO_DAY):
        return None
    try:
        parsed = datetime.fromisoformat(found)
    except ValueError:
        raise RowError(f"AvidXchange sent a time that cannot be read: {found[:40]!r}.", "bad_time") from None
    try:
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        raise RowError(f"AvidXchange sent a time that cannot be: {found[:40]!r}.", "bad_time") from None
