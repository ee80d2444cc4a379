"""What people do inside BILL while nobody looks: approve, edit, pay, fail. Tests and the demo use these."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from threading import RLock
from typing import Any, Literal

import httpx

from integrations.systems.bill.simulator.access import Session
from integrations.systems.bill.simulator.approvals import decide
from integrations.systems.bill.simulator.balance import settle_bill
from integrations.systems.bill.simulator.bills import BillDesk, assign
from integrations.systems.bill.simulator.bulk import single
from integrations.systems.bill.simulator.call import Call, World
from integrations.systems.bill.simulator.checks import merged
from integrations.systems.bill.simulator.payments import make, set_status, void_info
from integrations.systems.bill.simulator.rows import Row
from integrations.systems.bill.simulator.vendors import new_body
from integrations.systems.bill.simulator.wire import Json, without_empty

CLERK = "00602DEMOCLERKAAA001"


class Hands:
    """Acts of people. Ids that do not exist raise KeyError; ids are returned where something is made."""

    world: World
    lock: RLock

    def _row(self, key: str) -> Row:
        row = self.world.rows.anywhere(key)
        if row is None:
            raise KeyError(key)
        return row

    def _call(self, organization: str) -> Call:
        known = self.world.access.organizations
        place = known[organization] if organization else next(iter(known.values()))
        session = Session("", place, "", replace(place.credentials[0], user_id=CLERK), True, 0)
        return Call(self.world, session, "", "", httpx.QueryParams(), httpx.Headers(), b"")

    def get(self, key: str) -> Json:
        """Any stored record by id, amounts as Decimal or int."""
        with self.lock:
            return self._row(key).body

    def create_vendor_by_hand(self, name: str, organization: str = "", **fields: Any) -> str:
        """Enter a vendor in BILL; `fields` as in the API. Returns its id."""
        with self.lock, self.world.rows.transaction():
            call = self._call(organization)
            address = {"line1": "1 Test Way", "city": "Austin", "stateOrProvince": "TX", "country": "US"}
            item = {"name": name, "address": {**address, "zipOrPostalCode": "78701"}, **fields}
            body = new_body(self.world.rows.ids.new("009"), item, self.world.config.base_currency)
            row = Row(call.organization, "vendors", body)
            self.world.rows.insert([row])
            self.world.events.emit(call.organization, "vendor.created", body)
            return row.id

    def edit_vendor(self, vendor_id: str, **changes: Any) -> None:
        """Change any field of a vendor, read-only ones too (`networkStatus`, `bankAccountStatus`)."""
        with self.lock, self.world.rows.transaction():
            row = self._row(vendor_id)
            row.body = without_empty(merged(row.body, changes))
            self.world.rows.save(row)
            self.world.events.emit(row.organization, "vendor.updated", row.body)

    def merge_vendors(self, vendor_id: str, into: str) -> None:
        """What two vendors were is one from now on: bills and credits move to `into`, and the other is archived."""
        with self.lock:
            kept = self._row(into)
            with self.world.rows.transaction():
                for key in self.world.rows.of_vendor(vendor_id, ("bills", "vendor-credits")):
                    row = self._row(key)
                    row.body["vendorId"] = kept.id
                    self.world.rows.save(row)
            self.archive(vendor_id)

    def create_bill_by_hand(
        self,
        vendor_id: str,
        number: str,
        amount: Decimal | str | int,
        *,
        invoice_date: str = "2026-01-15",
        due_date: str = "2026-02-14",
        account_id: str = "",
        **fields: Any,
    ) -> str:
        """Enter a bill of one line, past the duplicate check. Returns its id."""
        with self.lock, self.world.rows.transaction():
            line = {"amount": Decimal(amount), "classifications": {"chartOfAccountId": account_id}}
            invoice = {"invoiceNumber": number, "invoiceDate": invoice_date}
            item = {
                "vendorId": vendor_id,
                "dueDate": due_date,
                "invoice": invoice,
                "billLineItems": [line],
                **fields,
            }
            call = self._call(self._row(vendor_id).organization)
            world = replace(self.world, config=replace(self.world.config, duplicates="accept"))
            desk = BillDesk(replace(call, world=world))
            row = single(item, desk.check_create, desk.create)
            desk.store([row])
            return row.id

    def edit_bill(self, bill_id: str, *, amount: Decimal | str | int | None = None, **changes: Any) -> None:
        """Change a bill as a person: API fields by name; `amount` makes the first line take the difference."""
        with self.lock, self.world.rows.transaction():
            row = self._row(bill_id)
            if amount is not None:
                first = row.body["billLineItems"][0]
                value = Decimal(first["amount"]) + Decimal(amount) - Decimal(row.body["amount"])
                changes["billLineItems"] = [{"id": first["id"], "amount": value}]
            if row.body.get("approvers"):
                changes["billApprovals"] = True
            world = replace(self.world, config=replace(self.world.config, refuse_changes_after_payment=False))
            desk = BillDesk(replace(self._call(row.organization), world=world))
            single(changes, desk.check_change, lambda item: desk.change(row, item))

    def put_raw(self, key: str, **fields: Any) -> None:
        """Overwrite top-level fields of any record without any rule (unknown status words, odd text)."""
        with self.lock, self.world.rows.transaction():
            row = self._row(key)
            row.body |= fields
            self.world.rows.save(row)

    def assign(self, bill_id: str, approvers: Sequence[str] = ()) -> None:
        """Send a bill to approvers (the configured ones by default)."""
        with self.lock, self.world.rows.transaction():
            row = self._row(bill_id)
            assign(row.body, tuple(approvers) or self.world.config.approvers)
            self.world.rows.save(row)

    def approve(self, bill_id: str, user_id: str = CLERK) -> None:
        """An approver says yes."""
        with self.lock, self.world.rows.transaction():
            decide(self.world, self._row(bill_id), user_id, True)

    def deny(self, bill_id: str, user_id: str = CLERK) -> None:
        """An approver says no."""
        with self.lock, self.world.rows.transaction():
            decide(self.world, self._row(bill_id), user_id, False)

    def archive(self, key: str, archived: bool = True) -> None:
        """Archive any record, whatever its state; `archived=False` restores it."""
        with self.lock, self.world.rows.transaction():
            row = self._row(key)
            row.body["archived"] = archived
            self.world.rows.save(row)
            if row.kind in ("vendors", "bills"):
                what = "archived" if archived else "restored"
                self.world.events.emit(row.organization, f"{row.kind[:-1]}.{what}", row.body)

    def pay(
        self,
        bill_ids: Sequence[str],
        amounts: Sequence[Decimal | str | int] | None = None,
        status: str = "SCHEDULED",
        *,
        process_date: str = "2026-02-10",
        disbursement_type: Literal["ACH", "CHECK", "VIRTUAL_CARD", "WALLET", "RPPS", "OFFLINE"] = "ACH",
        **fields: Any,
    ) -> str:
        """Pay bills of one vendor, each in full or the given amounts. Returns the payment's id."""
        with self.lock, self.world.rows.transaction():
            bills = [self._row(bill_id) for bill_id in bill_ids]
            parts = [Decimal(part) for part in amounts or [bill.body["dueAmount"] for bill in bills]]
            row = make(
                self.world, bills[0].organization, list(zip(bills, parts, strict=True)), single_status=status,
                process_date=process_date, disbursement_type=disbursement_type, user=CLERK, **fields,
            )  # fmt: skip
            return row.id

    def advance(self, payment_id: str, single_status: str, **fields: Any) -> None:
        """Move a payment to any singleStatus; its bills follow."""
        with self.lock, self.world.rows.transaction():
            set_status(self.world, self._row(payment_id), single_status, **fields)

    def fail(self, payment_id: str) -> None:
        """The vendor's bank sends the money back, also after CLEARED."""
        self.advance(payment_id, "DISBURSEMENT_FAILED_ACTION_NEEDED", disbursementStatus="FAILED")

    def void(self, payment_id: str, kind: str = "VOID_ONLY", reason: str = "Wrong vendor") -> None:
        """Void a payment for good; its bills are due again."""
        with self.lock, self.world.rows.transaction():
            info = void_info(self.world, kind, reason, CLERK, "ACCEPTED")
            set_status(self.world, self._row(payment_id), "VOIDED", voidInfo=info)

    def refresh_bill(self, bill_id: str) -> None:
        """Work out a bill's paid and due amounts again, after `put_raw`."""
        with self.lock, self.world.rows.transaction():
            row = self._row(bill_id)
            settle_bill(self.world.rows, self.world.config, row.body)
            self.world.rows.save(row)

    def deliver(
        self, send: Callable[[httpx.Request], httpx.Response], *, copies: int = 1, newest_first: bool = False
    ) -> int:
        """Send the webhook events that are due, each `copies` times; returns how many POSTs were made.

        An answer other than 200 and httpx errors count as failed tries. The lock is not held while sending.
        """
        with self.lock:
            due = self.world.events.due()
        sent = 0
        for delivery in reversed(due) if newest_first else due:
            headers = {"content-type": "application/json", "x-bill-sha-signature": delivery.signature}
            status = 0
            for _ in range(copies):
                sent += 1
                try:
                    request = httpx.Request("POST", delivery.url, headers=headers, content=delivery.body)
                    status = send(request).status_code
                except httpx.HTTPError:
                    status = 0
            with self.lock, self.world.rows.transaction():
                self.world.events.delivered(delivery.seq, status)
        return sent
