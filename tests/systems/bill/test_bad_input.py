"""What BILL may answer, line by line of our list of hostile inputs, and the test that shows what we then do.

`LINES` is the table; each line names what BILL does and the tests of it, here or in a neighbouring module. A line whose
test is renamed or removed fails.
"""

import importlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace as changed

from integrations.engine.errors import OutcomeUnknown, Rejected, Stale
from integrations.engine.records import Entity
from integrations.engine.targets import Standing
from integrations.systems.bill.client import connect
from tests.systems.bill.world import SETTINGS, World, codes, read_all, vendor_draft

WIRE, ERRORS = "tests.systems.bill.test_over_the_wire", "tests.systems.bill.test_errors"
WRITING, READING = "tests.systems.bill.test_writing", "tests.systems.bill.test_reading"
AUTH, LISTS = "tests.systems.bill.test_auth", "tests.systems.bill.test_lists"
STANDING, RACES = "tests.systems.bill.test_standing", "tests.systems.bill.test_races"
ACTS, DRAFTS, HERE = "tests.systems.bill.test_acts", "tests.systems.bill.test_drafts", __name__
LOOK_UP, CHECKS = "tests.systems.bill.test_look_up", "tests.systems.bill.test_checks"

LINES: dict[str, tuple[str, list[str]]] = {
    "B01": (
        "processed, the answer lost",
        [
            f"{WRITING}:test_a_lost_answer_is_unknown_and_nothing_is_sent_again",
            f"{WIRE}:test_a_reset_after_the_commit_is_unknown_and_the_record_is_found",
            f"{ACTS}:test_a_lost_answer_of_an_act_is_unknown_and_doing_it_again_does_nothing",
        ],
    ),
    "B02": ("found by search only later", [f"{HERE}:test_b02_what_was_written_shows_in_a_look_up_only_after_the_lag"]),
    "B03": (
        "errors as array, object, HTML, nothing",
        [
            f"{ERRORS}:test_trouble_on_their_side_leaves_a_write_unknown",
            f"{ERRORS}:test_an_object_instead_of_an_array_on_401_renews_the_session",
        ],
    ),
    "B04": ("session ends in mid-batch", [f"{HERE}:test_b04_a_session_that_ends_between_pages_costs_one_sign_in"]),
    "B05": (
        "session refused straight after sign-in",
        [f"{AUTH}:test_a_session_refused_straight_after_sign_in_stops_after_two"],
    ),
    "B06": (
        "over 3 in flight",
        [
            f"{ERRORS}:test_too_many_at_once_waits_a_moment",
            f"{WIRE}:test_eight_workers_are_never_more_than_three_in_flight",
        ],
    ),
    "B07": (
        "20,000 an hour",
        [
            f"{ERRORS}:test_the_hourly_limit_closes_the_developer_key_until_the_next_hour",
            f"{WIRE}:test_the_hourly_budget_ends_before_bill_says_so",
        ],
    ),
    "B08": (
        "200 sign-ins an hour",
        [
            f"{ERRORS}:test_the_sign_in_limit_leaves_sessions_that_work_alone",
            f"{WIRE}:test_the_budget_of_sign_ins_ends_before_bill_says_so",
        ],
    ),
    "B10": ("wrong password", [f"{AUTH}:test_wrong_credentials_are_tried_once"]),
    "B11": ("bad developer key", [f"{AUTH}:test_every_refused_sign_in_is_the_connections_fault_with_advice"]),
    "B12": ("duplicate number", [f"{HERE}:test_b12_a_duplicate_number_is_refused_and_the_record_can_be_looked_up"]),
    "B13": ("untrusted session", [f"{AUTH}:test_an_untrusted_session_is_never_cured_by_signing_in_again"]),
    "B14": ("unknown BDC code", [f"{HERE}:test_b14_an_unknown_code_is_a_persons_business_or_unknown"]),
    "B16": ("a vendor of that name exists", [f"{HERE}:test_b16_vendors_of_one_name_are_told_apart_by_their_number"]),
    "B17": ("vendor archived", [f"{WRITING}:test_an_unknown_account_and_an_archived_vendor_are_refused"]),
    "B18": (
        "bill archived by a person, later restored",
        [
            f"{HERE}:test_b18_a_bill_that_a_person_archives_and_restores_is_followed",
            f"{RACES}:test_without_a_version_money_and_archive_still_stop_a_change",
        ],
    ),
    "B19": ("amount edited by a person", [f"{STANDING}:test_what_a_person_edits_shows_in_the_echo"]),
    "B21": ("entered by hand before us", [f"{LOOK_UP}:test_a_bill_has_what_matching_needs"]),
    "B24": (
        "bulk with one bad item",
        [
            f"{WRITING}:test_a_refused_bulk_writes_nothing_and_names_the_reason",
            f"{WRITING}:test_a_bulk_refused_but_partly_kept_leaves_the_outcome_unknown",
            f"{ERRORS}:test_rolled_back_neighbours_give_no_reason_of_their_own",
        ],
    ),
    "B26": ("page token expired", [f"{LISTS}:test_an_expired_page_token_starts_again_from_the_last_time_seen"]),
    "B28": ("amount as number, as text", [f"{HERE}:test_b28_an_amount_is_the_same_as_number_and_as_text"]),
    "B30": (
        "status unknown to us",
        [
            f"{READING}:test_an_unknown_status_is_unknown_and_kept_as_a_word",
            f"{STANDING}:test_amounts_come_before_words_and_unknown_words_are_unknown",
        ],
    ),
    "B31": ("status goes back", [f"{HERE}:test_b31_a_bill_whose_payment_is_voided_is_open_again"]),
    "B33": ("times in every shape", [f"{READING}:test_times_in_every_shape_are_utc"]),
    "B35": (
        "429 without Retry-After, 5xx",
        [
            f"{ERRORS}:test_429_without_retry_after_is_retryable",
            f"{ERRORS}:test_trouble_on_their_side_passes_for_a_read",
        ],
    ),
    "B36": ("account unknown or inactive", [f"{HERE}:test_b36_an_unknown_or_inactive_account_is_refused"]),
    "B37": ("answer without id", [f"{WRITING}:test_an_answer_without_ids_leaves_the_outcome_unknown"]),
    "B39": ("name comes back otherwise", [f"{HERE}:test_b39_however_bill_stores_a_name_it_is_no_drift"]),
    "B41": (
        "vendor changed on both sides",
        [f"{HERE}:test_b41_a_vendor_changed_in_bill_too_is_stale_with_both_values"],
    ),
    "B43": (
        "four workers on one organization",
        [
            f"{WIRE}:test_three_threads_of_one_client_use_all_three_lanes_at_once",
            f"{WIRE}:test_three_processes_of_three_threads_are_three_in_flight_never_four",
        ],
    ),
    "B44": (
        "certificate expired, self-signed, wrong name",
        ["tests.transport.test_wire:test_a_wrong_certificate_breaks_the_connection_before_anything_is_sent"],
    ),
    "B46": ("redirects to another host", [f"{ERRORS}:test_a_redirect_is_never_followed"]),
    "B47": (
        "gzip bomb, Content-Length 2 GB",
        [
            f"{LISTS}:test_a_gzip_bomb_is_stopped_early",
            "tests.transport.test_wire:test_an_announced_giant_is_not_read",
        ],
    ),
    "B49": (
        "EUR invoice for a USD vendor",
        [f"{WRITING}:test_an_invoice_in_another_currency_than_the_vendor_is_refused"],
    ),
    "B51": (
        "NUL, lone surrogate, RTL override",
        [
            f"{DRAFTS}:test_text_that_cannot_travel_is_named",
            f"{LISTS}:test_text_that_no_database_can_hold_is_unreadable_with_its_raw_form",
            f"{HERE}:test_b51_a_direction_override_travels_and_returns_as_it_is",
        ],
    ),
    "B55": (
        "server clock 10 minutes off",
        [
            f"{HERE}:test_b55_a_clock_ten_minutes_off_loses_no_change",
            f"{HERE}:test_b55_a_clock_ten_minutes_off_still_shows_a_partly_kept_bulk",
            f"{CHECKS}:test_a_clock_ten_minutes_off_is_said",
        ],
    ),
}


