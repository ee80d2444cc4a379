"""Payments as nobody would expect them: the odd one is held or counted, its neighbours land, nothing is said twice."""

from decimal import Decimal
from typing import Any

from tests.integrations.runner.paying import (
    listed,
    ours,
    pay,
    theirs,
    town,
)
from tests.integrations.runner.town import Town, town_of

__all__ = ["town", "town_of"]


def raw(town: Town, payment: str) -> dict[str, Any]:
    return next(row for row in town.ap.sim.dump("payments") if row["id"] == payment)


def test_ids_and_stamps_that_cannot_be_spoil_their_own_payments_only(town: Town) -> None:
    """The last one looks newer than anything, for ever."""
    good = pay(town, "N2", status="PROCESSED")
    for key in ("stp" + "9" * 300, "stp|1", "stp/../1"):
        odd = pay(town, "N1", amounts=("10.00",), status="PROCESSED")
        town.ap.fault("replace", "/v3/payments", find=f'"id":"{odd}"', text=f'"id":"{key}"', times=None)
    late = pay(town, "N3", status="PROCESSED")
    stamp = raw(town, late)["updatedTime"]
    future = {"find": f'"updatedTime":"{stamp}"', "text": '"updatedTime":"2999-01-01T00:00:00.000+00:00"'}
    town.ap.fault("replace", "/v3/payments", times=None, **future)
    town.sync()
    assert {(good, "N2"), (late, "N3")} <= set(listed(town))
    town.ap.sim.advance(late, "VOIDED")
    town.sync()
    assert ours(town) == theirs(town)
    assert listed(town)[late, "N3"] == ("reversed", Decimal(40))
