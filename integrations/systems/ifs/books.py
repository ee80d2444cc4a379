"""What stands in the books of IFS, as rules and people compare it: invoices and vouchers, read set-wise."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from functools import cached_property
from typing import Any

import msgspec

from integrations.engine.records import Entity, InvoiceState
from integrations.engine.targets import Standing, TargetRecord
from integrations.systems.ifs import odata
from integrations.systems.ifs.editing import Editors, Found, Values
from integrations.systems.ifs.kinds import Readers
from integrations.systems.ifs.odata import KeyValue
from integrations.systems.ifs.profile import Profile
from integrations.systems.ifs.reading import SetReader
from integrations.systems.ifs.records import state_of
from integrations.systems.ifs.values import ZERO, BadValue, day, integer, money, number, places, some_money, text
from integrations.transport.rows import BadRow

BOOKED = "booked_invoice"  # the reader of the invoices with the id of the record that was brought in
Currencies = Callable[[], Mapping[str, str]]


class Books:
    """The books of one tenant. `currencies` gives each company's own. Thread-safe."""

    def __init__(self, readers: Readers, editors: Editors, profile: Profile, currencies: Currencies) -> None:
        self._readers, self._profile, self._read_currencies = readers, profile, currencies
        self._vouchers = editors("voucher")

    @cached_property
    def _currencies(self) -> Mapping[str, str]:
        """Each company's own currency; it never changes."""
        return self._read_currencies()

    def standing(self, entity: Entity, target_ids: Sequence[str]) -> dict[str, TargetRecord]:
        """Invoices (company|id) or vouchers (company|type|year|number) as they stand; what is not there is left out."""
        read = {Entity.INVOICE: self._invoices, Entity.PAYMENT: self._vouchers_of}.get(entity)
        return {} if read is None else {record.target_id: record for record in read(target_ids)}

    def invoices(self, company: str, vendors: Sequence[str], number_: str) -> Iterator[TargetRecord]:
        """Live list, narrowed by what is given: the company, any of these suppliers, the number."""
        reader = self._readers(BOOKED)
        within = {"company": company} if company else {}
        where = [reader.equal("number", number_)] if number_ else []
        literals = [reader.literal("identity", vendor) for vendor in dict.fromkeys(vendors)]
        for chain in odata.chains(reader.column("identity"), literals) if vendors else [""]:
            for record in self._read(reader, [*where, chain] if chain else where, within):
                sign = "credit" if (record.amount or 0) < 0 else "bill"
                yield record if record.amount is None else msgspec.structs.replace(record, kind=sign)

    def _invoices(self, target_ids: Sequence[str]) -> Iterator[TargetRecord]:
        reader = self._readers(BOOKED)
        for company, ids in _grouped(target_ids, 1).items():
            literals = [reader.literal("invoice_id", each) for each in ids]
            for chain in odata.chains(reader.column("invoice_id"), literals):
                yield from self._read(reader, [chain], {"company": company[0]})

    def _read(self, reader: SetReader, where: Sequence[str], within: Mapping[str, KeyValue]) -> Iterator[TargetRecord]:
        for row in reader.all(where, within=within):
            key = reader.key_of(row, ("company", "invoice_id"))
            if key is None:
                continue
            target_id = f"{key[0]}|{key[1]}"
            try:
                yield _unreadable(target_id) if isinstance(row, BadRow) else self._invoice(target_id, row)
            except BadValue:
                yield _unreadable(target_id)

    def _invoice(self, target_id: str, row: Any) -> TargetRecord:
        decimals = places(row.currency)
        gross = money(row.net, decimals, "net") + (some_money(row.tax, decimals, "tax") or ZERO)
        owed = some_money(row.open, decimals, "open")
        return TargetRecord(
            target_id=target_id,
            number=text(row.number),
            external_id=text(row.external_id),
            vendor_id=row.identity or "",
            currency=row.currency or "",
            amount=gross,
            date=day(row.invoice_date, "invoice_date"),
            due_date=day(row.due_date, "due_date"),
            kind=(row.state or "").lower(),
            active=state_of(row, self._profile) is not InvoiceState.CANCELLED,
            version=row.etag or "",
            paid=None if owed is None else gross - owed,
            rate=_rate(row, self._currencies),
            standing=_standing(gross, owed),
            echo=echo(gross, text(row.number), text(row.series)),
        )

    def _vouchers_of(self, target_ids: Sequence[str]) -> Iterator[TargetRecord]:
        column = self._vouchers.spec.fields["voucher_no"]
        for (company, kind, year), numbers in _grouped(target_ids, 3).items():
            within: Values = {"company": company, "type": kind, "year": int(year)}
            for chain in odata.chains(column, numbers):
                for row in self._vouchers.find(within, chain):
                    yield self._voucher(row)

    def _voucher(self, row: Found) -> TargetRecord:
        target_id = "|".join(row.text(name) for name in ("company", "type", "year", "voucher_no"))
        dated = None
        with suppress(BadValue):
            dated = day(row.text("dated"), "dated")
        return TargetRecord(
            target_id=target_id,
            number=row.text("voucher_no"),
            date=dated,
            kind=row.text("state").lower(),
            active=self._profile.voucher_states.get(row.text("state")) != "cancelled",
            version=row.etag,
            echo={"text": row.text("text"), "date": row.text("dated")[:10]},
        )


def echo(gross: Decimal, number_: str, series: str) -> dict[str, str]:
    """What is watched of an invoice; the amount stands without trailing zeros."""
    return {"amount": f"{gross.normalize():f}", "number": number_, "series": series}


def _grouped(target_ids: Sequence[str], size: int) -> dict[tuple[str, ...], list[str]]:
    """Last parts of keys that are whole numbers, by the `size` parts before; other keys name nothing in IFS."""
    found: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for target_id in dict.fromkeys(target_ids):
        *before, last = target_id.split("|")
        if len(before) == size and integer(last) is not None and (size == 1 or integer(before[-1]) is not None):
            found[tuple(before)].append(last)
    return found


def _rate(row: Any, currencies: Mapping[str, str]) -> Decimal | None:
    """Domestic per unit of the invoice's currency; None where IFS does not say."""
    if row.currency and row.currency == currencies.get(row.company):
        return Decimal(1)
    rate, factor = number(row.rate, "rate"), number(row.rate_factor, "rate_factor")
    return None if not rate else rate / (factor or 1)


def _standing(gross: Decimal, owed: Decimal | None) -> Standing:
    if owed is None:
        return Standing.UNKNOWN
    if not owed:
        return Standing.PAID
    return Standing.UNPAID if owed == gross else Standing.PARTLY_PAID


def _unreadable(target_id: str) -> TargetRecord:
    return TargetRecord(target_id=target_id, kind="unreadable")
