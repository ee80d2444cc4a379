"""Awkward cases beyond those that the stand-in for AvidXchange makes of itself: days, states, doubles, cards."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from integrations.systems.avidxchange.simulator import Line
from integrations.systems.avidxchange.simulator import Simulator as Avid
from integrations.systems.ifs.simulator import Simulator as Ifs

CARD = "4111 1111 1111 1111"
CLOSED, BEFORE_START = timedelta(days=120), timedelta(days=400)


class Desk:
    """Captures and pays for one supplier of one company, coded with what nothing is the matter with."""

    def __init__(self, avid: Avid, company: str, supplier: str, codes: Mapping[str, str], today: date) -> None:
        self.avid, self.company, self.supplier, self.codes, self.today = avid, company, supplier, codes, today

    def capture(self, number: str, amount: str = "100.00", **more: Any) -> int:
        """An approved invoice of one line."""
        lines = [Line(Decimal(amount), self.codes)]
        buyer = {"VendorName": "Whoever", "VendorExternalSystemID": self.supplier}
        fields = {"CompanyExternalCode": self.company, "BuyerVendor": buyer, **more}
        return self.avid.create_invoice(self.supplier, number, lines=lines, day=self.today.isoformat(), **fields)

    def invoices(self) -> None:
        """Approved in a closed period, before the start; paid, in an unknown state; nobody's; a card for a number."""
        closed, early = self.today - CLOSED, self.today - BEFORE_START
        self.avid.edit_invoice(self.capture("CLOSED-1"), ApprovedDate=f"{closed}T09:00:00")
        self.avid.edit_invoice(self.capture("EARLY-1"), ApprovedDate=f"{early}T09:00:00")
        self.avid.edit_invoice(self.capture("PAID-1"), Status="Paid")
        self.avid.edit_invoice(self.capture("ODD-1"), Status="Mislaid")
        self.capture("STRAY-1", CompanyExternalCode="99")
        self.capture(CARD)

    def payments(self) -> None:
        """The same transaction under a second id; an invoice of another supplier; a card number as its trace."""
        first, second, third = (self.capture(f"PAY-{number}", "90.00") for number in range(3))
        half = {"invoice": first, "gross": "45.00"}
        known = self.pay([half])
        self.pay([half], TransactionId=str(known))
        other = {"ExternalVendorCode": "NOBODY-77", "Name": "Nobody"}
        self.pay([second], Payee=other)
        self.avid.advance(self.pay([third]), "Cleared", TraceNumber=CARD, CheckNumber=CARD)

    def pay(self, invoices: Sequence[Any], status: str = "issued", **more: Any) -> int:
        """One check."""
        return self.avid.make_payment(invoices, "Check", status, CompanyExternalCode=self.company, **more)

    def keyed(self, ifs: Ifs) -> None:
        """What a clerk has keyed in IFS already: the very same invoice, and one of another amount."""
        for invoice, (number, amount) in enumerate((("KEYED-1", "70.00"), ("KEYED-2", "71.00")), 900_001):
            self.capture(number, "70.00")
            row = {"Company": self.company, "InvoiceId": invoice, "Identity": self.supplier, "PartyType": "Supplier"}
            row |= {"SeriesId": "SI", "InvoiceNo": number, "InvoiceDate": self.today.isoformat(), "Currency": "USD"}
            row |= {"NetCurrAmount": Decimal(amount), "VatCurrAmount": Decimal(0), "Objstate": "Preliminary"}
            ifs.insert("ManSuppInvoice", row)
