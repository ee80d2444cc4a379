"""What stands on accounts of IFS: the rows of its vouchers, read set-wise and added up voucher by voucher.

https://docs.ifs.com/ifsclouddocs/24r2/ (Voucher Rows Analysis); the names are the profile's. A cancelled voucher keeps
its rows and counts for nothing, so the cancelled ones of the company are read first.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import groupby

from integrations.engine.balances import Movement
from integrations.engine.errors import ConnectionBroken, Rejected
from integrations.systems.ifs import odata
from integrations.systems.ifs.editing import Editor
from integrations.systems.ifs.kinds import Readers
from integrations.systems.ifs.profile import Profile
from integrations.systems.ifs.reading import SetReader, is_closed
from integrations.systems.ifs.rows import BookedRow
from integrations.systems.ifs.values import ZERO, BadValue, integer, places, some_money, text
from integrations.transport.rows import BadRow


class Accounts:
    """Reads accounts of one tenant's ledger. Thread-safe."""

    def __init__(self, readers: Readers, vouchers: Editor, profile: Profile) -> None:
        self._readers, self._vouchers, self._profile = readers, vouchers, profile

    def movements(self, company: str, accounts: Sequence[str]) -> Iterator[Movement]:
        """See Ledger. Raises Rejected with `not_readable` where IFS hides the rows, or one of them cannot be read."""
        try:
            yield from self._movements(company, sorted(set(accounts)))
        except ConnectionBroken as error:
            if not is_closed(error) and error.code != "profile":  # a name that is wrong here stops no payment
                raise
            raise Rejected(f"IFS does not show voucher rows: {error.message}", code="not_readable") from None
        except BadValue as error:
            raise Rejected(f"A voucher row of IFS cannot be read: {error}", code="not_readable") from None

    def _movements(self, company: str, accounts: Sequence[str]) -> Iterator[Movement]:
        cancelled = self._cancelled(company)
        reader = self._readers("booked_row")
        for chain in odata.chains(reader.column("account"), [reader.literal("account", each) for each in accounts]):
            rows = (row for batch in reader.pages([chain], within={"company": company}) for row in batch.rows)
            for voucher, own in groupby(rows, lambda row: _voucher(reader, row)):
                if voucher not in cancelled:
                    yield from _added_up(own, voucher)

    def _cancelled(self, company: str) -> frozenset[str]:
        """Ids of the company's cancelled vouchers."""
        states, spec = self._profile.voucher_states, self._vouchers.spec
        words = [odata.literal(word, "enum", spec.enum("state")) for word in states if states[word] == "cancelled"]
        found = (
            head
            for chain in odata.chains(spec.fields["state"], words)
            for head in self._vouchers.find({"company": company}, chain)
        )
        return frozenset(
            "|".join(head.text(name) for name in ("company", "type", "year", "voucher_no")) for head in found
        )


def _added_up(rows: Iterable[BookedRow], voucher: str) -> Iterator[Movement]:
    """The rows of one voucher by account, currency and period."""
    sums: dict[tuple[str, str, str], Decimal] = {}
    for row in rows:
        decimals = places(row.currency)
        debit, credit = (some_money(each, decimals, "amount") or ZERO for each in (row.debit, row.credit))
        number = integer(row.period)
        if number is None:
            raise BadValue("unreadable", "period", "its period is not said.")
        place = text(row.account), row.currency or "", f"{row.year}-{number:02}"
        sums[place] = sums.get(place, ZERO) + debit - credit
    for (account, currency, period), amount in sums.items():
        yield Movement(account, currency, period, voucher, amount)


def _voucher(reader: SetReader, row: BookedRow | BadRow) -> str:
    if isinstance(row, BadRow):
        raise BadValue("unreadable", "voucher row", f"{row.why}.")
    key = reader.key_of(row, ("company", "type", "year", "voucher_no"))
    if key is None:
        raise BadValue("unreadable", "voucher row", "its voucher is not said.")
    return "|".join(map(str, key))
