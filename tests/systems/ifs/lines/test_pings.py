"""What a ping says, and that it ends in time."""

import time
from collections.abc import Sequence

import pytest

from integrations.systems.base import Check, Verdict
from integrations.systems.ifs import SYSTEM
from integrations.systems.ifs.simulator import Client
from tests.systems.ifs.lines.world import SECRET, SETTINGS, World


def not_found(checks: Sequence[Check]) -> dict[str, Verdict]:
    return {check.name.partition(" (")[0]: check.verdict for check in checks if check.verdict is not Verdict.FOUND}


def line(checks: Sequence[Check], name: str) -> Check:
    return next(check for check in checks if check.name.startswith(name))


def test_every_set_that_is_read_has_its_line(world: World) -> None:
    checks = world.client.ping()
    text = " ".join(check.name for check in checks)
    for each in ("CompanySet", "SupplierInfoGeneralSet", "AccountSet", "ManSuppInvoiceSet", "SupplierLedgerItemSet"):
        assert each in text
    for each in ("AccountingPeriodSet", "PurchaseOrderSet", "PurchaseOrderLinePartSet", "PurchaseReceiptSet"):
        assert each in text
    assert not_found(checks) == {}


def test_a_missing_field_comes_with_the_nearest_name() -> None:
    world = World(override={"sets": {"account": {"fields": {"account": "Acount"}}}})
    check = line(world.client.ping(), "Account")
    assert check.verdict is Verdict.MISSING
    assert "Acount" in check.why
    assert "Account" in check.why
    assert check.advice


def test_a_needed_projection_that_is_not_granted_is_red_an_optional_one_a_warning() -> None:
    grants = frozenset({"CompanyHandling", "SupplierHandling", "AccountsHandling", "StatutoryFeeHandling"})
    world = World({"clients": (Client("ml-connector", SECRET, grants=grants),)})
    found = not_found(world.client.ping())
    assert found["Invoice"] is Verdict.MISSING
    assert found["Ledger item"] is Verdict.WARNING


def test_a_field_for_marks_that_is_not_there_is_a_warning_and_says_when_it_matters() -> None:
    check = line(World(override={"write_back": {"invoice": ["Cf_Sent"]}}).client.ping(), "Marks on invoices")
    assert check.verdict is Verdict.WARNING
    assert "Cf_Sent" in check.why
    assert "Needed only" in check.advice


def test_what_is_written_is_named_and_its_rights_are_not_tried(world: World) -> None:
    lines = [check for check in world.client.ping() if check.name.startswith("Written")]
    text = " ".join(check.name for check in lines)
    for each in ("external invoice", "posting proposal", "manual invoice", "voucher row"):
        assert each in text
    assert all(check.verdict is Verdict.FOUND and "a ping writes nothing" in check.why for check in lines)
    assert {request.method for request in world.wire.sent if "/main/" in str(request.url)} == {"GET"}


@pytest.mark.parametrize(
    ("override", "word"),
    [
        ({"set": "ManualVoucherHandling.svc/Vouchers"}, "There is no set Vouchers"),
        ({"fields": {"text": "Voucher_Text"}}, "no field Voucher_Text"),
        ({"actions": {"approve": "Voucher_Release"}}, "no action Voucher_Release"),
        ({"set": "NoSuchHandling.svc/VoucherSet"}, "no projection NoSuchHandling"),
    ],
)
def test_what_cannot_be_written_as_named_is_a_warning(override: dict[str, str], word: str) -> None:
    checks = World(override={"written": {"voucher": override}}).client.ping()
    (check,) = [check for check in checks if check.name.startswith("Written") and check.verdict is Verdict.WARNING]
    assert word in check.why
    assert "Needed only" in check.advice


def test_purchase_orders_that_are_not_granted_are_a_warning() -> None:
    grants = frozenset({"CompanyHandling", "SupplierHandling"})
    world = World({"clients": (Client("ml-connector", SECRET, grants=grants),)})
    found = not_found(world.client.ping())
    for each in ("Order", "Order line part", "Order receipt", "Accounting period"):
        assert found[each] is Verdict.WARNING


def test_no_company_is_red_with_the_place_to_look() -> None:
    world = World({"clients": (Client("ml-connector", SECRET, companies=frozenset()),)})
    check = line(world.client.ping(), "Compan")
    assert check.verdict is Verdict.MISSING
    assert "Allowed Companies" in check.advice


def test_clocks_that_differ_are_a_warning(world: World) -> None:
    world.fault("skew_date", times=None, seconds=7200)
    assert line(world.client.ping(), "Clock").verdict is Verdict.WARNING


@pytest.mark.parametrize(
    "body", ["<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>", "<not xml", "", "{}"]
)
def test_hostile_metadata_is_read_as_unreadable(world: World, body: str) -> None:
    world.fault("status", "$metadata", times=None, status=200, body=body)
    checks = world.client.ping()
    assert not_found(checks)
    assert "root:" not in repr(checks)


def test_a_ping_of_something_slow_ends_in_time() -> None:
    world = World({"latency": 0.5}, deadline=60)
    begun = time.monotonic()
    checks = world.client.ping()
    assert time.monotonic() - begun < 10
    assert len(checks) > 5


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("realm", "a/b"),
        ("realm", "demo?x=1"),
        ("page_size", "0"),
        ("page_size", "5001"),
        ("page_size", "\u0665"),
        ("page_size", "many"),
        ("requests_per_minute", "-1"),
        ("profile_overrides", "{"),
        ("profile_overrides", '{"sets": {"account": {"set": "nonsense"}}}'),
        ("profile", "other"),
        ("endpoint", "else"),
    ],
)
def test_settings_that_cannot_work_are_named(setting: str, value: str) -> None:
    assert set(SYSTEM.problems(SETTINGS | {setting: value})) & {setting, "profile_overrides"}


def test_settings_that_work_have_no_problems_and_say_where_they_lead() -> None:
    assert SYSTEM.problems(SETTINGS) == {}
    assert SYSTEM.environment(SETTINGS) == "production"
    assert SYSTEM.environment({"base_url": "http://127.0.0.1:8801"}) == "simulator"
    assert [setting.name for setting in SYSTEM.settings if setting.secret] == ["client_secret"]
    assert all(setting.help for setting in SYSTEM.settings)
    assert SYSTEM.steps
