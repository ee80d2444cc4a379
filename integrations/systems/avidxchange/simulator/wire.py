"""JSON, times and money as AvidXchange writes them: PascalCase, date-times without a zone (UTC), two decimals."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec

Json = dict[str, Any]

_encoder = msgspec.json.Encoder(decimal_format="number")
_CENT = Decimal("0.01")


def encode(value: object) -> bytes:
    """JSON bytes; a Decimal becomes a number with exactly its digits."""
    return _encoder.encode(value)


def decode(data: bytes | str) -> Any:
    """Python value with Decimals for fractions. Raises ValueError for anything that is no JSON."""
    try:
        return json.loads(data, parse_float=Decimal)
    except RecursionError:
        raise ValueError("too deep") from None


def stamp(moment: datetime) -> str:
    """`YYYY-MM-DDTHH:MM:SS` in UTC, without a suffix."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"


def http_date(moment: datetime) -> str:
    """The time as HTTP headers write it."""
    return f"{moment.astimezone(UTC):%a, %d %b %Y %H:%M:%S} GMT"


def money(amount: Decimal | str | int) -> Decimal:
    """An amount with two decimals, as every amount is sent."""
    return Decimal(amount).quantize(_CENT)


def plain(fields: Mapping[str, Any]) -> Json:
    """Fields as they are stored: dates as ISO text."""
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in fields.items()}
