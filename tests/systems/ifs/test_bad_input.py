"""What IFS may answer, line by line of our list of hostile inputs, and the test that shows what we then do.

`LINES` is the table; each line names what IFS does and the tests of it, here or in a neighbouring module. A line whose
test is renamed or removed fails.
"""

import importlib
import tracemalloc

import httpx
import pytest

from integrations.engine.errors import ConnectionBroken
from integrations.engine.records import Entity, Unreadable
from integrations.systems.ifs.simulator import hands
from tests.systems.ifs.lines.world import World

LINE = "tests.systems.ifs.lines"
BODIES, PAGING, SETS = f"{LINE}.test_bodies", f"{LINE}.test_paging", f"{LINE}.test_sets"
MARKING, SIGNING, VALUES = f"{LINE}.test_marking", f"{LINE}.test_signing_in", f"{LINE}.test_values"
MISSED, CURSOR, WALKING = (
    "tests.systems.ifs.test_nothing_missed",
    "tests.systems.ifs.test_cursor",
    "tests.systems.ifs.test_walking",
)
CONTRACT, HERE = "tests.contract.test_reading", __name__
NO_PAGE = f"{BODIES}:test_what_is_no_page_is_retryable_and_the_next_poll_is_whole"
HELD = f"{VALUES}:test_what_cannot_be_read_is_held_with_its_reason"

