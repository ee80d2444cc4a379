"""What else is done to records on BILL: archived, noted as paid elsewhere, a vendor credit set off. Each alone.

Every act reads first and writes at most once. What was done before is not done again; what BILL's money has begun to
move is left to a person.
https://developer.bill.com/docs/ap-bills  https://developer.bill.com/reference/recordappayment
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TypeVar

from integrations.engine.drafts import ApplyDraft, ArchiveDraft, Draft, PaidDraft, Receipt
from integrations.engine.errors import Problem, Rejected
from integrations.engine.ports import Write
from integrations.engine.records import Entity
from integrations.engine.targets import Approval, Standing
from integrations.systems.bill import drafts, progress, receipts, wire
from integrations.systems.bill.currencies import Currencies
from integrations.systems.bill.echoes import digits, echo
from integrations.systems.bill.lists import Query, batches
from integrations.systems.bill.receipts import readable
from integrations.systems.bill.records import RowError, money
from integrations.systems.bill.resources import BILLS, CREDITS, PAYMENTS, VENDORS, Resource
from integrations.systems.bill.targets import version
from integrations.systems.bill.versions import still
from integrations.transport.answer import Answer
from integrations.transport.client import ApiClient

Row = Callable[[Resource, str], wire.Wire | None]
W = TypeVar("W", bound=wire.Wire)


class Acts:
    """Acts on one organization; `row(resource, id)` reads a record by its id.

    Receipts are of the record that `write.target_id` names, as it stood when it was read; where the act itself changes
    its version, that is left empty.
    """

    def __init__(self, api: ApiClient, currencies: Currencies, row: Row) -> None:
        self._api, self._currencies, self._row = api, currencies, row

    def act(self, write: Write) -> Receipt:
        """See Target's `write`."""
        draft = write.draft
        if isinstance(draft, ArchiveDraft):
            return self._archive(write, draft)
        if isinstance(draft, PaidDraft):
            return self._paid(write, draft)
        if isinstance(draft, ApplyDraft):
            return self._apply(write, draft)
        raise _refused("undeclared", "BILL cannot do this.")

    def _archive(self, write: Write, draft: ArchiveDraft) -> Receipt:
        resource = VENDORS if draft.entity is Entity.VENDOR else CREDITS if draft.credit else BILLS
        current = self._there(resource, write.target_id, wire.Wire)
        if current.archived:
            return self._receipt(write, current, version(current))
        still(current, write.version)
        self._archivable(current)
        answer = self._send(write, f"{resource.path}/{write.target_id}/archive")
        stored = receipts.one(answer, answer.decode(resource.row), write)
        return self._receipt(write, current, version(stored))

    def _archivable(self, current: wire.Wire) -> None:
        if isinstance(current, wire.WireVendor):
            if any(progress.standing(bill) is not Standing.PAID for bill in self._bills_of(current.id or "")):
                raise _refused("open_bills", "This vendor has open bills in BILL; pay or archive those first.")
        elif isinstance(current, wire.WireCredit):
            if progress.standing(current) is not Standing.UNPAID:
                raise _refused(
                    "credit_applied", "This vendor credit is already used in BILL; take it off its bills first."
                )
        elif progress.standing(current) is not Standing.UNPAID:
            raise _refused("payment_started", "This bill is scheduled or paid in BILL; cancel its payment there first.")

    def _paid(self, write: Write, draft: PaidDraft) -> Receipt:
        bill = self._there(BILLS, draft.bill_id, wire.WireBill)
        still(bill, write.version)
        currency = self._payee(bill, draft.vendor_id, draft.currency)
        standing = progress.standing(bill)
        if standing is Standing.PAID or (not write.version and self._recorded(draft)):
            return self._receipt(write, bill, version(bill), currency)
        if standing not in (Standing.UNPAID, Standing.PARTLY_PAID):
            raise _refused("payment_started", "A payment of this bill is on its way in BILL; cancel it there first.")
        if bill.archived:
            raise _refused("archived", "This bill is archived in BILL; restore it there first.")
        due = (money(bill.amount) or Decimal(0)) - (progress.paid(bill) or Decimal(0))
        if draft.amount > due:
            raise _refused(
                "overpaid", f"{draft.amount} was paid elsewhere, but only {digits(due)} is open in BILL.", "amount"
            )
        answer = self._send(write, f"{BILLS.path}/record-payment", _payment(draft))
        payment = receipts.one(answer, answer.decode(PAYMENTS.row))
        return self._receipt(write, bill, "", currency, payment=payment.id or "")

    def _recorded(self, draft: PaidDraft) -> bool:
        """Whether this very payment is noted already, for a caller who has not just looked at the bill."""
        for batch in batches(self._api, Query(PAYMENTS, vendor_id=draft.vendor_id)):
            for row in readable(batch.rows):
                if isinstance(row, wire.WirePayment) and _same_payment(row, draft):
                    return True
        return False

    def _apply(self, write: Write, draft: ApplyDraft) -> Receipt:
        """Puts the credit on the bill beside the credits that are there: `vendorCredits` names them all."""
        credit = self._there(CREDITS, draft.credit_id, wire.WireCredit)
        currency = self._payee(credit, draft.vendor_id, draft.currency)
        applied = self._applied(draft)
        if applied.get(draft.credit_id, Decimal(0)) >= draft.amount:
            return self._receipt(write, credit, version(credit), currency)
        still(credit, write.version)
        bill = self._there(BILLS, draft.bill_id, wire.WireBill)
        self._payee(bill, draft.vendor_id, draft.currency)
        _applicable(bill, credit, applied, draft)
        applied[draft.credit_id] = applied.get(draft.credit_id, Decimal(0)) + draft.amount
        body: drafts.Json = {
            "vendorCredits": [{"id": key, "amount": drafts.plain(amount)} for key, amount in applied.items()]
        }
        if bill.approvers:
            body["billApprovals"] = True
        answer = self._send(write, f"{BILLS.path}/{draft.bill_id}", body, "PATCH")
        receipts.one(answer, answer.decode(BILLS.row))
        return self._receipt(write, credit, "", currency)

    def _applied(self, draft: ApplyDraft) -> dict[str, Decimal]:
        """The credits of the vendor that are on the bill now, other than with a payment: id -> amount."""
        found: dict[str, Decimal] = {}
        for batch in batches(self._api, Query(CREDITS, vendor_id=draft.vendor_id)):
            for row in readable(batch.rows):
                for use in (row.usage or ()) if isinstance(row, wire.WireCredit) else ():
                    if use.bill_id == draft.bill_id and not use.payment_id:
                        found[row.id or ""] = found.get(row.id or "", Decimal(0)) + _amount(use.amount)
        return found

    def _bills_of(self, vendor: str) -> Iterator[wire.Wire]:
        for batch in batches(self._api, Query(BILLS, vendor_id=vendor)):
            for row in batch.rows:
                if not isinstance(row, wire.WireBill):
                    yield wire.WireBill()  # an unreadable bill may be an open one
                elif row.vendor_id == vendor:
                    yield row

    def _there(self, resource: Resource, key: str, kind: type[W]) -> W:
        found = self._row(resource, key)
        if not isinstance(found, kind):
            raise _refused("not_found", "BILL does not have this record any more.")
        return found

    def _payee(self, row: wire.WireBill | wire.WireCredit, vendor: str, currency: str) -> str:
        """The currency of the record. Raises Rejected when it is another vendor's or in another currency."""
        if row.vendor_id != vendor:
            raise _refused("payee_changed", "In BILL this record belongs to another vendor.", "vendor_id")
        found = self._currencies.of([vendor]).get(vendor, "")
        if found not in ("", currency):
            raise _refused("vendor_currency", f"The amount is in {currency}, the BILL vendor in {found}.", "currency")
        return found

    def _send(self, write: Write, path: str, body: drafts.Json | None = None, method: str = "POST") -> Answer:
        return self._api.send(method, path, json=body, send_by=write.send_by)

    def _receipt(self, write: Write, row: wire.Wire, now: str, currency: str = "", **more: str) -> Receipt:
        if not currency and isinstance(row, wire.WireBill | wire.WireCredit):
            currency = self._currencies.known(row.vendor_id or "")
        return Receipt(target_id=write.target_id or row.id or "", version=now, echo=echo(row, currency) | more)


