"""JSON, money and time as BILL writes them.

Times are `yyyy-MM-dd'T'HH:mm:ss.SSS+00:00` (UTC, milliseconds), so that their text sorts like the time itself.
Vendor page: https://developer.bill.com/docs/search-op-with-lists
"""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

Json = dict[str, Any]

_TIME = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{3})?)?(Z|[+-]\d\d(:?\d\d)?)?)?")
_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(float_hook=Decimal).decode

MINOR_UNITS = dict.fromkeys(("CLP", "ISK", "JPY", "KRW", "VND"), 0) | dict.fromkeys(("BHD", "KWD", "OMR", "TND"), 3)
CURRENCIES = frozenset(MINOR_UNITS) | frozenset(
    [
        "AED", "ARS", "AUD", "BDT", "BGN", "BRL", "CAD", "CHF", "CNY", "COP", "CRC", "CZK", "DKK", "DOP",
        "EGP", "EUR", "GBP", "GTQ", "HKD", "HUF", "IDR", "ILS", "INR", "JMD", "KES", "LKR", "MAD", "MXN", "MYR",
        "NOK", "NZD", "PEN", "PHP", "PKR", "PLN", "QAR", "RON", "SAR", "SEK", "SGD", "THB", "TRY", "TWD",
        "UAH", "USD", "UYU", "ZAR",
    ]
)  # fmt: skip


def encode(value: object) -> bytes:
    """JSON bytes; Decimals become numbers with exactly their digits."""
    return _encode(value)


def decode(data: bytes | str) -> Any:
    """Python value; every number with a fraction or exponent becomes a Decimal. Raises ValueError for bad JSON."""
    try:
        return _decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise ValueError("unreadable JSON") from error


def without_empty(body: Json) -> Json:
    """The same object without unset fields: BILL leaves them out instead of sending null."""
    kept: Json = {}
    for key, value in body.items():
        if isinstance(value, dict):
            value = without_empty(value)
        if value is None or value == "" or value == [] or value == {}:
            continue
        kept[key] = value
    return kept


def minor_units(currency: str) -> int:
    """How many decimals an amount in this ISO 4217 currency may have."""
    return MINOR_UNITS.get(currency, 2)


def round_money(amount: Decimal, currency: str) -> Decimal:
    """Half up to the currency's minor unit."""
    return amount.quantize(Decimal(1).scaleb(-minor_units(currency)), rounding="ROUND_HALF_UP")


def too_precise(amount: Decimal, currency: str) -> bool:
    """True when the amount has more decimals than its currency."""
    return amount != round_money(amount, currency)


def millis(moment: datetime) -> int:
    """Whole milliseconds since 1970 of an aware time."""
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86400 + since.seconds) * 1000 + since.microseconds // 1000


def timestamp(milliseconds: int) -> str:
    """BILL's spelling of a time given in milliseconds since 1970."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}+00:00"


def parse_timestamp(text: str) -> str:
    """Any time form the list filters accept, in the stored spelling. Raises ValueError for other text."""
    if not _TIME.fullmatch(text):
        raise ValueError("not a time the list filters know")
    moment = datetime.fromisoformat(text)
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return timestamp(millis(aware))