LINES: dict[str, tuple[str, list[str]]] = {
    "O01": ("200 without a value", [NO_PAGE]),
    "O02": ("200 with a sign-in page", [NO_PAGE]),
    "O03": ("200 with an empty body", [NO_PAGE]),
    "O04": ("204 where a list is expected", [NO_PAGE]),
    "O05": ("a body cut in mid-JSON", [NO_PAGE]),
    "O06": ("reset on page 3", [f"{PAGING}:test_a_reset_on_the_third_page_loses_and_doubles_nothing"]),
    "O07": (
        "a next link to another host",
        [
            f"{PAGING}:test_a_link_to_nowhere_good_is_not_followed",
            f"{WALKING}:test_a_link_outside_the_service_is_refused",
            f"{HERE}:test_o07_no_token_goes_to_another_host",
        ],
    ),
    "O09": (
        "a next link to the same page",
        [
            f"{PAGING}:test_a_link_to_nowhere_good_is_not_followed",
            f"{PAGING}:test_empty_pages_that_lead_in_a_circle_are_left",
            f"{PAGING}:test_the_same_page_for_every_question_is_left",
        ],
    ),
    "O11": ("a relative next link", [f"{PAGING}:test_every_row_comes_once"]),
    "O12": ("an empty page with a next link", [f"{PAGING}:test_an_empty_page_with_a_link_goes_on"]),
    "O13": ("a short page without a next link", [f"{PAGING}:test_a_page_shorter_than_asked_for_is_not_the_end"]),
    "O15": ("the same row on two pages", [f"{PAGING}:test_a_row_that_comes_twice_is_delivered_once"]),
    "O16": (
        "a row deleted between pages",
        [
            f"{PAGING}:test_a_row_deleted_between_two_pages_hides_no_other",
            f"{PAGING}:test_a_row_that_vanishes_while_pages_are_turned_costs_only_itself",
        ],
    ),
    "O17": (
        "changed between list and details",
        [
            f"{HERE}:test_o17_what_changes_between_head_and_children_is_set_right_by_the_next_poll",
            f"{MISSED}:test_what_changes_while_pages_are_turned_comes_now_or_with_the_next_poll",
        ],
    ),
    "O18": (
        "no ETag",
        [
            f"{SETS}:test_a_change_anywhere_in_an_invoice_changes_its_version",
            f"{MARKING}:test_a_record_without_a_tag_is_not_changed",
            f"{MARKING}:test_a_tag_that_only_the_header_says_is_good_enough",
        ],
    ),
    "O19": ("a weak ETag", [f"{MARKING}:test_the_tag_goes_back_byte_for_byte"]),
    "O21": (
        "412 once",
        [f"{MARKING}:test_a_record_changed_between_read_and_write_is_stale_and_stays_as_it_is"],
    ),
    "O22": ("412 for ever", [f"{MARKING}:test_a_hot_record_is_stale_every_time_and_never_overwritten"]),
    "O23": ("428", [f"{MARKING}:test_a_tag_that_got_lost_on_the_way_is_read_and_sent_once_more"]),
    "O24": (
        "PATCH applied, the reply lost",
        [
            f"{MARKING}:test_a_lost_answer_is_unknown_and_not_sent_again",
            f"{MARKING}:test_a_write_whose_answer_was_lost_is_recognised",
            f"{MARKING}:test_what_says_so_already_is_not_written_again",
        ],
    ),
    "O25": ("429 with seconds", [f"{SIGNING}:test_a_limit_waits_as_told_and_closes_the_hosts_budget"]),
    "O26": ("429 with a date", [f"{SIGNING}:test_a_limit_waits_as_told_and_closes_the_hosts_budget"]),
    "O28": (
        "502 with HTML, 503, 504",
        [
            NO_PAGE,
            f"{CONTRACT}:test_trouble_on_their_side_is_retryable_on_a_read",
            f"{PAGING}:test_a_set_that_takes_too_long_is_asked_for_fewer_rows",
        ],
    ),
    "O29": (
        "401 in mid-paging, or for ever",
        [
            f"{SIGNING}:test_a_token_that_ends_in_mid_paging_is_renewed_and_the_page_repeated",
            f"{SIGNING}:test_a_fresh_token_that_is_refused_stops_after_two",
        ],
    ),
    "O30": (
        "two writes within a second, one ETag",
        [
            f"{SETS}:test_two_changes_within_a_second_are_two_versions",
            f"{MISSED}:test_a_second_change_within_the_second_that_was_read_is_seen",
        ],
    ),
    "O31": (
        "403 on one projection",
        [
            f"{SETS}:test_a_projection_that_is_not_granted_is_named",
            f"{SETS}:test_a_child_set_that_cannot_be_read_is_unknown_not_empty",
        ],
    ),
    "O32": (
        "a projection was renamed",
        [
            f"{SETS}:test_a_set_that_a_release_renamed_is_named",
            f"{SETS}:test_an_alternative_is_read_where_the_first_set_is_missing",
        ],
    ),
    "O33": (
        "the token endpoint refuses the client",
        [f"{SIGNING}:test_refused_credentials_say_what_to_mend_and_are_not_tried_again"],
    ),
    "O35": ("money as a JSON number of any shape", [f"{VALUES}:test_amounts_are_exact"]),
    "O36": ("money with too many decimals", [HELD, f"{VALUES}:test_each_currency_has_its_own_decimals"]),
    "O38": ("NaN and Infinity", [HELD]),
    "O39": ("time stamps of every shape", [f"{VALUES}:test_time_stamps_of_every_shape_become_utc"]),
    "O41": (
        "changed in the future",
        [
            f"{CURSOR}:test_a_stamp_in_the_future_does_not_carry_the_watermark_away",
            f"{MISSED}:test_a_stamp_in_the_future_does_not_hide_the_changes_before_it",
            f"{MISSED}:test_a_server_whose_clock_is_ten_minutes_off_hides_nothing",
        ],
    ),
    "O42": ("changed before the cursor", [f"{MISSED}:test_a_change_that_is_committed_late_is_seen"]),
    "O43": (
        "stamps cut to seconds, to days",
        [
            f"{MISSED}:test_equal_stamps_over_page_borders_all_come_once",
            f"{MISSED}:test_stamps_cut_to_the_day_hide_no_change_of_that_day",
            f"{MISSED}:test_stamps_cut_to_the_day_of_another_time_zone_hide_no_change",
            f"{MISSED}:test_days_bring_the_new_ones_of_the_day_that_was_read_already",
        ],
    ),
    "O44": ("NUL in a name", [HELD, f"{HERE}:test_o44_o45_text_that_cannot_be_stored_is_held_alone"]),
    "O45": ("a lone surrogate", [HELD, f"{HERE}:test_o44_o45_text_that_cannot_be_stored_is_held_alone"]),
    "O47": ("JSON nested deep", [NO_PAGE]),
    "O49": ("BOM, UTF-16, a wrong label", [f"{BODIES}:test_any_encoding_of_json_is_read"]),
    "O50": (
        "a gzip bomb",
        [f"{BODIES}:test_a_gzip_bomb_is_left_early", f"{HERE}:test_o50_a_bomb_is_never_unpacked_whole"],
    ),
    "O52": ("a slow drip", [f"{BODIES}:test_a_slow_drip_ends_at_the_deadline"]),
    "O54": ("a redirect to a metadata address", [f"{BODIES}:test_a_redirect_is_never_followed"]),
    "O57": (
        "00123, 123 and ' 123 '",
        [
            f"{PAGING}:test_supplier_numbers_that_look_alike_stay_apart",
            f"{PAGING}:test_keys_of_any_spelling_page_and_fetch",
        ],
    ),
    "O59": (
        "lines that do not add up, credits, zero",
        [
            f"{VALUES}:test_lines_that_do_not_add_up_are_passed_on_as_they_are",
            f"{VALUES}:test_credits_and_zero_amounts_keep_their_sign",
        ],
    ),
    "O60": ("currency XXX, usd", [HELD]),
    "O62": ("a count that disagrees", [f"{PAGING}:test_a_count_that_disagrees_is_not_looked_at"]),
}


