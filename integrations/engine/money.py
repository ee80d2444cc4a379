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
_NOT_MONEY = frozenset(("XXX", "XTS", "XAU", "XAG", "XPT", "XPD", "XDR", "XBA", "XBB", "XBC", "XBD", "XSU", "XUA"))


def is_currency(code: str) -> bool:
    """Whether `code` can be the currency of an invoice: three capital letters, no metal, fund or test code."""
    return len(code) == 3 and code.isascii() and code.isalpha() and code.isupper() and code not in _NOT_MONEY


def minor_unit(currency: str) -> Decimal:
    """The smallest amount of `currency`, such as 0.01 for USD and 1 for JPY."""
    return Decimal(1).scaleb(-_EXPONENTS.get(currency, 2))


def fits(amount: Decimal, currency: str) -> bool:
    """Whether `amount` has no more decimals than `currency` has, trailing zeros aside."""
    return amount.is_finite() and amount % minor_unit(currency) == 0


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