@pytest.mark.parametrize("line", LINES)
def test_every_line_has_its_test(line: str) -> None:
    for place in LINES[line][1]:
        module, name = place.split(":")
        assert callable(getattr(importlib.import_module(module), name)), place


@pytest.mark.parametrize("lag", [1, 5, 30])
def test_b02_what_was_written_shows_in_a_look_up_only_after_the_lag(worlds: Callable[..., World], lag: int) -> None:
    world = worlds(visible_after=float(lag))
    vendor = world.vendor()
    world.fault("drop_after", "/v3/bills", method="POST")
    with pytest.raises(OutcomeUnknown):
        world.post(world.invoice(vendor, "A-1"))
    assert list(world.client.look_up(Entity.INVOICE, number="A-1")) == []
    world.clock.now += timedelta(seconds=lag)
    assert [found.number for found in world.client.look_up(Entity.INVOICE, number="A-1")] == ["A-1"]


def test_b04_a_session_that_ends_between_pages_costs_one_sign_in(world: World) -> None:
    vendor = world.vendor()
    for number in range(250):
        world.sim.create_bill_by_hand(vendor, f"A-{number}", "1")
    world.fault("session_lost", "page=", after=1)
    records, _ = read_all(world.client, Entity.INVOICE)
    assert len({record.key for record in records}) == len(records) == 250
    assert len(world.calls("POST", "/v3/login")) == 2


