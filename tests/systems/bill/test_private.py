"""A tax id is sent to BILL and matched, and stands nowhere else: no log, error, repr, echo or raw text of a bad row."""

import logging

import pytest
from msgspec.structs import replace

from integrations.engine.errors import OutcomeUnknown, Rejected, SyncError
from integrations.engine.records import Entity, Unreadable
from integrations.systems.bill import drafts
from integrations.systems.bill.drafts import FieldLimits
from tests.systems.bill.world import World, read_all, vendor_draft

TAX_ID = "12-3456789"


@pytest.mark.parametrize(
    ("tax_id", "country", "sent"),
    [
        ("12-3456789", "US", {"taxId": "12-3456789", "taxIdType": "EIN"}),
        ("123-45-6789", "US", {"taxId": "123-45-6789", "taxIdType": "SSN"}),
        ("123456789", "US", {"taxId": "123456789", "taxIdType": "EIN"}),
        ("123456789", "NO", {}),
        ("DE123456789", "DE", {}),
        ("", "US", {}),
    ],
)
def test_the_form_of_a_tax_id_tells_its_type_and_foreign_ones_stay_at_home(
    tax_id: str, country: str, sent: dict[str, str]
) -> None:
    draft = vendor_draft(tax_id=tax_id)
    draft = replace(draft, address=replace(draft.address, country=country))
    assert drafts.body(draft).get("additionalInfo", {}) == sent


def test_a_tax_id_that_cannot_be_sent_is_not_quoted() -> None:
    (problem,) = drafts.problems(vendor_draft(tax_id="12-34567\x0089"), FieldLimits())
    assert (problem.field, problem.value) == ("tax_id", "")


@pytest.mark.parametrize("fault", ["bad_json", "truncate_body", "missing_id", "status", "drop_after"])
def test_no_error_quotes_a_tax_id(world: World, caplog: pytest.LogCaptureFixture, fault: str) -> None:
    caplog.set_level(logging.DEBUG)
    body = f'[{{"message":"additionalInfo.taxId: no","params":[{{"taxId":"{TAX_ID}"}}]}}]'
    world.fault(fault, "/v3/vendors", method="POST", **({"status": 400, "body": body} if fault == "status" else {}))
    with pytest.raises(SyncError) as caught:
        world.post(vendor_draft(tax_id=TAX_ID))
    assert isinstance(caught.value, OutcomeUnknown | Rejected)
    assert "3456789" not in f"{caught.value!r} {caught.value.detail} {caught.value.__dict__} {caplog.text}"


@pytest.mark.parametrize("poison", ['"name":NaN', '"name":"Nul\\u0000"'])
def test_the_raw_text_of_an_unreadable_vendor_has_no_tax_id(world: World, poison: str) -> None:
    world.post(vendor_draft(tax_id=TAX_ID))
    world.fault("replace", "/v3/vendors", find='"name":"Nordic Bolts"', text=poison)
    (found,), _ = read_all(world.client, Entity.VENDOR)
    assert isinstance(found, Unreadable)
    assert "SUP-1007" in found.raw
    assert "3456789" not in found.raw


def test_listings_give_what_matching_by_name_and_zip_needs(world: World) -> None:
    world.post(vendor_draft(tax_id=TAX_ID))
    (found,) = world.client.look_up(Entity.VENDOR)
    assert (found.number, found.name, found.echo["address.zipOrPostalCode"]) == ("SUP-1007", "Nordic Bolts", "78701")
    assert found.echo["tax_id"] == "6789"
    assert "3456789" not in repr(found)
