"""The voucher that a payment is in the books: its rows, its amounts in both currencies, its text.

The total stands first, on the cash account; then what each invoice is paid. What belongs to no single invoice names the
first, because a row always names one; the text names them all. Balanced in currency and domestic, always.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from integrations.engine.asking import hold
from integrations.engine.books import Books
from integrations.engine.decisions import Hold
from integrations.engine.drafts import VoucherDraft, VoucherRow
from integrations.engine.errors import Problem
from integrations.engine.ledger import booking_day
from integrations.engine.money import minor_unit
from integrations.engine.policy import Policy
from integrations.engine.records import PaidInvoice, Payment
from integrations.engine.targets import TargetRecord
from integrations.engine.voucher_accounts import Accounts

LONGEST = 200  # characters of a voucher's text
_ZERO, _ONE = Decimal(0), Decimal(1)
_NO_DAY = Problem("no_payment_date", "The payment has no date. Correct it where it was made.", field="dated")


class Paid(msgspec.Struct, frozen=True, kw_only=True):
    """What a payment pays of an invoice, and how that stands in the books."""

    item: PaidInvoice
    held: TargetRecord


def paid_by_invoice(draft: VoucherDraft) -> Mapping[str, Decimal]:
    """By invoice number: what the voucher pays of it, in its currency (a credit negative)."""
    nets: dict[str, Decimal] = {}
    for row in draft.rows[1:]:
        nets[row.number] = nets.get(row.number, _ZERO) + row.amount
    return nets


def voucher_id(source: Payment, books: Books) -> str:
    """What a voucher's text begins with, and what finds it again: the tool and the payment's own id."""
    return f"{books.tool} {source.key}".strip()


def natural_key(draft: VoucherDraft) -> str:
    """One voucher for one payment, and one for its reversal, whatever else changes."""
    return f"voucher|{draft.company}|{draft.external_id}"


def text_of(words: Sequence[str], numbers: Sequence[str]) -> str:
    """The words, then as many whole numbers as fit into LONGEST; "+n" counts the rest."""
    text = " ".join(word for word in words if word)
    for shown in range(min(len(numbers), LONGEST), -1, -1):
        rest = [f"+{len(numbers) - shown}"] if shown < len(numbers) else []
        whole = " ".join([text, *numbers[:shown], *rest])
        if len(whole) <= LONGEST:
            return whole
    return text[:LONGEST]


def draft_voucher(
    source: Payment, vendor: str, paid: Sequence[Paid], books: Books, policy: Policy
) -> VoucherDraft | Hold:
    """The voucher of `source`, or every setting, account and rate that it lacks.

    `paid` are all of its invoices, at least one; that they may be paid so is decided elsewhere.
    """
    day = booking_day(source.dated, books, policy) if source.dated else _NO_DAY
    return hold(day) if isinstance(day, Problem) else _Drafting(source, vendor, paid, books, policy, day).draft()


class _Drafting:
    """One voucher in the making; everything that is wrong is collected, so that a person hears it once."""

    def __init__(
        self, source: Payment, vendor: str, paid: Sequence[Paid], books: Books, policy: Policy, day: date
    ) -> None:
        self.source, self.paid, self.books, self.policy, self.day = source, paid, books, policy, day
        self.accounts = Accounts(books, policy, day)
        self.missing: list[Problem] = []
        moved = f"paid {source.dated}" if day != source.dated else ""
        words = (voucher_id(source, books), source.method, source.trace, source.vendor_name or vendor, moved)
        numbers = [each.held.number for each in paid]
        self.vendor, self.text = vendor, text_of(words, numbers)

    def draft(self) -> VoucherDraft | Hold:
        """The rows, closed to the last minor unit."""
        self.accounts.demand("voucher_type")
        rate = self._rate(self.source.rate or self._newest())
        rows = [self._row(self.paid[0], self.accounts.cash(self.source.payer_account), -self.source.amount, rate)]
        for each in self.paid:
            rows += (
                self._against_debt(each, rate) if self.policy.payment_mode == "control" else self._settled(each, rate)
            )
        rows += self._rounding(rows)
        if problems := (*self.accounts.problems, *self.missing):
            return Hold(problems=problems)
        return VoucherDraft(
            company=self.policy.company,
            voucher_type=self.policy.voucher_type,
            dated=self.day,
            text=self.text,
            external_id=voucher_id(self.source, self.books),
            rows=tuple(row for row in rows if row.amount or row.domestic),
            amount=self.source.amount,
            currency=self.source.currency,
            pays=self.source.invoices,
        )

    def _settled(self, each: Paid, rate: Decimal) -> list[VoucherRow]:
        """Through the settlement account: both sides at the payment's rate, the discount left to the ledger."""
        return [self._row(each, self.accounts.take("settlement_account"), each.item.net, rate)]

    def _against_debt(self, each: Paid, rate: Decimal) -> list[VoucherRow]:
        """Against the supplier debt: what the invoice was worth when it was booked, and what came of that since."""
        self.accounts.demand("control_confirmed")
        then, item = self._rate(each.held.rate), each.item
        rows = [self._row(each, self.accounts.take("debt_account"), item.net + item.discount, then)]
        if item.discount:
            rows.append(self._row(each, self.accounts.take("discount_account"), -item.discount, then))
        if then != rate and (change := self._domestic(item.net, rate) - sum(row.domestic for row in rows)):
            setting = "exchange_loss_account" if change > 0 else "exchange_gain_account"
            rows.append(self._row(each, self.accounts.take(setting), _ZERO, rate, change))
        return rows

    def _rounding(self, rows: Sequence[VoucherRow]) -> list[VoucherRow]:
        """What rounding every row has left over: at most half a minor unit a row, closed on its own account."""
        off = sum((row.domestic for row in rows), _ZERO)
        if not off or self.missing:
            return []
        if not self.policy.rounding_account:
            words = (
                f"In {self.books.currency} its rows differ by {abs(off)}, because each is rounded. Choose an account "
                "for rounding in the settings."
            )
            blocker = ("setting", "rounding_account")
            self.missing.append(Problem("rounding", words, field="rate", value=str(off), blocker=blocker))
            return []
        account = self.accounts.take("rounding_account")
        return [self._row(self.paid[0], account, _ZERO, rows[0].rate, -off)]

    def _row(
        self, each: Paid, account: str, amount: Decimal, rate: Decimal, domestic: Decimal | None = None
    ) -> VoucherRow:
        return VoucherRow(
            account=account,
            amount=amount,
            domestic=self._domestic(amount, rate) if domestic is None else domestic,
            currency=self.source.currency,
            rate=rate,
            text=self.text,
            vendor=self.vendor,
            series=each.held.echo.get("series", self.policy.series),
            number=each.held.number,
            transaction_id=self.source.transaction_id or self.source.key,
        )

    def _domestic(self, amount: Decimal, rate: Decimal) -> Decimal:
        unit = minor_unit(self.books.currency)
        return (amount * rate / unit).quantize(_ONE, ROUND_HALF_UP) * unit

    def _newest(self) -> Decimal | None:
        """The rate of the invoice that was booked last."""
        known = [each.held for each in self.paid if each.held.rate]
        return max(known, key=lambda held: held.date or date.min).rate if known else None

    def _rate(self, rate: Decimal | None) -> Decimal:
        """`rate` where it can be one; the company's own currency needs none."""
        if self.source.currency == self.books.currency:
            return _ONE
        if rate is not None and rate.is_finite() and rate > 0:
            return rate
        words = (
            f"No rate of {self.source.currency} is known, neither of the payment nor of its invoice. Book it by hand."
        )
        problem = Problem("rate_unknown", words, field="rate", value=self.source.currency)
        self.missing += [problem] if problem not in self.missing else []
        return _ONE
