"""Vendors."""

from integrations.systems.bill.simulator import SimulatorConfig
from tests.systems.bill_simulator.api import ADDRESS, Place, codes


def test_a_vendor_comes_back_without_empty_fields_and_in_dollars(place: Place) -> None:
    vendor = place.api.get(f"/v3/vendors/{place.vendor(shortName='SUP-1007', phone='')}").json()
    assert vendor["id"].startswith("009")
    assert len(vendor["id"]) == 20
    assert vendor["billCurrency"] == "USD"
    assert vendor["shortName"] == "SUP-1007"
    assert "phone" not in vendor
    assert None not in vendor.values()


def test_name_and_the_four_address_fields_are_required(place: Place) -> None:
    response = place.api.post("/v3/vendors", {"name": ""})
    assert [item["message"] for item in response.json()] == ["name: must not be blank", "address: must not be null"]
    response = place.api.post("/v3/vendors", {"name": "A", "address": {"country": "USA"}})
    assert len(response.json()) == 4
    assert set(codes(response)) == {""}


def test_lengths_currency_and_account_type_are_checked(place: Place) -> None:
    body = {
        "name": "n" * 101, "shortName": "s" * 41, "billCurrency": "XXX", "accountType": "FIRM", "email": "nobody",
        "address": ADDRESS,
    }  # fmt: skip
    response = place.api.post("/v3/vendors", body)
    assert response.status_code == 400
    assert len(response.json()) == 5


def test_equal_names_make_two_vendors(place: Place) -> None:
    assert place.vendor() != place.vendor()


def test_patch_changes_what_is_sent_and_keeps_the_rest(place: Place) -> None:
    vendor = place.vendor(shortName="S1", address={**ADDRESS, "line2": "Dock 4"})
    changed = place.api.patch(f"/v3/vendors/{vendor}", {"address": {"city": "Dallas"}}).json()
    assert changed["address"]["city"] == "Dallas"
    assert changed["address"]["line2"] == "Dock 4"
    assert changed["shortName"] == "S1"


def test_bulk_takes_20_and_rolls_all_back_for_one_bad_form(place: Place) -> None:
    good = {"name": "A", "address": ADDRESS}
    assert place.api.post("/v3/vendors/bulk", [good] * 21).status_code == 400
    response = place.api.post("/v3/vendors/bulk", [good, {"name": "B"}])
    assert [item["message"] for item in response.json()] == ["[1].address: must not be null"]
    assert place.sim.dump("vendors") == []
    assert len(place.api.post("/v3/vendors/bulk", [good] * 20).json()["vendors"]) == 20


def test_archive_and_restore_can_be_repeated_without_moving_the_time(place: Place) -> None:
    path = f"/v3/vendors/{place.vendor()}"
    first = place.api.post(f"{path}/archive").json()
    assert place.api.post(f"{path}/archive").json() == first
    assert first["archived"] is True
    assert place.api.post(f"{path}/restore").json()["archived"] is False


def test_currency_is_fixed_once_there_is_a_bill(place: Place) -> None:
    vendor = place.vendor()
    assert place.api.patch(f"/v3/vendors/{vendor}", {"billCurrency": "EUR"}).json()["billCurrency"] == "EUR"
    place.bill(vendor)
    assert place.api.patch(f"/v3/vendors/{vendor}", {"billCurrency": "USD"}).status_code == 422
    assert place.api.patch(f"/v3/vendors/{vendor}", {"billCurrency": "EUR"}).status_code == 200


def test_bank_accounts_need_trust_and_numbers_are_never_stored(place: Place) -> None:
    bank = {"bankAccount": {"accountNumber": "123456789", "routingNumber": "111000025"}}
    response = place.api.post("/v3/vendors", {"name": "A", "address": ADDRESS, "paymentInformation": bank})
    assert codes(response) == ["BDC_1361"]
    assert "123456789" not in str(place.sim.dump("vendors"))


def test_a_connected_vendor_keeps_its_name() -> None:
    place = Place()
    vendor = place.vendor()
    place.sim.edit_vendor(vendor, networkStatus="CONNECTED")
    assert place.api.patch(f"/v3/vendors/{vendor}", {"name": "Mine"}).status_code == 422
    assert place.api.patch(f"/v3/vendors/{vendor}", {"phone": "1"}).status_code == 200
    lenient = Place(SimulatorConfig(connected_vendor_edits="ignore"))
    other = lenient.vendor()
    lenient.sim.edit_vendor(other, networkStatus="CONNECTED")
    assert lenient.api.patch(f"/v3/vendors/{other}", {"name": "Mine"}).json()["name"] == "Nordic Bolts"


def test_list_rows_may_be_thinner_than_single_reads() -> None:
    place = Place(SimulatorConfig(thin_vendor_lists=True))
    vendor = place.vendor()
    assert "paymentInformation" in place.api.get(f"/v3/vendors/{vendor}").json()
    assert "paymentInformation" not in place.api.get("/v3/vendors").json()["results"][0]


def test_names_in_any_script_survive(place: Place) -> None:
    for name in ("株式会社ボルト", "O'Neil & Sons 🔩", "NUL\x00inside", "\u202eevil"):
        vendor = place.vendor(name=name)
        assert place.api.get(f"/v3/vendors/{vendor}").json()["name"] == name
