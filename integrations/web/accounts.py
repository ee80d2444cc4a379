"""Settlement and cash accounts on the page of the reconciliation: one line for each account and currency."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from integrations.engine.agreement import PARTS, Part
from integrations.models import AccountBalance, Integration

NAMED = 5  # vouchers that stand on the page


@dataclass
class Account:
    """What our lists and the ledger say of an account: vouchers of others on a cash account stand beside, in `others`.

    `here` and `there` are None where the ledger was not read.
    """

    part: str
    number: str
    currency: str
    read_at: datetime
    here: Decimal | None = None
    there: Decimal | None = None
    others: Decimal | None = None
    settled: Decimal | None = None
    named: list[Sequence[str]] = field(default_factory=list)

    @property
    def words(self) -> str:
        """What kind of account it is."""
        return PARTS[Part(self.part)].removesuffix("s")

    @property
    def apart(self) -> Decimal | None:
        """By how much the ledger has more."""
        return None if self.here is None or self.there is None else self.there - self.here

    @property
    def differing(self) -> Sequence[tuple[str, Decimal]]:
        """Vouchers that make the difference, by how much each; the largest first."""
        apart = [(voucher, Decimal(there) - Decimal(here)) for voucher, here, there in self.named]
        return sorted(apart, key=lambda each: -abs(each[1]))[:NAMED]


def accounts_of(integration: Integration) -> list[Account]:
    """The integration's accounts as they were last read; in the open scope, one query."""
    found: dict[tuple[str, str], Account] = {}
    for row in AccountBalance.objects.filter(integration=integration).order_by("part", "account", "currency", "id"):
        account = found.setdefault(
            (row.account, row.currency), Account(row.part, row.account, row.currency, row.read_at)
        )
        if row.what == "others":
            account.others = row.there
        elif row.what != "not_read":
            account.here = (account.here or Decimal(0)) + (row.here or Decimal(0))
            account.there = (account.there or Decimal(0)) + (row.there or Decimal(0))
            account.settled = row.there if row.what == "settled" else account.settled
            account.named += row.named if row.what == "booked" or row.state != "agreed" else ()
    return sorted(found.values(), key=lambda each: (each.part != Part.SETTLEMENT, each.number, each.currency))
