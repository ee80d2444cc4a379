from datetime import UTC, datetime, timedelta, timezone

import pytest

from integrations.engine.errors import ConnectionBroken, Retryable
from integrations.engine.records import Entity, Unreadable, Vendor
from integrations.systems.bill.lists import Query, is_id, stamp
from integrations.systems.bill.resources import BILLS
from tests.systems.bill.world import World, read_all


def names(world: World) -> list[str]:
    return [record.name for record in read_all(world.client, Entity.VENDOR)[0]]


def fill(world: World, count: int) -> list[str]:
    found = [f"Vendor {number:03}" for number in range(count)]
    for name in found:
        world.vendor(name)
    return found


def test_filters_are_quoted_and_encoded_and_times_end_in_z() -> None:
    since = datetime(2026, 1, 15, 10, 30, tzinfo=timezone(timedelta(hours=1)))
    text = Query(BILLS, updated_since=since, vendor_id="009A", ids=("a", "b")).text(page="t/+=&")
    assert text == (
        "max=100&sort=updatedTime:asc&filters=archived:eq:false,updatedTime:gte:%222026-01-15T09:30:00.000Z%22,"
        "vendorId:eq:%22009A%22,id:in:%22a,b%22&page=t%2F%2B%3D%26"
    )


def test_stamp_keeps_milliseconds() -> None:
    assert stamp(datetime(2026, 1, 2, 3, 4, 5, 678_900, tzinfo=UTC)) == "2026-01-02T03:04:05.678Z"


@pytest.mark.parametrize("value", ['00"9', "a,b", "../x", "", "x" * 65, "é"])
def test_what_would_mean_more_than_an_id_is_none(value: str) -> None:
    assert not is_id(value)


def test_a_scan_reads_every_row_once(world: World) -> None:
    expected = fill(world, 230)
    assert names(world) == expected


def test_an_empty_page_with_a_next_page_goes_on(world: World) -> None:
    expected = fill(world, 120)
    world.fault("empty_page_with_next", "/v3/vendors")
    assert names(world) == expected


def test_a_list_that_repeats_its_page_ends(world: World) -> None:
    fill(world, 120)
    world.fault("loop_page", "/v3/vendors", times=None)
    with pytest.raises(Retryable) as caught:
        names(world)
    assert caught.value.code == "page_loop"
    assert len(world.calls("GET", "/v3/vendors")) < 5


def test_an_expired_page_token_starts_again_from_the_last_time_seen(world: World) -> None:
    expected = fill(world, 230)
    world.fault("page_token_expired", "/v3/vendors", after=1)
    found = names(world)
    assert sorted(set(found)) == expected
    assert len(found) <= len(expected) + 1


def test_a_token_that_always_expires_still_ends(world: World) -> None:
    expected = fill(world, 230)
    world.fault("page_token_expired", "page=", times=None)
    assert sorted(set(names(world))) == expected


def test_a_token_that_expires_within_one_instant_ends_the_slice(world: World) -> None:
    row = '{"id":"0091","updatedTime":"2026-11-21T09:30:00.000+00:00","paymentInformation":{}}'
    world.fault("page_token_expired", "page=", times=None)
    world.fault("status", "/v3/vendors", times=None, status=200, body=f'{{"results":[{row}],"nextPage":"t"}}')
    with pytest.raises(Retryable) as caught:
        names(world)
    assert caught.value.code == "page_expired"
    assert len(world.calls("GET", "/v3/vendors")) == 4


def test_a_refused_vendor_filter_is_left_out_and_matched_here(world: World) -> None:
    mine, other = world.vendor("Mine"), world.vendor("Other")
    world.sim.create_bill_by_hand(mine, "A-1", "10")
    world.sim.create_bill_by_hand(other, "A-1", "10")
    world.fault("status", "vendorId", times=None, status=400, body='[{"code":"BDC_1130","message":"bad field"}]')
    found = list(world.client.look_up(Entity.INVOICE, vendor_id=mine, kind="bill"))
    assert [record.vendor_id for record in found] == [mine]


def test_a_refused_list_breaks_the_connection(world: World) -> None:
    world.fault("status", "/v3/vendors", status=400, body='[{"message":"sort: unknown"}]')
    with pytest.raises(ConnectionBroken) as caught:
        names(world)
    assert caught.value.code == "list_refused"


@pytest.mark.parametrize("poison", ['"\\ud800"', "NaN", "12" + "0" * 3, '{"a":1}'])
def test_a_poisoned_row_costs_only_itself(world: World, poison: str) -> None:
    fill(world, 3)
    world.fault("replace", "/v3/vendors", find='"Vendor 001"', text=poison)
    records = read_all(world.client, Entity.VENDOR)[0]
    assert [type(record) for record in records] == [Vendor, Unreadable, Vendor]
    assert records[1].key
    assert records[1].raw.isascii()


def test_text_that_no_database_can_hold_is_unreadable_with_its_raw_form(world: World) -> None:
    key = world.vendor("Odd")
    world.sim.put_raw(key, name="Nul\x00Name")
    records = read_all(world.client, Entity.VENDOR)[0]
    assert [record.code for record in records] == ["bad_text"]
    assert records[0].key == key
    assert "\x00" not in records[0].raw
    assert "Nul" in records[0].raw


@pytest.mark.parametrize("kind", ["html", "empty", "bad_json", "deep_json", "truncate_body"])
def test_an_answer_that_is_no_list_ends_in_a_known_state(world: World, kind: str) -> None:
    fill(world, 1)
    world.fault(kind, "/v3/vendors", times=None)
    with pytest.raises((Retryable, ConnectionBroken)):
        names(world)


def test_a_gzip_bomb_is_stopped_early(world: World) -> None:
    world.fault("gzip_bomb", "/v3/vendors", megabytes=80)
    with pytest.raises(ConnectionBroken) as caught:
        names(world)
    assert caught.value.code == "too_large"
