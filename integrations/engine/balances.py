"""Settlement and cash accounts of the ERP, held against what our lists say of them.

Our vouchers must stand on an account as they were booked. What others posted on a settlement account must be what the
settlement list says is settled: then its balance is what is paid and not settled yet. What others post on a cash
account is theirs; it is counted, and compared with nothing. Currencies are never added together.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

import msgspec

from integrations.engine.agreement import Part, State

NAMED = 20  # vouchers that a line names, the largest first
_ZERO = Decimal(0)


class Movement(NamedTuple):
    """What a voucher comes to on an account, debit positive; `period` is the ledger's, as year and period."""

    account: str
    currency: str
    period: str
    voucher: str
    amount: Decimal


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the comparison: `here` by our lists, `there` in the ledger, None where that side says nothing.

    `what` is "booked" (our vouchers of a period), "settled" (what others posted on a settlement account), "others"
    (what they posted on a cash account) or "not_read". `named` are the vouchers that make the difference, or that
    others made: (voucher, here, there).
    """

    part: Part
    account: str
    what: str
    state: State
    reason: str = ""
    currency: str = ""
    period: str = ""
    here: Decimal | None = None
    there: Decimal | None = None
    vouchers: int = 0
    named: Sequence[tuple[str, Decimal, Decimal]] = ()


class Lists(msgspec.Struct, frozen=True, kw_only=True):
    """What we know of the accounts: `booked` by our vouchers, `settled` by account and currency as the list says.

    `settlement` are the accounts that AP settles from; `adopted` are vouchers that a person linked to a payment: what
    they say was never asked for, so the ledger's word is taken.
    """

    booked: Iterable[Movement]
    settled: Mapping[tuple[str, str], Decimal]
    settlement: Collection[str]
    adopted: Collection[str] = ()


class _Sums:
    """Both sides of a line, voucher by voucher."""

    def __init__(self) -> None:
        self.here, self.there = _ZERO, _ZERO
        self.vouchers: dict[str, tuple[Decimal, Decimal]] = {}

    def add(self, voucher: str, here: Decimal, there: Decimal) -> None:
        self.here, self.there = self.here + here, self.there + there
        before = self.vouchers.get(voucher, (_ZERO, _ZERO))
        self.vouchers[voucher] = before[0] + here, before[1] + there

    def named(self) -> tuple[tuple[str, Decimal, Decimal], ...]:
        apart = [(voucher, *sides) for voucher, sides in self.vouchers.items() if sides[0] != sides[1]]
        return tuple(sorted(apart, key=lambda each: (-abs(each[1] - each[2]), each[0]))[:NAMED])


def compare(lists: Lists, ledger: Iterable[Movement]) -> list[Balance]:
    """Every account, currency and period with what both sides say of it, in that order."""
    ours: dict[tuple[str, str, str], tuple[str, Decimal]] = {}
    for each in lists.booked:
        place = each.voucher, each.account, each.currency
        ours[place] = each.period, ours.get(place, ("", _ZERO))[1] + each.amount
    booked: defaultdict[tuple[str, str, str], _Sums] = defaultdict(_Sums)
    others: defaultdict[tuple[str, str], _Sums] = defaultdict(_Sums)
    vouchers = {voucher for voucher, _, _ in ours}
    for each in ledger:
        known = ours.pop((each.voucher, each.account, each.currency), None)
        line = booked[each.account, each.currency, each.period]
        if known is not None:
            line.add(each.voucher, known[1], each.amount)
        elif each.voucher in vouchers:
            line.add(each.voucher, _ZERO, each.amount)
        elif each.voucher in lists.adopted:
            line.add(each.voucher, each.amount, each.amount)
        else:
            others[each.account, each.currency].add(each.voucher, _ZERO, each.amount)
    for (voucher, account, currency), (period, amount) in ours.items():
        booked[account, currency, period].add(voucher, amount, _ZERO)
    found = [
        _booked(_part(place[0], lists.settlement), *place, sums) for place, sums in booked.items() if sums.vouchers
    ]
    for account, currency in others.keys() | {place for place, amount in lists.settled.items() if amount}:
        sums = others.get((account, currency), _Sums())
        if account in lists.settlement:
            found.append(_settled(account, currency, sums, lists.settled.get((account, currency), _ZERO)))
        else:
            found.append(_others(account, currency, sums))
    return sorted(found, key=lambda each: (each.account, each.currency, each.what, each.period))


def not_read(accounts: Iterable[str], settlement: Collection[str]) -> list[Balance]:
    """What is said of accounts of which the ERP tells nothing: that nobody knows."""
    return [
        Balance(part=_part(each, settlement), account=each, what="not_read", state=State.WAITING, reason="not_read")
        for each in sorted(accounts)
    ]


def _part(account: str, settlement: Collection[str]) -> Part:
    return Part.SETTLEMENT if account in settlement else Part.CASH


def _booked(part: Part, account: str, currency: str, period: str, sums: _Sums) -> Balance:
    """Our vouchers, each of them as it was booked: two that are wrong by the same amount do not make it right."""
    named = sums.named()
    gone = bool(named) and all(not there for _, _, there in named)
    missing = State.MISSING_IN_TARGET if gone else State.AMOUNT_DIFFERS
    return Balance(
        part=part,
        account=account,
        what="booked",
        currency=currency,
        period=period,
        here=sums.here,
        there=sums.there,
        vouchers=len(sums.vouchers),
        state=missing if named else State.AGREED,
        reason="" if not named else "vouchers_not_there" if gone else "vouchers_changed",
        named=named,
    )


def _settled(account: str, currency: str, sums: _Sums, settled: Decimal) -> Balance:
    here = -settled
    reason = "settled_by_hand"
    if here != sums.there:
        reason = "posted_by_others" if abs(sums.there) > abs(here) else "settled_elsewhere"
    return Balance(
        part=Part.SETTLEMENT,
        account=account,
        what="settled",
        currency=currency,
        here=here,
        there=sums.there,
        vouchers=len(sums.vouchers),
        state=State.AGREED if here == sums.there else State.AMOUNT_DIFFERS,
        reason=reason,
        named=sums.named(),
    )


def _others(account: str, currency: str, sums: _Sums) -> Balance:
    return Balance(
        part=Part.CASH,
        account=account,
        what="others",
        currency=currency,
        there=sums.there,
        vouchers=len(sums.vouchers),
        state=State.OUT,
        reason="posted_by_others",
        named=sums.named(),
    )
