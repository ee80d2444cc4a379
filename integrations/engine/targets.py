"""What a target holds of a record: how it stands there, approved and paid or not, and under which id."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

Day = date  # TargetRecord has a field named date, which hides the class


class Standing(StrEnum):
    """How far the money of a bill on the target has moved."""

    UNPAID = "unpaid"
    SCHEDULED = "scheduled"
    PARTLY_PAID = "partly_paid"
    PAID = "paid"
    UNKNOWN = "unknown"


class Approval(StrEnum):
    """Whether somebody on the target has acted on a bill."""

    NONE = "none"  # nobody has acted yet
    ACTED = "acted"  # at least one approver has
    DENIED = "denied"


class TargetRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record as the target holds it, reduced to what matching and drift need; amounts in `currency`.

    A listing may leave `standing`, `approval` and amounts beside the total at their defaults; a read by id fills them.
    """

    target_id: str
    name: str = ""
    number: str = ""
    external_id: str = ""  # of an invoice in the books: the key of the record that it was made of, where it is kept
    vendor_id: str = ""
    currency: str = ""
    amount: Decimal | None = None
    date: Day | None = None
    due_date: Day | None = None
    kind: str = ""  # vendor, bill, credit, payment, ...
    active: bool = True
    version: str = ""
    paid: Decimal | None = None  # paid or credited so far
    rate: Decimal | None = None  # of an invoice in the books: domestic per currency unit
    scheduled: Decimal | None = None
    standing: Standing = Standing.UNKNOWN
    approval: Approval = Approval.NONE
    postal_code: str = ""  # of a vendor
    connected: bool = False  # a vendor whose address is its own business on the target's network
    changed_at: datetime | None = None  # of a vendor: when anything of it was last changed there
    echo: dict[str, str] = {}
