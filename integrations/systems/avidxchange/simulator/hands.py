"""What people do inside AvidXchange while nobody looks: code, approve, void, pay. Tests and the demo use these."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from threading import RLock
from typing import Any
from uuid import UUID

from integrations.systems.avidxchange.simulator import bodies
from integrations.systems.avidxchange.simulator.bodies import Line
from integrations.systems.avidxchange.simulator.config import SimulatorConfig
from integrations.systems.avidxchange.simulator.payments import ISSUED
from integrations.systems.avidxchange.simulator.rows import Rows
from integrations.systems.avidxchange.simulator.wire import Json, money, plain

Amount = Decimal | str | int


class Hands:
    """Acts of people. Ids that do not exist raise KeyError; ids are returned where something is made.

    `acct` is the accounting system; without it, the first customer's first one. `fields` and `changes` are the
    contract's own names.
    """

    config: SimulatorConfig
    lock: RLock
    rows: Rows

    def get(self, kind: str, key: object) -> Json:
        """Any stored record, amounts as Decimal or int."""
        with self.lock:
            return self._row(kind, key)[1]

    def create_invoice(
        self,
        vendor: str,
        number: str,
        amount: Amount = 0,
        *,
        lines: Sequence[Line | Mapping[str, Any]] = (),
        codes: Mapping[str, str] | None = None,
        status: str = "Approved",
        day: str = "",
        acct: str = "",
        **fields: Any,
    ) -> int:
        """Capture an invoice of `lines`, or of one line of `amount` coded with `codes`, dated `day` (today)."""
        with self.lock, self.rows.transaction():
            made = [each if isinstance(each, Line) else Line(**each) for each in lines] or [Line(amount, codes or {})]
            on = date.fromisoformat(day or self.rows.now()[:10])
            key = self.rows.next_id("invoices")
            body = bodies.invoice(key, vendor, number, made, on, **fields)
            self._state(body, status)
            self.rows.put(acct or self._acct(), "invoices", str(key), body)
            return key

    def edit_invoice(self, invoice: int, **changes: Any) -> None:
        """Change any field; the date of change moves."""
        with self.lock, self.rows.transaction():
            place, body = self._row("invoices", invoice)
            self.rows.put(place, "invoices", str(invoice), {**body, **plain(changes)})

    def approve_invoice(self, invoice: int) -> None:
        """The last approver signs."""
        self._decide(invoice, "Approved")

    def reject_invoice(self, invoice: int) -> None:
        """An approver refuses it, also after its approval."""
        self._decide(invoice, "Rejected")

    def void_invoice(self, invoice: int) -> None:
        """Somebody voids it, whatever its state."""
        self._decide(invoice, "Void")

    def touch_invoice(self, invoice: int) -> None:
        """Nothing changes but the date of change."""
        self.edit_invoice(invoice)

    def edit_vendor(self, code: str, **changes: Any) -> None:
        """Change a vendor that was pushed before; `code` is its ExternalVendorCode."""
        with self.lock, self.rows.transaction():
            place, body = self._row("vendors", code)
            self.rows.put(place, "vendors", code, {**body, **changes})

    def close_batch(self, name: str, invoices: Sequence[int], acct: str = "") -> str:
        """Put invoices in a batch and close it. Returns its GUID."""
        with self.lock, self.rows.transaction():
            guid = str(UUID(int=self.rows.next_id("batches") << 64))
            body = {"BatchGUID": guid, "BatchName": name, "DateClosed": None, "Invoices": list(invoices)}
            self._close(acct or self._acct(), body)
            return guid

    def reopen_batch(self, guid: str) -> None:
        """Open a closed batch: the list of closed batches does not have it any more."""
        with self.lock, self.rows.transaction():
            place, body = self._row("batches", guid)
            self.rows.put(place, "batches", guid, {**body, "Status": "Open"}, touch=False)

    def close_again(self, guid: str, add: Sequence[int] = (), remove: Sequence[int] = ()) -> None:
        """Close a reopened batch, with invoices added or removed meanwhile."""
        with self.lock, self.rows.transaction():
            place, body = self._row("batches", guid)
            kept = [each for each in body["Invoices"] if each not in remove]
            self._close(place, {**body, "Invoices": [*kept, *add]})

    def make_payment(
        self,
        invoices: Sequence[int | Mapping[str, Any]],
        method: str = "Check",
        status: str = "Pending Approval",
        *,
        batch: str = "B-1",
        **fields: Any,
    ) -> int:
        """Pay invoices of one vendor: an id pays all of it, {"invoice", "gross", "discount"} a part. Returns its id.

        A status of "issued" or "cleared" walks there as the method does.
        """
        with self.lock, self.rows.transaction():
            terms = [each if isinstance(each, Mapping) else {"invoice": each} for each in invoices]
            paid = [self._row("invoices", each["invoice"]) for each in terms]
            parts = [
                bodies.part(body, each.get("gross"), each.get("discount", 0))
                for each, (_, body) in zip(terms, paid, strict=True)
            ]
            place, first = paid[0]
            buyer = first["BuyerVendor"]
            payee = {"ExternalVendorCode": buyer["VendorExternalSystemID"], "Name": buyer["VendorName"]}
            own = {"Currency": first["Currency"], "CompanyExternalCode": first["CompanyExternalCode"], **fields}
            key = self.rows.next_id("payments")
            body = bodies.payment(key, payee, parts, method, batch, **own)
            self._pay(self._customer(place), body, "Created")
        if status in ("issued", "cleared"):
            self.issue(key)
            if status == "cleared":
                self.clear(key)
        elif status != "Pending Approval":
            self.advance(key, status)
        return key

    def advance(self, payment: int, status: str, **fields: Any) -> None:
        """Move a payment to any status, by its word; one that nobody has seen is taken too."""
        with self.lock, self.rows.transaction():
            place, body = self._row("payments", payment)
            self._pay(place, {**body, "Exceptions": [], **plain(fields), "Status": bodies.status(status)}, status)

    def issue(self, payment: int) -> None:
        """The money leaves: a check is mailed, an ACH credit is in the bank file, a card is being delivered."""
        with self.lock, self.rows.transaction():
            body = self._row("payments", payment)[1]
            method = body["PaymentMethod"]["Description"]
            fields = bodies.instrument(payment, method)
            day = body["PaymentDate"] or self.rows.now()[:10]
            self.advance(payment, ISSUED.get(method, "Issued to Supplier"), PaymentDate=day, **fields)

    def clear(self, payment: int) -> None:
        """The supplier has the money."""
        with self.lock, self.rows.transaction():
            check = self._row("payments", payment)[1]["CheckNumber"] is not None
            self.advance(payment, "Cleared", ClearedDate=self.rows.now(), HasClearedCheckImages=check)

    def void(self, payment: int) -> None:
        """Cancel a payment for good."""
        self.advance(payment, "Void")

    def fail(self, payment: int, reason: str = "Bank account closed") -> None:
        """Something went wrong; a payment can leave this state again."""
        self.advance(payment, "Error", Exceptions=[{"ReasonCode": {"Description": reason}}])

    def reissue(self, payment: int, method: str = "") -> int:
        """Void a payment and pay its invoices again, perhaps in another way. Returns the new payment's id."""
        with self.lock, self.rows.transaction():
            place, old = self._row("payments", payment)
            self.void(payment)
            key, how = self.rows.next_id("payments"), method or old["PaymentMethod"]["Description"]
            same = {name: old[name] for name in ("Amount", "Currency", "CompanyExternalCode")}
            body = bodies.payment(
                key, old["Payee"], old["Invoices"], how, old["BatchId"], ReplacesPaymentId=payment, **same
            )
            self._pay(place, body, f"Replaces {payment}")
        self.issue(key)
        return key

    def _acct(self) -> str:
        return str(self.config.customers[0].accounting_systems[0][0])

    def _customer(self, acct: str) -> str:
        places = {str(number): each.id for each in self.config.customers for number, _ in each.accounting_systems}
        return places[acct]

    def _row(self, kind: str, key: object) -> tuple[str, Json]:
        found = self.rows.find(kind, str(key))
        if found is None:
            raise KeyError(key)
        return found

    def _state(self, body: Json, status: str) -> None:
        body["Status"] = status
        if status == "Approved":
            body["ApprovedDate"] = self.rows.now()

    def _decide(self, invoice: int, status: str) -> None:
        with self.lock, self.rows.transaction():
            place, body = self._row("invoices", invoice)
            self._state(body, status)
            self.rows.put(place, "invoices", str(invoice), body)

    def _close(self, place: str, body: Json) -> None:
        amounts = [self._row("invoices", key)[1]["GrossAmount"] for key in body["Invoices"]]
        totals = {"InvoiceCount": len(amounts), "BatchTotal": money(sum(amounts)), "Status": "Closed"}
        self.rows.put(place, "batches", body["BatchGUID"], {**body, **totals})

    def _pay(self, place: str, body: Json, comment: str) -> None:
        """Store a payment and a line of its history."""
        key = str(body["PaymentId"])
        self.rows.put(place, "payments", key, body)
        past = self.rows.get(place, "histories", key) or {"Entries": []}
        entry = {
            "Id": len(past["Entries"]) + 1,
            "PaymentID": body["PaymentId"],
            "PaymentProcessName": "AvidPay",
            "Description": body["Status"]["Description"],
            "Comment": comment,
            "InsertDateTime": self.rows.now(),
        }
        self.rows.put(place, "histories", key, {"Entries": [*past["Entries"], entry]})
