"""Functions of $filter the OData provider offers, and those it refuses.

https://docs.ifs.com/techdocs/23r2/040_tailoring/300_extensibility/100_odata_provider/1000_supported_functionalities/
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.systems.ifs.simulator.filter_nodes import Kind

REFUSED = frozenset(
    (
        "round",
        "floor",
        "ceiling",
        "mindatetime",
        "maxdatetime",
        "fractionalseconds",
        "totalseconds",
        "totaloffsetminutes",
        "isof",
        "any",
        "all",
        "geo.distance",
        "geo.intersects",
        "geo.length",
        "hassubset",
        "hassubsequence",
    )
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Function:
    """takes: accepted kinds per argument. run: on values that are never None."""

    takes: tuple[tuple[Kind, ...], ...]
    gives: Kind
    run: Callable[..., Any]
    optional: int = 0


def micros(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment(value: int) -> datetime:
    return _EPOCH + timedelta(microseconds=value)


def _part(name: str) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        whole = moment(value) if isinstance(value, int) else _dated(value)
        return int(getattr(whole, name))

    return read


def _dated(value: str) -> datetime:
    return datetime.fromisoformat(value if "-" in value else f"1970-01-01T{value}")


def _cut(text: str, start: int, length: int | None = None) -> str:
    return text[start:] if length is None else text[start : start + length]


_TEXT: tuple[Kind, ...] = ("str",)
_WHOLE: tuple[Kind, ...] = ("integer",)
_DAY: tuple[Kind, ...] = ("date", "timestamp")
_CLOCK: tuple[Kind, ...] = ("timestamp", "time")

FUNCTIONS: dict[str, Function] = {
    "contains": Function((_TEXT, _TEXT), "boolean", lambda text, part: part in text),
    "startswith": Function((_TEXT, _TEXT), "boolean", str.startswith),
    "endswith": Function((_TEXT, _TEXT), "boolean", str.endswith),
    "length": Function((_TEXT,), "integer", len),
    "indexof": Function((_TEXT, _TEXT), "integer", str.find),
    "substring": Function((_TEXT, _WHOLE, _WHOLE), "str", _cut, optional=1),
    "tolower": Function((_TEXT,), "str", str.lower),
    "toupper": Function((_TEXT,), "str", str.upper),
    "trim": Function((_TEXT,), "str", str.strip),
    "concat": Function((_TEXT, _TEXT), "str", str.__add__),
    "year": Function((_DAY,), "integer", _part("year")),
    "month": Function((_DAY,), "integer", _part("month")),
    "day": Function((_DAY,), "integer", _part("day")),
    "hour": Function((_CLOCK,), "integer", _part("hour")),
    "minute": Function((_CLOCK,), "integer", _part("minute")),
    "second": Function((_CLOCK,), "integer", _part("second")),
    "date": Function((("timestamp",),), "date", lambda value: moment(value).date().isoformat()),
    "time": Function((("timestamp",),), "time", lambda value: moment(value).time().isoformat()),
}
CAST_FROM: tuple[Kind, ...] = ("date", "timestamp", "time", "boolean", "decimal", "integer", "str")


def as_text(value: Any, kind: Kind) -> str:
    """cast(x, Edm.String)."""
    if kind == "timestamp":
        return moment(value).strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value).lower() if isinstance(value, bool) else str(value)
