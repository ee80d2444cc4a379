"""The currency rates that the simulated tenant keeps: of its base currency for `DIVISORS` units of another one."""

from decimal import ROUND_HALF_UP, Decimal

BASE = "USD"
RATES = {
    "USD": Decimal(1),
    "CAD": Decimal("0.7312"),
    "EUR": Decimal("1.0845"),
    "MXN": Decimal("5.4210"),
    "JPY": Decimal("0.6615"),
    "KWD": Decimal("3.2540"),
}
DIVISORS = {"MXN": Decimal(100), "JPY": Decimal(100)}
_ONE, _CENT = Decimal(1), Decimal("0.01")


def domestic(amount: Decimal, currency: str) -> Decimal:
    """`amount` in the base currency, in whole cents."""
    return (amount * RATES[currency] / DIVISORS.get(currency, _ONE)).quantize(_CENT, ROUND_HALF_UP)