def test_b12_a_duplicate_number_is_refused_and_the_record_can_be_looked_up(world: World) -> None:
    vendor = world.vendor()
    there = world.sim.create_bill_by_hand(vendor, "A-1", "120.50", invoice_date="2026-11-02")
    draft = world.invoice(vendor, "A-1")
    with pytest.raises(Rejected) as caught:
        world.post(draft)
    assert caught.value.code == "duplicate_number"
    (found,) = world.client.look_up(Entity.INVOICE, vendor_id=vendor, number="A-1")
    assert (found.target_id, found.amount, found.date) == (there, draft.total, draft.invoice_date)


@pytest.mark.parametrize(("status", "expected"), [(400, Rejected), (422, Rejected), (500, OutcomeUnknown)])
def test_b14_an_unknown_code_is_a_persons_business_or_unknown(
    world: World, status: int, expected: type[Exception]
) -> None:
    body = '[{"code":"BDC_9999","message":"never heard of"}]'
    vendor = world.vendor()
    world.fault("status", "/v3/bills", method="POST", status=status, body=body)
    with pytest.raises(expected):
        world.post(world.invoice(vendor))


def test_b16_vendors_of_one_name_are_told_apart_by_their_number(world: World) -> None:
    world.vendor("Nordic Bolts")
    (receipt,) = world.post(vendor_draft("SUP-1", "Nordic Bolts"))
    assert [found.target_id for found in world.client.look_up(Entity.VENDOR, number="SUP-1")] == [receipt.target_id]
    assert [found.name for found in world.client.look_up(Entity.VENDOR)] == ["Nordic Bolts"] * 2


def test_b18_a_bill_that_a_person_archives_and_restores_is_followed(world: World) -> None:
    (receipt,) = world.post(world.invoice(world.vendor()))
    states = []
    for archived in (True, False):
        world.sim.archive(receipt.target_id, archived)
        states.append(world.standing(receipt.target_id))
    assert [each.active for each in states] == [False, True]
    assert states[1].echo == receipt.echo
    assert len({receipt.version, *(each.version for each in states)}) == 3


@pytest.mark.parametrize("text", ["228.99", '"228.99"', "228.990", "2.2899e2"])
def test_b28_an_amount_is_the_same_as_number_and_as_text(world: World, text: str) -> None:
    bill = world.sim.create_bill_by_hand(world.vendor(), "A-1", "228.99")
    before = world.standing(bill)
    world.fault("replace", "/v3/bills", find=":228.99", text=f":{text}")
    found = world.standing(bill)
    assert found.amount == Decimal("228.99")
    assert found.echo == before.echo