def acting(draft: Draft) -> bool:
    """Whether a draft is an act on a record, not a record to be made or changed."""
    return not isinstance(draft, drafts.Made)


def _payment(draft: PaidDraft) -> drafts.Json:
    found: drafts.Json = {
        "vendorId": draft.vendor_id,
        "processDate": draft.paid_on.isoformat(),
        "toPrintCheck": False,
        "payments": [{"billId": draft.bill_id, "amount": drafts.plain(draft.amount)}],
    }
    if draft.description:
        found["description"] = drafts.shortened(draft.description, drafts.TEXT_LENGTH)
    return found


def _same_payment(row: wire.WirePayment, draft: PaidDraft) -> bool:
    noted = row.disbursement_type == "OFFLINE" or row.online_payment is False
    parts = {(part.bill_id, part.amount) for part in row.bill_payments or ()} or {(row.bill_id, row.amount)}
    same_day = (row.process_date or "")[:10] == draft.paid_on.isoformat()
    return noted and same_day and (draft.bill_id, draft.amount) in parts and row.status not in ("VOID", "CANCELLED")


def _applicable(bill: wire.WireBill, credit: wire.WireCredit, applied: dict[str, Decimal], draft: ApplyDraft) -> None:
    """Raises Rejected unless the bill is open, nobody has acted on it, and the credit covers the amount."""
    if bill.archived or credit.archived:
        raise _refused("archived", "The bill or the vendor credit is archived in BILL.")
    if progress.standing(credit) not in (Standing.UNPAID, Standing.PARTLY_PAID):
        raise _refused("credit_used", "This vendor credit is used up in BILL, or how much is left cannot be read.")
    only_credited = progress.standing(bill) is Standing.PARTLY_PAID and not bill.paid_amount
    if progress.standing(bill) is not Standing.UNPAID and not only_credited:
        raise _refused("payment_started", "This bill is scheduled or paid in BILL; the credit is not set off any more.")
    if progress.approval(bill) is not Approval.NONE:
        raise _refused("approver_acted", "An approver has acted on this bill in BILL; set the credit off there.")
    on_bill = money(bill.credit_amount) or Decimal(0)
    if on_bill != sum(applied.values()):
        raise _refused("credit_unclear", "BILL does not show all credits on this bill; set the credit off there.")
    left = (money(credit.amount) or Decimal(0)) - (money(credit.applied_amount) or Decimal(0))
    most = min(left, (money(bill.amount) or Decimal(0)) - on_bill)
    if draft.amount > most:
        raise _refused("credit_too_large", f"Only {digits(most)} can be set off in BILL.", "amount")


def _amount(value: Decimal | None) -> Decimal:
    """What a credit was used for; nothing where that is no amount: the bill's own total then shows that it lacks."""
    try:
        return money(value) or Decimal(0)
    except RowError:
        return Decimal(0)


def _refused(code: str, message: str, field: str = "") -> Rejected:
    return Rejected(message, code=code, problems=(Problem(code, message, field),))
