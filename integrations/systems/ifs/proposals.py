"""What IFS is about to pay by itself: the items of its payment proposals, each with the state of its proposal.

https://docs.ifs.com/ifsclouddocs/24r2/ (Supplier Payment Proposal); names and states are the profile's.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

from integrations.engine.errors import ConnectionBroken
from integrations.engine.targets import TargetRecord
from integrations.systems.ifs import odata
from integrations.systems.ifs.odata import KeyValue
from integrations.systems.ifs.profile import Profile
from integrations.systems.ifs.reading import SetReader, is_closed
from integrations.systems.ifs.values import BadValue, day, integer, money, places, text
from integrations.transport.rows import BadRow


def proposed(readers: Callable[[str], SetReader], profile: Profile, company: str) -> Iterator[TargetRecord]:
    """Every proposed ledger item of `company` ("" = all we may see), read set-wise; none where IFS hides the sets.

    `number` and `vendor_id` are the invoice's, `kind` is the proposal's state in lower case; items of a proposal that
    pays nothing any more are not active. What of an item cannot be read is left empty, so that none is missed.
    """
    within: Mapping[str, KeyValue] = {"company": company} if company else {}
    try:
        states = _states(readers("payment_proposal"), within)
        items = readers("proposal_item")
        literals = [items.literal("proposal_id", number) for _, number in sorted(states)]
        for chain in odata.chains(items.column("proposal_id"), list(dict.fromkeys(literals))):
            for row in items.all([chain], within=within):
                found = _item(items, row, states, profile)
                if found is not None:
                    yield found
    except ConnectionBroken as error:
        if not is_closed(error):
            raise


def _states(reader: SetReader, within: Mapping[str, KeyValue]) -> dict[tuple[str, int], str]:
    """States by company and number; a row that cannot be read counts as a living proposal."""
    found: dict[tuple[str, int], str] = {}
    for row in reader.all(within=within):
        key = reader.key_of(row, ("company", "proposal_id"))
        number = integer(key[1]) if key else None
        if key is not None and number is not None:
            found[str(key[0]), number] = "" if isinstance(row, BadRow) else row.state or ""
    return found


def _item(reader: SetReader, row: Any, states: Mapping[tuple[str, int], str], profile: Profile) -> TargetRecord | None:
    key = reader.key_of(row, ("company", "proposal_id", "series", "number"))
    if key is None:
        return None
    company, number = str(key[0]), integer(key[1])
    state = states.get((company, number or 0), "")
    record = TargetRecord(
        target_id="|".join(map(str, key)),
        kind=state.lower(),
        number=str(key[3]),
        active=state not in profile.dead_proposals,
    )
    if isinstance(row, BadRow):
        return record
    return _with_values(record, row)


def _with_values(record: TargetRecord, row: Any) -> TargetRecord:
    amount: Decimal | None = None
    planned: date | None = None
    with suppress(BadValue):
        amount = money(row.amount, places(row.currency), "amount")
        planned = day(row.planned, "planned")
    return TargetRecord(
        target_id=record.target_id,
        kind=record.kind,
        number=record.number,
        active=record.active,
        vendor_id=text(row.identity),
        currency=row.currency or "",
        amount=amount,
        date=planned,
    )