def test_b31_a_bill_whose_payment_is_voided_is_open_again(world: World) -> None:
    (receipt,) = world.post(world.invoice(world.vendor()))
    payment = world.sim.pay([receipt.target_id], status="CLEARED")
    paid = world.standing(receipt.target_id)
    world.sim.void(payment)
    back = world.standing(receipt.target_id)
    assert (paid.standing, back.standing) == (Standing.PAID, Standing.UNPAID)
    assert back.paid == 0


def test_b36_an_unknown_or_inactive_account_is_refused(world: World) -> None:
    vendor, account = world.vendor(), world.account("1000")
    world.sim.archive(account)
    with pytest.raises(Rejected):
        world.post(world.invoice(vendor))
    assert world.sim.dump("bills") == []
    (found,) = world.client.look_up(Entity.GL_ACCOUNT, number="1000")
    assert not found.active


@pytest.mark.parametrize("name", ["Long " * 40, "Łódź 🔩 螺栓 GmbH & Co. KG", "O'Brien  &  Sons", "Ñandú"])
def test_b39_however_bill_stores_a_name_it_is_no_drift(world: World, name: str) -> None:
    world.fault("echo_differs", "/v3/vendors", method="POST", length=4)
    (receipt,) = world.post(vendor_draft(name=name))
    assert receipt.echo["name"] != name
    assert world.standing(receipt.target_id, Entity.VENDOR).echo == receipt.echo
    assert world.standing(receipt.target_id, Entity.VENDOR).version == receipt.version


def test_b41_a_vendor_changed_in_bill_too_is_stale_with_both_values(world: World) -> None:
    (receipt,) = world.post(vendor_draft())
    world.sim.edit_vendor(receipt.target_id, name="Theirs", address={"line1": "9 Other Way"})
    found = world.standing(receipt.target_id, Entity.VENDOR)
    with pytest.raises(Stale):
        world.act(vendor_draft(name="Ours"), receipt.target_id, receipt.version)
    differing = {
        name: (receipt.echo[name], found.echo[name]) for name in found.echo if found.echo[name] != receipt.echo[name]
    }
    assert differing == {"name": ("Nordic Bolts", "Theirs"), "address.line1": ("1 Test Way", "9 Other Way")}


def test_b51_a_direction_override_travels_and_returns_as_it_is(world: World) -> None:
    (receipt,) = world.post(vendor_draft(name="Bolts \u202egro.live"))
    assert receipt.echo["name"] == "Bolts \u202egro.live"
    with pytest.raises(Rejected) as caught:
        world.post(vendor_draft("S-2", "Nul\x00"))
    assert codes(caught.value.problems) == ["bad_text"]


@pytest.mark.parametrize("minutes", [-10, 10])
def test_b55_a_clock_ten_minutes_off_loses_no_change(world: World, minutes: int) -> None:
    off = replace(world.kit, now=lambda: world.clock() + timedelta(minutes=minutes))
    client, vendor = connect(SETTINGS, off), world.vendor()
    _, cursor = read_all(client, Entity.VENDOR)
    world.clock.now += timedelta(seconds=1)
    world.sim.edit_vendor(vendor, name="Renamed")
    records, _ = read_all(client, Entity.VENDOR, cursor)
    assert [record.name for record in records] == ["Renamed"]


@pytest.mark.parametrize("minutes", [-10, 10])
def test_b55_a_clock_ten_minutes_off_still_shows_a_partly_kept_bulk(world: World, minutes: int) -> None:
    off = replace(world.kit, now=lambda: world.clock() + timedelta(minutes=minutes))
    vendor = world.vendor()
    world.fault("partial_bulk", "/v3/bills/bulk")
    writes = [world.write(world.invoice(vendor, f"A-{n}")) for n in range(4)]
    late = [changed(each, send_by=each.send_by + timedelta(minutes=20)) for each in writes]
    with pytest.raises(OutcomeUnknown) as caught:
        connect(SETTINGS, off).write(late)
    assert caught.value.code == "partly_written"
