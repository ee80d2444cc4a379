"""What both stand-ins hold after a sync, and what our rows say of the records that did not go."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from integrations.models import OutboxItem, RecordLink, ReviewItem
from integrations.systems.avidxchange.simulator import Simulator as Avid
from integrations.systems.ifs.simulator import Simulator as Ifs
from tenants.scope import tenant_scope
from tests.journeys.books.outcome import ZERO, Outcome, Row, facts


@dataclass(frozen=True)
class State:
    """Where a record stands with us: its state, the codes of every problem, whether it was linked, not made."""

    state: str
    codes: tuple[str, ...]
    linked: bool = False


def states(tenant: UUID, integration: int, entity: str, *, inbound: bool, variant: str = "") -> dict[str, State]:
    """By source key."""
    flow = {"flow__integration_id": integration, "flow__entity": entity, "flow__inbound": inbound}
    with tenant_scope(tenant):
        items = list(OutboxItem.objects.filter(variant=variant, **flow))
        reviews = ReviewItem.objects.filter(status="open", **{f"item__{name}": value for name, value in flow.items()})
        codes = {each.item_id: tuple(sorted({problem["code"] for problem in each.problems})) for each in reviews}
        links = RecordLink.objects.filter(integration_id=integration, entity=entity, inbound=inbound, variant=variant)
        linked = set(links.exclude(made_by="created").values_list("source_key", flat=True))
    return {
        item.source_key: State(item.state, codes.get(item.pk, (item.reason,)), item.source_key in linked)
        for item in items
    }


def outcome(state: State, there: Outcome | None) -> Outcome:
    """`there` is what the other side shows of it."""
    if state.state != "done":
        return Outcome(state.state, state.codes)
    return Outcome("linked") if state.linked else there or Outcome("nowhere")


def vendors(avid: Avid) -> dict[str, Outcome]:
    """By code."""
    return {row["ExternalVendorCode"]: Outcome("sent", (), _vendor(row)) for row in avid.dump("vendors")}


def _vendor(row: Row) -> tuple[tuple[str, Any], ...]:
    address = row["Address"]
    return facts(
        name=row["Name"],
        line1=address["Line1"],
        line2=address["Line2"],
        city=address["City"],
        state=address["State"],
        postal_code=address["PostalCode"],
        country=address["Country"],
        tax_id=row.get("FedTaxId", ""),
        active=row["Active"],
    )


def codes(avid: Avid) -> dict[str, Outcome]:
    """By group|code."""
    return {
        f"{row['GroupName']}|{row['CodeValue']}": Outcome(
            "sent", (), facts(text=row["Description"], active=row["IsActive"])
        )
        for row in avid.dump("enterpriseCodes")
    }


def orders(avid: Avid, company: str) -> dict[str, Outcome]:
    """By number, those of one company."""
    mine = [row for row in avid.dump("purchaseOrders") if row["BillToCompanyExternalCode"] == company]
    return {row["ExternalCode"].removeprefix(f"{company}:"): Outcome("sent", (), _order(row)) for row in mine}


def _order(row: Row) -> tuple[tuple[str, Any], ...]:
    return facts(
        number=row["OrderNumber"],
        vendor=row["VendorExternalCode"],
        company=row["BillToCompanyExternalCode"],
        currency=row["Currency"],
        status=row["Status"],
        total=Decimal(row["TotalAmount"]),
        lines=tuple(sorted(_order_line(line) for line in row["LineItems"])),
    )


def _order_line(line: Row) -> tuple[Any, ...]:
    item = line["Item"]
    numbers = (Decimal(item["Quantity"]), item["UOM"], Decimal(line["PricePer"]), Decimal(line["Amount"]))
    return (line["ExternalCode"], item["ProductCode"], item["ProductDesc"], *numbers)


def booked(ifs: Ifs, company: str) -> dict[str, Row]:
    """Invoices of IFS by the id of AvidXchange; one that stands there twice is an AssertionError."""
    found: dict[str, Row] = {}
    for row in ifs.rows("ManSuppInvoice", Company=company):
        if key := row["Cf_Avid_Id"]:
            assert key not in found, f"{key} stands in the books twice"
            found[key] = row
    return found


def linked(ifs: Ifs, tenant: UUID, integration: int) -> dict[str, Row]:
    """Invoices that people keyed in IFS and we found there, by the id of AvidXchange."""
    with tenant_scope(tenant):
        links = RecordLink.objects.filter(integration_id=integration, entity="invoice", inbound=True)
        found = list(links.exclude(made_by="created").values_list("source_key", "target_id"))
    keys = [(key, *target.split("|")) for key, target in found]
    return {key: ifs.row("ManSuppInvoice", (company, int(number))) for key, company, number in keys}


def invoices(ifs: Ifs, company: str) -> dict[str, Outcome]:
    """By the id of AvidXchange: head, postings and items, and who is asked to authorise the same coding."""
    postings, items, proposed = (
        _by_invoice(ifs, entity, company) for entity in ("ManSuppInvoicePostings", "ManSuppInvoiceItem", "Proposal")
    )
    return {
        key: Outcome("booked", (), _invoice(row, *(each[row["InvoiceId"]] for each in (postings, items, proposed))))
        for key, row in booked(ifs, company).items()
    }


def _by_invoice(ifs: Ifs, entity: str, company: str) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in ifs.rows("PostingProposalLine" if entity == "Proposal" else entity, Company=company):
        found[row["InvoiceId"]].append(row)
    return found


def _invoice(row: Row, postings: list[Row], items: list[Row], proposed: list[Row]) -> tuple[tuple[str, Any], ...]:
    coding = tuple(_coding(each) for each in postings)
    agreed = {each["Authorizer"] for each in proposed} if tuple(map(_coding, proposed)) == coding else {"differs"}
    return facts(
        company=row["Company"],
        supplier=row["Identity"],
        series=row["SeriesId"],
        number=row["InvoiceNo"],
        dated=row["InvoiceDate"],
        arrived=row["ArrivalDate"],
        due=row["DueDate"],
        currency=row["Currency"],
        net=row["NetCurrAmount"],
        tax=row["VatCurrAmount"] or ZERO,
        term=row["PayTermId"],
        method=row["PaymentMethod"],
        order=row["PoRefNumber"] or "",
        postings=coding,
        items=tuple((each["NetCurrAmount"], each["PoLineNo"] or "") for each in items),
        authoriser="+".join(sorted(agreed)),
    )


def _coding(row: Row) -> tuple[Any, ...]:
    codes = tuple(row[f"Code{part}"] or "" for part in "BCD")
    return (row["CodeA"], *codes, row["CurrAmount"], (row["Text"] or "").strip())


def vouchers(ifs: Ifs, company: str) -> dict[str, Outcome]:
    """Approved vouchers by the second word of their text: the payment's id, with an R behind for a reversal."""
    rows: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for each in ifs.rows("VoucherRow", Company=company):
        rows[_number(each)].append(each)
    found: dict[str, Outcome] = {}
    for head in ifs.rows("Voucher", Company=company, Objstate="Approved"):
        key = head["VoucherText"].split()[1]
        assert key not in found, f"{key} stands in the books twice"
        found[key] = Outcome("booked", (), _voucher(head, rows[_number(head)]))
    return found


def _number(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("Company", "VoucherType", "AccountingYear", "VoucherNo"))


def _voucher(head: Row, rows: list[Row]) -> tuple[tuple[str, Any], ...]:
    return facts(
        company=head["Company"],
        type=head["VoucherType"],
        dated=head["VoucherDate"],
        rows=tuple(sorted((_voucher_row(row) for row in rows), key=str)),
    )


def _voucher_row(row: Row) -> tuple[Any, ...]:
    named = (row["PartyTypeId"], row["ReferenceSerie"], row["ReferenceNumber"], row["TransCode"])
    return (row["Account"], row["CurrencyCode"], row["CurrencyAmount"], row["Amount"], *named)
