"""A payment becomes a voucher of IFS: head, rows one by one, then approved. Never two of one payment.

https://docs.ifs.com/ifsclouddocs/24r2/ (Manual Voucher). IFS numbers vouchers, so ours is found by its text, which
begins with the payment's own id; the date may have moved on to an open period since an earlier try.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from integrations.engine.drafts import Receipt, VoucherDraft, VoucherRow
from integrations.engine.errors import OutcomeUnknown, Rejected, Retryable, Stale
from integrations.engine.ports import Write
from integrations.systems.ifs.editing import Editors, Found, Value, Values, complete
from integrations.systems.ifs.errors import Unsupported
from integrations.systems.ifs.profile import Profile
from integrations.systems.ifs.values import ZERO, amount, integer

_TEXT = 200  # characters
_ROUNDS = 3
_KEY = ("company", "type", "year", "voucher_no")
_MONEY = ("account", "vendor", "number", "currency")


class Vouchers:
    """Enters vouchers into the books of one tenant. Thread-safe."""

    def __init__(self, editors: Editors, profile: Profile) -> None:
        self._profile = profile
        self._heads, self._rows = editors("voucher"), editors("voucher_row")

    def enter(self, write: Write, draft: VoucherDraft) -> Receipt:
        """The approved voucher, made now or before. What an earlier try has left is completed, or cancelled and made
        anew where the draft has changed since.

        Raises Rejected when IFS refuses it (the voucher then waits in IFS for the next try), or with `booked` when an
        approved one says otherwise.
        """
        _must_balance(draft)
        if write.target_id:
            return self._as_it_stands(write, draft)
        wanted = [self._row(number, row) for number, row in enumerate(draft.rows, 1)]
        ours = self._ours(draft)
        for head in ours:
            if self._state(head) == "approved":
                return self._approved(head, draft)
        open_ones = [head for head in ours if self._state(head) == "open"]
        kept = next((head for head in open_ones if self._is_begun(head, draft, wanted)), None)
        for head in open_ones:
            if head is not kept:
                self._heads.act(head, "cancel", write.send_by)
        kept = kept or self._heads.create(_head(draft), write.send_by)
        complete(self._rows, _key(kept), wanted, write.send_by, new=kept.new)
        return self._approve(kept, draft, write.send_by)

    def _ours(self, draft: VoucherDraft) -> list[Found]:
        """Whatever was made of the payment before, of whatever type and day: settings and periods move on."""
        try:
            found = self._heads.find({"company": draft.company}, self._heads.begins("text", draft.external_id))
            if not all(head.text("text") for head in found):  # a filter by text gave these: one of them may be ours
                raise OutcomeUnknown(
                    "IFS gives vouchers without their text. It is looked up by itself.", code="not_shown"
                )
        except Unsupported:  # no string functions here: ours of the years round its day are looked through
            mine: Values = {"company": draft.company, "type": draft.voucher_type}
            year = draft.dated.year
            found = [head for each in (year - 1, year, year + 1) for head in self._heads.find({**mine, "year": each})]
        return [head for head in found if _is_of(head.text("text"), draft.external_id)]

    def _is_begun(self, head: Found, draft: VoucherDraft, wanted: Sequence[Values]) -> bool:
        """Whether `head` and the rows it has so far say what the draft says."""
        said = _head(draft)
        if self._heads.differing(head, {name: said[name] for name in ("type", "dated", "text")}):
            return False
        rows = {row.text("row_no"): row for row in self._rows.find(_key(head))}
        known = {str(values["row_no"]): values for values in wanted}
        return all(no in known and not self._rows.differing(row, known[no]) for no, row in rows.items())

    def _approve(self, head: Found, draft: VoucherDraft, send_by: datetime) -> Receipt:
        now: Found | None = head if head.new else None
        for _ in range(_ROUNDS):
            now = now or self._heads.one(head.values)
            if now is None:
                raise OutcomeUnknown(
                    "IFS does not show the voucher any more. It is looked up by itself.", code="not_shown"
                )
            if self._state(now) == "approved":
                return self._approved(now, draft)
            if self._state(now) == "cancelled":
                raise Stale("The voucher was cancelled in IFS meanwhile. It is made again by itself.")
            try:
                return self._receipt_of(self._heads.act(now, "approve", send_by))
            except Retryable as error:
                if error.code != "stale_version":
                    raise
            now = None
        raise Stale("Somebody changes the voucher in IFS all the time. It is tried again by itself.")

    def _receipt_of(self, head: Found) -> Receipt:
        """Of a voucher whose approval went through. Raises Rejected when it did not: then it is not in the books."""
        if self._state(head) == "approved":
            return _receipt(head)
        words = (
            f"IFS has the voucher as {_target_id(head)}, but does not approve it: it is {head.text('state')}. "
            "Approve it there, then retry it here."
        )
        raise Rejected(words, code="not_approved")

    def _approved(self, head: Found, draft: VoucherDraft) -> Receipt:
        """The receipt of a voucher in the books. Raises Rejected when its rows are not those of the draft."""
        rows = self._rows.find(_key(head))
        ours = Counter(_money(self._row(number, row)) for number, row in enumerate(draft.rows, 1))
        if ours != Counter(_money(row.values) for row in rows):
            words = f"Voucher {_target_id(head)} of this payment is approved in IFS with other rows. Correct it there."
            raise Rejected(words, code="booked")
        return _receipt(head)

    def _as_it_stands(self, write: Write, draft: VoucherDraft) -> Receipt:
        """A voucher in the books is never changed: reversed, if need be, by another one."""
        key = dict(zip(_KEY, write.target_id.split("|"), strict=True))
        head = self._heads.one(key)
        if head is None:
            raise Rejected("The voucher is not in IFS any more, or hidden from the service user.", code="gone")
        if write.version and head.etag != write.version:
            raise Stale("The voucher was changed in IFS meanwhile. It is read and decided again.")
        return self._approved(head, draft)

    def _row(self, number: int, row: VoucherRow) -> Values:
        """The fields of a row that have a value; what is left out is for IFS to fill in."""
        fields: Values = {
            "row_no": number,
            "account": row.account,
            "currency": row.currency,
            **_sides(row),
            "rate": row.rate,
            "text": row.text[:_TEXT],
            "party_type": self._profile.party if row.vendor else "",
            "vendor": row.vendor,
            "series": row.series,
            "number": row.number,
            "transaction_id": row.transaction_id,
            "correction": row.correction,
        }
        return {ours: value for ours, value in fields.items() if value != ""}

    def _state(self, head: Found) -> str:
        """A word that the profile does not list is taken for one that stands in the books."""
        return self._profile.voucher_states.get(head.text("state"), "approved")


def _sides(row: VoucherRow) -> dict[str, Value]:
    """Debit or credit of both amounts; a correction keeps the side of what it corrects and turns the sign."""
    is_debit = ((row.domestic or row.amount) >= 0) is not row.correction
    side, sign = ("debit", 1) if is_debit else ("credit", -1)
    return {side: row.amount * sign, f"domestic_{side}": row.domestic * sign}


def _money(row: Values) -> tuple[object, ...]:
    """What a row does to the books, however its sides were filled in."""

    def net(debit: str, credit: str) -> Decimal | None:
        plus, minus = amount(row.get(debit)), amount(row.get(credit))
        return None if plus is None or minus is None else plus - minus

    named = tuple(str(row.get(name) or "") for name in _MONEY)
    return (*named, net("debit", "credit"), net("domestic_debit", "domestic_credit"))


def _must_balance(draft: VoucherDraft) -> None:
    """Raises Rejected, before anything is sent, for a voucher that IFS could not approve."""
    currencies = {row.currency for row in draft.rows}
    sums = [sum((row.amount for row in draft.rows if row.currency == each), ZERO) for each in currencies]
    if not draft.rows or any(sums) or sum((row.domestic for row in draft.rows), ZERO):
        raise Rejected("The voucher of this payment does not balance. Nothing was entered.", code="unbalanced")


def _head(draft: VoucherDraft) -> Values:
    text = draft.text if _is_of(draft.text, draft.external_id) else f"{draft.external_id} {draft.text}"
    return {"company": draft.company, "type": draft.voucher_type, "dated": draft.dated, "text": text[:_TEXT].rstrip()}


def _is_of(text: str, external_id: str) -> bool:
    """Whether `text` begins with the whole of this id, not with a longer one."""
    return text == external_id or text.startswith(f"{external_id} ")


def _key(head: Found) -> Values:
    whole = {name: integer(head.values[name]) for name in ("year", "voucher_no")}
    return {"company": head.text("company"), "type": head.text("type"), **whole}


def _target_id(head: Found) -> str:
    return "|".join(head.text(name) for name in _KEY)


def _receipt(head: Found) -> Receipt:
    echo = {"text": head.text("text"), "date": head.text("dated")[:10]}
    return Receipt(target_id=_target_id(head), version=head.etag, echo=echo)
