"""AvidXchange's rows -> canonical records, by the field names of the profile. Nothing of its JSON goes further.

A row that cannot become a record raises RowError: the reader keeps it as Unreadable, its neighbours go on.
"""

from decimal import Decimal
from typing import Any

from integrations.engine.records import (
    Address,
    Company,
    Invoice,
    InvoiceState,
    PaidInvoice,
    Payment,
    PaymentState,
    Posting,
    PostingKind,
    Vendor,
)
from integrations.systems.avidxchange import wire
from integrations.systems.avidxchange.cards import masked
from integrations.systems.avidxchange.profile import Profile
from integrations.systems.avidxchange.values import LONGEST_KEY, RowError, code, day, key, moment, money, text
from integrations.systems.avidxchange.wire import Tree


class Canon:
    """Makes canonical records of one profile's rows, whose keys are in lower case. Every method raises RowError."""

    def __init__(self, profile: Profile) -> None:
        self._fields = profile.fields
        self._invoices, self._payments = profile.invoices, profile.payment
        self._account_group = profile.invoices.account_group.casefold()
        self._states = {word.casefold(): state for word, state in profile.invoices.states.items()}
        self._states |= {word.casefold(): InvoiceState.AUTHORISED for word in profile.invoices.post_statuses}
        self._statuses = {word.casefold(): state for word, state in profile.payment.status_map.items()}
        self._methods = {word.casefold(): method for word, method in profile.payment.method_map.items()}

    def get(self, row: Any, field: str) -> Any:
        """What the row holds in a field of the profile; None when it is not there."""
        return wire.first(row, self._fields.get(field, ()))

    def own_key(self, row: Any, kind: str) -> str:
        """The key of a row of that kind."""
        found = key(self.get(row, f"{kind}.key"))
        if not found:
            raise RowError("AvidXchange sent a record without an id.", "no_id")
        if len(found) > LONGEST_KEY:
            raise RowError("AvidXchange sent a record whose id is too long for one.", "no_id")
        return found

    def company(self, row: Tree) -> Company:
        """An accounting system of the customer."""
        return Company(key=self.own_key(row, "system"), name=text(self.get(row, "system.name")))

    def vendor(self, row: Tree) -> Vendor:
        """A vendor; it is known by the code that we gave it."""
        own = self.own_key(row, "vendor")
        return Vendor(
            key=own,
            version=wire.change_token(row),
            number=own,
            name=self._text(row, "vendor.name"),
            country=self._text(row, "vendor.country"),
            email=self._text(row, "vendor.email"),
            tax_id=self._text(row, "vendor.tax_id"),
            active=wire.truth(self.get(row, "vendor.active")) is not False,
            addresses=(self._address(row),),
            modified=moment(self.get(row, "vendor.modified")),
        )

    def invoice(self, row: Tree, closed: bool) -> Invoice:
        """A captured invoice; `closed`: from a closed batch, where one without a status is approved.

        `net` is what is left of the gross without the tax, of a credit both negative.
        """
        own = self.own_key(row, "invoice")
        gross = money(self.get(row, "invoice.gross"))
        if gross is None:
            raise RowError("AvidXchange sent an invoice without an amount.", "no_amount")
        tax = money(self.get(row, "invoice.tax")) or Decimal(0)
        word = self._text(row, "invoice.status")
        return Invoice(
            key=own,
            version=wire.change_token(row),
            company=self._text(row, "invoice.company"),
            vendor_key=key(self.get(row, "invoice.vendor_code")),
            vendor_name=self._text(row, "invoice.vendor_name"),
            number=_number(self.get(row, "invoice.number"), own),
            state=self._state(word, closed),
            state_word=word,
            type=self._text(row, "invoice.type"),
            invoice_date=day(self.get(row, "invoice.date")),
            due_date=day(self.get(row, "invoice.due_date")),
            currency=self._text(row, "invoice.currency") or self._invoices.currency,
            net=gross - tax,
            tax=tax,
            gross=gross,
            po_number=self._text(row, "invoice.po_number"),
            approved_on=day(self.get(row, "invoice.approved")),
            document=text(self.get(row, "invoice.document"), own),
            postings=self._postings(row),
            modified=moment(self.get(row, "invoice.modified")),
        )

    def payment(self, row: Tree) -> Payment:
        """A payment; a status or method that the profile does not list is unknown, or stays their own word."""
        own = self.own_key(row, "payment")
        amount = money(self.get(row, "payment.amount"))
        if amount is None:
            raise RowError("AvidXchange sent a payment without an amount.", "no_amount")
        status, method = self._text(row, "payment.status"), self._text(row, "payment.method")
        return Payment(
            key=own,
            version=wire.change_token(row),
            vendor_key=key(self.get(row, "payment.vendor_code")),
            vendor_name=self._text(row, "payment.vendor_name"),
            number=self._text(row, "payment.number"),
            method=self._methods.get(method.casefold(), method),
            state=self._statuses.get(status.casefold(), PaymentState.UNKNOWN),
            state_word=status,
            amount=amount,
            currency=self._text(row, "payment.currency") or self._invoices.currency,
            dated=day(self.get(row, "payment.date")),
            cleared_on=day(self.get(row, "payment.cleared")),
            company=self._text(row, "payment.company"),
            transaction_id=text(self.get(row, "payment.transaction_id"), own),
            trace=self._text(row, "payment.trace"),
            replaces=key(self.get(row, "payment.replaces")),
            payer_account=self._text(row, "payment.payer_account"),
            rate=money(self.get(row, "payment.rate")),
            why="; ".join(
                filter(None, (self._text(each, "exception.text") for each in self._many(row, "payment.exceptions")))
            ),
            invoices=tuple(self._paid(each) for each in self._many(row, "payment.invoices")),
            modified=moment(self.get(row, "payment.modified")),
        )

    def _paid(self, row: Any) -> PaidInvoice:
        gross = money(self.get(row, "paid.gross"))
        discount = money(self.get(row, "paid.discount")) or Decimal(0)
        net = money(self.get(row, "paid.net"))
        if net is None and gross is not None:
            net = gross - discount
        if net is None:
            raise RowError("AvidXchange does not say how much of an invoice was paid.", "no_amount")
        own = self.own_key(row, "paid")
        number = text(self.get(row, "paid.number"))
        return PaidInvoice(key=own, number=number, net=net, gross=gross, discount=discount)

    def _postings(self, row: Tree) -> tuple[Posting, ...] | None:
        """The coded distributions; None where the row does not show them at all."""
        if self.get(row, "invoice.distributions") is None:
            return None
        found = self._many(row, "invoice.distributions")
        numbers = [self._text(each, "distribution.key") for each in found]
        plain = all(numbers) and len(set(numbers)) == len(numbers)
        return tuple(
            self._posting(each, numbers[place] if plain else str(place + 1)) for place, each in enumerate(found)
        )

    def _posting(self, row: Any, number: str) -> Posting:
        amount = money(self.get(row, "distribution.amount"))
        if amount is None:
            raise RowError(f"AvidXchange sent distribution {number[:20]} without an amount.", "no_amount")
        codes = self._codes(row)
        account = codes.pop(self._account_group, ("", ""))[1]
        return Posting(
            key=number,
            kind=PostingKind.COST,
            account=account,
            dimensions=dict(codes.values()),
            amount=amount,
            text=self._text(row, "distribution.text"),
            po_line=self._text(row, "distribution.po_line"),
        )

    def _codes(self, row: Any) -> dict[str, tuple[str, str]]:
        """Of each group, by its name without case: (its name, the code). Two codes of one group are none of ours."""
        codes: dict[str, tuple[str, str]] = {}
        for each in self._many(row, "distribution.codes"):
            group, value = self._text(each, "code.group"), masked(code(self.get(each, "code.value")))
            if value.strip() and codes.setdefault(group.casefold(), (group, value))[1] != value:
                raise RowError(f"A distribution has two codes of “{group[:50]}”. Correct it there.", "two_codes")
        return codes

    def _state(self, word: str, closed: bool) -> InvoiceState:
        if not word and closed:
            return InvoiceState.AUTHORISED
        return self._states.get(word.casefold(), InvoiceState.UNKNOWN)

    def _address(self, row: Tree) -> Address:
        """The one address of a vendor: where payments go."""
        return Address(
            key="remit",
            line1=self._text(row, "vendor.line1"),
            line2=self._text(row, "vendor.line2"),
            city=self._text(row, "vendor.city"),
            state=self._text(row, "vendor.state"),
            postal_code=self._text(row, "vendor.postal_code"),
            country=self._text(row, "vendor.country"),
            uses=("pay",),
        )

    def _many(self, row: Any, field: str) -> list[Any]:
        return wire.many(self.get(row, field))

    def _text(self, row: Any, field: str) -> str:
        return text(self.get(row, field))


def _number(value: Any, own: str) -> str:
    """An invoice number as it is, or none at all: one that was masked would be booked wrong."""
    found = text(value, own)
    if found != key(value):
        words = f"Its invoice number looks like a card number ({found}). Correct it in AvidXchange."
        raise RowError(words, "card_number")
    return found
