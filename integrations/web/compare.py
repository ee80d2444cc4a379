"""A record on both sides, field by field: the ledger now, what the other side stored, how it was last listed there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.formats import date_format

from integrations.engine.money import exact
from integrations.models import MirrorRecord, OutboxItem, RecordLink

# What each side calls the same thing: (words, column of the source, of the echo, of the mirror).
_FIELDS = (
    ("Number", "number", "number", "number"),
    ("Amount", "amount", "amount", "amount"),
    ("Currency", "currency", "currency", "currency"),
    ("Date", "dated", "date", "dated"),
    ("Due", "due_date", "due_date", ""),
    ("Name", "party_name", "name", "name"),
)
_STANDINGS = {"unpaid": "unpaid", "scheduled": "payment scheduled", "partly_paid": "partly paid", "paid": "paid"}


@dataclass(frozen=True, slots=True)
class Row:
    """One field; `differs` when two sides that know it do not agree, `moved` says in words which side moved."""

    name: str
    ledger: str
    stored: str
    listed: str
    differs: bool
    moved: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """A record with one of its links. `mirror` None: never listed since."""

    link: RecordLink
    mirror: MirrorRecord | None
    rows: Sequence[Row]
    standing: str

    @property
    def differs(self) -> bool:
        """Whether anything does."""
        return any(row.differs for row in self.rows)


def both_sides(item: OutboxItem, links: Sequence[RecordLink]) -> list[Pair]:
    """Each link with its fields side by side; one query."""
    ids = [link.target_id for link in links]
    rows = MirrorRecord.objects.filter(connection=item.flow.target, entity=item.flow.entity, target_id__in=ids)
    mirrors = {row.target_id: row for row in rows} if ids else {}
    return [_pair(item, link, mirrors.get(link.target_id)) for link in links]


def _pair(item: OutboxItem, link: RecordLink, mirror: MirrorRecord | None) -> Pair:
    fields = [field for field in _FIELDS if item.flow.entity == "vendor" or field[0] != "Name"]
    rows = [_row(item, link.echo, mirror, *field) for field in fields]
    standing = "" if mirror is None else _STANDINGS.get(mirror.standing, "")
    if mirror is not None and not mirror.active:
        standing = "archived" if not standing else f"{standing}, archived"
    return Pair(link, mirror, [row for row in rows if row.stored or row.listed], standing)


def _row(
    item: OutboxItem,
    echo: Mapping[str, str],
    mirror: MirrorRecord | None,
    name: str,
    own: str,
    stored: str,
    listed: str,
) -> Row:
    source = item.source
    values = [getattr(source, own), echo.get(stored), getattr(mirror, listed, None) if listed else None]
    prints = [alike(value) if value not in (None, "") else None for value in values]
    different = set(prints) - {None}
    if own == "amount":
        values = [value if not isinstance(value, str) else _amount(value) or _whole(value) for value in values]
    ours, theirs, now = (shown(value, source.currency) for value in values)
    return Row(name, ours, theirs, now, differs=len(different) > 1, moved=moved(*prints))


def moved(ours: str | None, stored: str | None, listed: str | None) -> str:
    """Who changed it since it was stored; "" where nobody did, or nobody can say."""
    here = ours is not None and stored is not None and ours != stored
    there = listed is not None and stored is not None and listed != stored
    if here and there:
        return "Changed on both sides" if ours != listed else "Changed on both sides, alike"
    return "Changed at its source" if here else "Changed there" if there else ""


def alike(value: Any) -> str:
    """Equal for what is the same on both sides: amounts without sign (a credit is positive there) and zeros."""
    if isinstance(value, date):
        return value.isoformat()
    amount = _amount(value)
    return str(value) if amount is None else format(abs(amount).normalize(), "f")


def _amount(value: Any) -> Decimal | None:
    if isinstance(value, Decimal):
        return value
    try:
        found = Decimal(str(value)) if "." in str(value) else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() else None


def _whole(text: str) -> Decimal | str:
    """An amount without decimals, as an echo writes it."""
    return Decimal(text) if text.lstrip("-").isdecimal() and text.isascii() else text


def as_typed(text: str) -> str | date:
    """A day where the text is one, as echoes write it; else the text."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else text
    except ValueError:
        return text


def shown(value: Any, currency: str) -> str:
    """A value for people; "" for none."""
    if value in (None, ""):
        return ""
    if isinstance(value, str):
        value = as_typed(value)
    if isinstance(value, date):
        return date_format(value, "j M Y")
    return exact(value, currency) if isinstance(value, Decimal) else str(value)
