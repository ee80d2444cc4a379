"""Exact money: minor units per currency (ISO 4217) and fair splits. No float, no conversion between currencies."""

from collections.abc import Sequence
from decimal import Decimal

# ISO 4217 currencies whose minor unit is not 1/100 (https://www.six-group.com/en/products-services/financial-information/data-standards.html)
_NO_MINOR = (
    *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"),
    *("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"),
)
_EXPONENTS = {
    **dict.fromkeys(
        _NO_MINOR,
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
# The same list without metals, funds and test codes.
_ISO = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF
    CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD
    HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL
    LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR
    PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP
    TRY TTD TWD TZS UAH UGX USD UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
_CURRENCIES = frozenset(_ISO.split())


def is_currency(code: str) -> bool:
    """Whether `code` is a currency that an invoice can be in."""
    return code in _CURRENCIES


def minor_unit(currency: str) -> Decimal:
    """The smallest amount of `currency`, such as 0.01 for USD and 1 for JPY."""
    return Decimal(1).scaleb(-_EXPONENTS.get(currency, 2))


def fits(amount: Decimal, currency: str) -> bool:
    """Whether `amount` has no more decimals than `currency` has, trailing zeros aside."""
    return amount.is_finite() and amount % minor_unit(currency) == 0


def exact(amount: Decimal, currency: str) -> str:
    """The whole amount, never rounded: at least the currency's decimals, thousands grouped, a real minus sign."""
    return f"{_places(amount, currency):,f}".replace("-", "\N{MINUS SIGN}")


def plain(amount: Decimal, currency: str) -> str:
    """The same for programs: 1234.50, no grouping."""
    return f"{_places(amount, currency):f}"


def _places(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(minor_unit(currency)) if fits(amount, currency) else amount.normalize()


def spread(total: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """`total` split pro rata to `weights` (their sum not zero), exact to the minor unit by largest remainder."""
    unit, whole = minor_unit(currency), sum(weights, Decimal(0))
    exact = [total * weight / whole for weight in weights]
    shares = [(share // unit) * unit for share in exact]
    short = int((total - sum(shares, Decimal(0))) / unit)
    step = unit if short > 0 else -unit
    order = sorted(range(len(shares)), key=lambda i: (exact[i] - shares[i]) * step, reverse=True)
    for i in order[: abs(short)]:
        shares[i] += step
    return shares
