"""What the ERP's books hold, as far as a decision needs it that brings something into them."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import msgspec

from integrations.engine.drafts import VoucherDraft
from integrations.engine.records import AccountingPeriod, Dimension, GLAccount
from integrations.engine.targets import TargetRecord


class Voucher(msgspec.Struct, frozen=True, kw_only=True):
    """A voucher that we made of a payment: its id in the books, and what was sent."""

    target_id: str
    draft: VoucherDraft


class Books(msgspec.Struct, frozen=True, kw_only=True):
    """The books of one company, read with the reference flows; `currency` is the company's own, `tool` what people
    call the AP tool.

    `ours`: the AP tool pays bills that were sent to it; what its payments call invoices are those bills, and their ids
    in the books are the ERP's own keys.

    `companies` are those that any integration brings home from the same AP connection; `takes_strays`: this integration
    answers for records that name none of them.

    What concerns one batch: `suppliers`, the AP tool's vendor code -> supplier key; `invoices`, captured invoice key ->
    its id in the books; `standing`, fresh reads of those by id; `paid`, what our vouchers have paid of each so far by
    id, discount included, but for payments that are reversed or that the batch reissues; `alive`, what payments that
    stand have paid of each by id, booked or not; `issued`, the payment keys that were issued at any time;
    `vouchers`, payment key -> its voucher; `reversed`, the payment keys whose reversal is in the books.
    """

    tool: str = ""
    currency: str = ""
    accounts: Mapping[str, GLAccount] = {}
    values: Mapping[tuple[str, str], Dimension] = {}
    periods: tuple[AccountingPeriod, ...] = ()
    companies: frozenset[str] = frozenset()
    takes_strays: bool = True
    ours: bool = False
    suppliers: Mapping[str, str] = {}
    invoices: Mapping[str, str] = {}
    standing: Mapping[str, TargetRecord] = {}
    paid: Mapping[str, Decimal] = {}
    alive: Mapping[str, Decimal] = {}
    issued: frozenset[str] = frozenset()
    vouchers: Mapping[str, Voucher] = {}
    reversed: frozenset[str] = frozenset()

    def period_of(self, day: date) -> AccountingPeriod | None:
        """The period that `day` lies in; None where the books know none."""
        return next((each for each in self.periods if each.starts <= day <= each.ends), None)

    def first_open_day(self, after: date) -> date | None:
        """The first day on or after `after` that lies in an open period."""
        days = (max(each.starts, after) for each in self.periods if each.open and each.ends >= after)
        return min(days, default=None)


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """The same code as another company of the ERP sends it to the same AP connection."""

    company: str
    name: str
    active: bool