@pytest.mark.parametrize("line", LINES)
def test_every_line_has_its_tests(line: str) -> None:
    for place in LINES[line][1]:
        module, _, name = place.partition(":")
        assert callable(getattr(importlib.import_module(module), name, None)), place


def test_o07_no_token_goes_to_another_host(world: World) -> None:
    world.suppliers(7)
    world.fault("foreign_next_link", "/SupplierInfoGeneralSet", times=None, url="https://t1.ifs.test.evil.example/x")
    with pytest.raises(ConnectionBroken, match="another server"):
        world.keys()
    signed = [request for request in world.wire.sent if "authorization" in request.headers]
    assert signed
    assert {request.url.host for request in world.wire.sent} == {"t1.ifs.test"}


def test_o17_what_changes_between_head_and_children_is_set_right_by_the_next_poll(world: World) -> None:
    world.invoice(1, OpenAmountCurr=100)

    def meanwhile(request: httpx.Request) -> bool:
        if "/ManSuppInvoiceSet" in str(request.url):
            world.wire.loses = lambda _: False
            hands.change_amount(world.sim, "10", 1, "5.00")
        return False

    world.wire.loses = meanwhile
    torn, whole = world.only(Entity.INVOICE), world.only(Entity.INVOICE)
    assert torn.net != torn.ledger_items[0].original
    assert whole.net == whole.ledger_items[0].original
    assert torn.version != whole.version


@pytest.mark.parametrize("raw", ['"a\\u0000b"', '"\\ud800"', '"\\udc00\\ud800"'])
def test_o44_o45_text_that_cannot_be_stored_is_held_alone(world: World, raw: str) -> None:
    expected = world.suppliers(9)
    world.fault("bad_field", "/SupplierInfoGeneralSet", field="Name", raw=raw, row=1)
    records, _ = world.poll(Entity.VENDOR)
    assert [record.key for record in records] == expected
    held = [record for record in records if isinstance(record, Unreadable)]
    assert [(record.key, record.code) for record in held] == [("S01", "bad_text")]


def test_o50_a_bomb_is_never_unpacked_whole(world: World) -> None:
    world.fault("gzip_bomb", "/SupplierInfoGeneralSet", times=None, size=300_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(ConnectionBroken) as caught:
            world.keys()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.code == "too_large"
    assert peak < 150_000_000
