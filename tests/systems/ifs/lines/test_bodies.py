"""O01-O05, O47-O54: an answer that is no page of rows ends the slice, loses nothing and costs little."""

import time
from typing import Any

import pytest

from integrations.engine.errors import ConnectionBroken, Retryable
from integrations.engine.records import Entity
from tests.systems.ifs.lines.world import SECRET, World

SUPPLIERS = "/SupplierInfoGeneralSet"


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "no_value"},
        {"kind": "html", "status": 200},
        {"kind": "html", "status": 502},
        {"kind": "empty", "status": 200},
        {"kind": "empty", "status": 204},
        {"kind": "truncate_body", "keep": 200},
        {"kind": "bad_json"},
        {"kind": "deep_json", "depth": 1_000},
        {"kind": "deep_json", "depth": 100_000},
        {"kind": "drop_before"},
        {"kind": "drop_after"},
        {"kind": "status", "status": 200, "body": {"value": None}},
        {"kind": "status", "status": 200, "body": {"value": {}}},
        {"kind": "status", "status": 200, "body": []},
        {"kind": "status", "status": 500, "body": {"error": {"code": "DATABASE_ERROR", "message": "ORA-01555"}}},
        {"kind": "status", "status": 503, "body": {"error": {"code": "MI_MODIFIED_ERROR", "message": "again"}}},
    ],
    ids=lambda fault: " ".join(map(str, fault.values()))[:40],
)
def test_what_is_no_page_is_retryable_and_the_next_poll_is_whole(world: World, fault: dict[str, Any]) -> None:
    expected = world.suppliers(3)
    world.fault(path=SUPPLIERS, times=None, **fault)
    with pytest.raises(Retryable) as caught:
        world.keys()
    assert SECRET not in caught.value.detail
    world.sim.faults.clear()
    assert world.keys() == expected


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_any_encoding_of_json_is_read(world: World, codec: str) -> None:
    world.supplier("S1", Name="Łódź 🔩")
    world.fault("encoding", SUPPLIERS, times=None, codec=codec)
    assert world.only(Entity.VENDOR).name == "Łódź 🔩"


def test_a_gzip_bomb_is_left_early(world: World) -> None:
    world.suppliers(1)
    world.fault("gzip_bomb", SUPPLIERS, times=None, size=70_000_000)
    with pytest.raises(ConnectionBroken) as caught:
        world.keys()
    assert caught.value.code == "too_large"


def test_a_slow_drip_ends_at_the_deadline() -> None:
    world = World(deadline=0.3)
    world.suppliers(1)
    world.fault("drip", SUPPLIERS, times=1, seconds=0.05, size=1)
    begun = time.monotonic()
    assert world.keys() == ["S00"]  # the second try comes whole
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize("location", ["http://169.254.169.254/latest/meta-data", "https://elsewhere.example/"])
def test_a_redirect_is_never_followed(world: World, location: str) -> None:
    world.suppliers(1)
    world.fault("redirect", SUPPLIERS, times=None, location=location)
    with pytest.raises(ConnectionBroken) as caught:
        world.keys()
    assert caught.value.code == "redirect"
    assert {request.url.host for request in world.wire.sent} == {"t1.ifs.test"}


def test_an_unreadable_row_stops_none_of_its_neighbours(world: World) -> None:
    world.suppliers(5)
    world.fault("bad_field", SUPPLIERS, times=None, field="Name", raw="NaN", row=2)
    records, _ = world.poll(Entity.VENDOR)
    assert [record.key for record in records] == [f"S{n:02}" for n in range(5)]
    assert [getattr(record, "code", "") for record in records].count("") == 4


def test_a_row_without_any_key_is_kept_with_what_it_held(world: World) -> None:
    world.suppliers(3)
    world.fault("bad_field", SUPPLIERS, times=1, field="SupplierId", raw="null", row=1)
    records, _ = world.poll(Entity.VENDOR)
    (lost,) = [record for record in records if hasattr(record, "raw")]
    assert lost.key.startswith("unreadable ")
    assert "Supplier S01" in lost.raw
    assert {"S00", "S02"} <= {record.key for record in records}


@pytest.mark.parametrize("raw", ['"abc"', "12.5", "1e2", '"1e2"', "true", '"\uff19"', '"12 or 1 eq 1"'])
def test_an_invoice_whose_id_is_no_number_stops_none_of_its_neighbours(world: World, raw: str) -> None:
    for number in (1, 2, 3):
        world.invoice(number)
    world.fault("bad_field", "/ManSuppInvoiceSet", times=1, field="InvoiceId", raw=raw, row=1)
    records, _ = world.poll(Entity.INVOICE)
    assert {"10|1", "10|3"} <= {record.key for record in records if not hasattr(record, "raw")}


@pytest.mark.parametrize("child", ["ManSuppInvoiceItemSet", "ManSuppInvoicePostingsSet", "SupplierLedgerItemSet"])
@pytest.mark.parametrize("raw", ["NaN", '"\\ud800"', '"\\u0000"', "[]"])
def test_an_invoice_with_an_unreadable_child_is_held_alone(child: str, raw: str) -> None:
    world = World(settings={"page_size": "100"})
    for number in (1, 2, 3):
        world.invoice(number)
    field = {"ManSuppInvoiceItemSet": "Description", "ManSuppInvoicePostingsSet": "Text"}.get(child, "Currency")
    world.fault("bad_field", f"/{child}", times=None, field=field, raw=raw, row=0)
    records, _ = world.poll(Entity.INVOICE)
    assert [record.key for record in records] == ["10|1", "10|2", "10|3"]
    assert [record.key for record in records if hasattr(record, "raw")] == ["10|1"]
