"""Whether the image of an invoice goes beside its bill, and whether the bill waits for it."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from integrations.engine import fingerprint as hashing
from integrations.engine.decide import decide
from integrations.engine.decisions import Act, Create, Decision, Hold, Link, Nothing, Out, Wait
from integrations.engine.documents import Images, Takes, fetch
from integrations.engine.drafts import ImageDraft
from integrations.engine.errors import Aside, ConnectionBroken, Retryable
from integrations.engine.mapping import Rules
from integrations.engine.policy import Policy
from integrations.engine.ports import Document
from integrations.engine.records import Gone, Invoice, InvoiceImage, LedgerItem
from tests.engine.build import COST, DEBT, TAX, invoice, rules

TODAY = date(2026, 11, 27)


def image(**fields: Any) -> InvoiceImage:
    base = {"key": "10|1|D1", "company": "10", "invoice_key": "10|1", "name": "scan.pdf", "size": 900}
    return InvoiceImage(**{**base, **fields})


def link(source: InvoiceImage, bill: str = "00n1") -> Link:
    return Link(target_id=bill, fingerprint=hashing.fingerprint(source), schema=hashing.VERSION)


def known(takes: Takes | None = None, **fields: Any) -> Rules:
    return Rules(images=Images(**{"bills": {"10|1": {"": "00n1"}}, **fields}), takes=takes or Takes(6_000_000))


def of_image(source: InvoiceImage, rules: Rules, old: Link | None = None, variant: str = "", **chosen: Any) -> Decision:
    return decide(source, old, None, rules, Policy(company="10", **chosen), variant=variant)


def test_it_goes_beside_the_bill_of_its_invoice() -> None:
    found = of_image(image(), known())
    assert isinstance(found, Act)
    draft = ImageDraft(bill_id="00n1", document="10|1|D1", name="scan.pdf", size=900)
    assert (found.draft, found.target_id) == (draft, "00n1")


def test_once_there_it_is_left_alone_also_when_the_setting_is_off_by_now() -> None:
    assert of_image(image(), known(), link(image()), image="no") == Nothing()


def test_beside_another_bill_than_before_it_goes_again() -> None:
    found = of_image(image(), known(), link(image(), "00nOLD"))
    assert isinstance(found, Act)
    assert found.target_id == "00n1"


def test_another_file_in_its_place_goes_beside_it() -> None:
    assert isinstance(of_image(image(size=901), known(), link(image())), Act)


def test_it_waits_for_the_bill() -> None:
    found = of_image(image(), known(bills={}))
    assert isinstance(found, Wait)
    assert found.problems[0].blocker == ("invoice", "10|1")


@pytest.mark.parametrize(
    ("source", "rules", "chosen", "reason"),
    [
        (image(), known(), "no", "image_not_sent"),
        (image(), known(bills={}, left_out=frozenset({"10|1"})), "required", "image_left_out"),
        (image(), known(credits=frozenset({"10|1"})), "required", "image_of_credit"),
        (image(size=6_000_001), known(), "when_available", "document_too_large"),
        (image(name="scan.exe"), known(Takes(9_000, frozenset({".pdf"}))), "when_available", "image_kind"),
        (image(), known(bills={"10|1": {"1": "a", "2": "b"}}), "required", "instalments"),
    ],
)
def test_what_stays_out_says_why(source: InvoiceImage, rules: Rules, chosen: str, reason: str) -> None:
    found = of_image(source, rules, image=chosen)
    assert isinstance(found, Out)
    assert found.reason == reason


def test_each_instalment_is_asked_for_and_has_its_own() -> None:
    rules = known(bills={"10|1": {"1": "a", "2": "b"}})
    asked = of_image(image(), rules)
    assert isinstance(asked, Out)
    assert [want.variant for want in asked.wants] == ["1", "2"]
    found = of_image(image(), rules, variant="2")
    assert isinstance(found, Act)
    assert found.target_id == "b"


def test_where_every_bill_needs_one_an_unfit_image_is_a_persons() -> None:
    found = of_image(image(size=6_000_001), known(), image="required")
    assert isinstance(found, Hold)
    assert found.problems[0].code == "document_too_large"


def test_one_that_the_erp_drops_stays_where_it_was_sent() -> None:
    gone = Gone(key="10|1|D1", last=image())
    assert decide(gone, link(image()), None, known(), Policy(company="10")) == Nothing()
    assert isinstance(decide(gone, None, None, known(), Policy(company="10")), Out)


# the bill


def of_bill(days: int, *, there: bool = False, source: Invoice | None = None, **chosen: Any) -> Decision:
    """An invoice that was first read so many days ago, with or without an image."""
    source = source or invoice(voucher_date=TODAY - timedelta(days=30))
    seen = {source.key: TODAY - timedelta(days=days)}
    images = Images(there=frozenset({source.key}) if there else frozenset(), seen=seen)
    base = rules()
    known = base.for_batch(base.vendors, base.vendor_links, base.guard, today=TODAY, images=images)
    return decide(source, None, None, known, Policy(company="10", **chosen))


@pytest.mark.parametrize(
    ("days", "there", "chosen", "kind"),
    [
        (0, False, "when_available", Create),
        (0, False, "no", Create),
        (9, True, "required", Create),
        (0, False, "required", Wait),
        (2, False, "required", Wait),
        (3, False, "required", Hold),
    ],
)
def test_a_bill_that_needs_its_image_waits_three_days(days: int, there: bool, chosen: str, kind: type) -> None:
    assert type(of_bill(days, there=there, image=chosen)) is kind


def test_the_days_count_from_the_posting_where_that_is_later() -> None:
    assert isinstance(of_bill(9, source=invoice(voucher_date=TODAY - timedelta(days=1)), image="required"), Wait)


def test_a_credit_needs_none_where_none_can_be_kept() -> None:
    amounts = {"net": Decimal("-100.00"), "tax": Decimal("-20.00"), "open_amount": Decimal("-120.00")}
    turned = tuple(replace(row, amount=-row.amount) for row in (DEBT, COST, TAX))
    items = (LedgerItem(original=Decimal("-120.00"), open=Decimal("-120.00")),)
    credit = invoice(voucher_date=TODAY, postings=turned, ledger_items=items, **amounts)
    assert isinstance(of_bill(0, source=credit, image="required"), Create)


# fetching it


class Erp:
    def __init__(self, found: Document | Exception) -> None:
        self.found = found

    def document(self, ref: str, most: int) -> Document:
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


@pytest.mark.parametrize(
    ("erp", "size"),
    [
        (Erp(Retryable("Away.")), None),
        (Erp(ConnectionBroken("May not.")), None),
        (Erp(Document(b"half", "application/pdf", "scan.pdf", "")), 8),
    ],
)
def test_what_cannot_be_had_now_is_set_aside_alone(erp: Erp, size: int | None) -> None:
    with pytest.raises(Aside):
        fetch(erp, "10|1|D1", 100, size)
