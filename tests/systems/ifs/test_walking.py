"""Sets that do not let themselves be sought, and rows whose key cannot be read."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from integrations.engine.errors import ConnectionBroken
from integrations.engine.records import Entity, Unreadable
from tests.systems.ifs.lines.world import SCOPE, World

SUPPLIERS = "/SupplierInfoGeneralSet"
Answering = Callable[[httpx.Request], httpx.Response]


def bend(world: World, change: Callable[[httpx.Request, Answering], httpx.Response]) -> None:
    """Every question to the set of suppliers is answered by `change(request, simulator)` from now on."""
    simulator = world.wire.simulator

    def answer(request: httpx.Request) -> httpx.Response:
        return change(request, simulator) if request.url.path.endswith(SUPPLIERS) else simulator(request)

    world.wire.simulator = answer


def rows_of(response: httpx.Response) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(response.read())["value"]
    return found


def test_a_set_that_ignores_the_filter_is_counted(world: World) -> None:
    expected = world.suppliers(12)

    def ignore(request: httpx.Request, simulator: Answering) -> httpx.Response:
        query = re.sub(r"\$filter=[^&]*&?", "", str(request.url.query, "ascii"))
        return simulator(httpx.Request("GET", request.url.copy_with(query=query.encode()), headers=request.headers))

    bend(world, ignore)
    assert sorted(set(world.keys())) == expected


def test_a_set_sorted_by_another_alphabet_than_it_compares_is_counted(world: World) -> None:
    """https://docs.oracle.com/en/database/oracle/oracle-database/19/nlspg/linguistic-sorting-and-matching.html"""
    names = ["a1", "B1", "c1", "D1", "e1", "F1", "g1", "H1"]
    for name in names:
        world.supplier(name)

    def linguistic(request: httpx.Request, simulator: Answering) -> httpx.Response:
        query = unquote(str(request.url.query, "ascii"))
        after = re.search(r"SupplierId gt '([^']*)'", query)
        skip = re.search(r"\$skip=(\d+)", query)
        rows = rows_of(
            simulator(httpx.Request("GET", request.url.copy_with(query=b"$top=50"), headers=request.headers))
        )
        rows = sorted(rows, key=lambda row: str(row["SupplierId"]).lower())
        rows = [row for row in rows if after is None or row["SupplierId"] > after[1]]
        start = int(skip[1]) if skip else 0
        return httpx.Response(200, json={"value": rows[start : start + 5]})

    bend(world, linguistic)
    assert sorted(set(world.keys())) == sorted(names)


@pytest.mark.parametrize(
    "link",
    ["/other/path", "../../../../../auth/x", "https://t1.ifs.test:8443/main/x", "//evil.example/x", "http://[::1"],
)
def test_a_link_outside_the_service_is_refused(world: World, link: str) -> None:
    body = {"value": [], "@odata.nextLink": link}
    bend(world, lambda request, simulator: httpx.Response(200, json=body))
    with pytest.raises(ConnectionBroken) as caught:
        world.keys()
    assert caught.value.code == "foreign_link"


def test_accounts_are_read_for_all_companies_where_the_set_of_one_says_nothing(world: World) -> None:
    for number in range(12):
        world.account(f"60{number:02}")
    world.fault("status", "/AccountSet", times=None, status=200, body={"value": []})
    cursor, more, found = "", True, []
    while more:  # resumed by another worker after every page
        page = next(iter(world.connect().read(Entity.GL_ACCOUNT, cursor, SCOPE)))
        found += [record.key for record in page.records]
        cursor, more = page.cursor, page.more
    assert found == [f"10|60{number:02}" for number in range(12)]
    assert world.connect().fetch(Entity.GL_ACCOUNT, "10|6007", SCOPE) is not None


def test_rows_without_a_readable_key_are_held_and_stop_nobody(world: World) -> None:
    world.suppliers(12)

    def spoil(request: httpx.Request, simulator: Answering) -> httpx.Response:
        rows = rows_of(simulator(request))
        for row in rows:
            if row["SupplierId"] in ("S03", "S04", "S05", "S06", "S07", "S08", "S09"):  # more than a page of them
                row["Name"], row["SupplierId"] = row["SupplierId"], None
        return httpx.Response(200, json={"value": rows})

    bend(world, spoil)
    records, _ = world.poll(Entity.VENDOR)
    assert [record.key for record in records if not isinstance(record, Unreadable)] == [
        "S00",
        "S01",
        "S02",
        "S10",
        "S11",
    ]
    held = [record for record in records if isinstance(record, Unreadable)]
    assert len({record.key for record in held}) == 7
    assert all(f'"S{number:02}"' in record.raw.replace(" ", "") for number, record in enumerate(held, 3))
