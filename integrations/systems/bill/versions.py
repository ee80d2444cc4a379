"""Whether a record is still the one that was decided about: BILL takes the last write, so we look before it."""

from integrations.engine.errors import Stale
from integrations.systems.bill import wire
from integrations.systems.bill.targets import version


def still(current: wire.Wire, decided: str) -> None:
    """Raises Stale when an approver acted, a payment began or a person edited `current` since it was of `decided`.

    An empty `decided` asks for nothing. Between this look and the write BILL can still change the record: it offers no
    way to know. https://developer.bill.com/docs/ap-bills
    """
    if decided and version(current) != decided:
        raise Stale("The record was changed in BILL meanwhile. It is read again and decided anew by itself.")
