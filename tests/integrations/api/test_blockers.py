"""Blockers by the API: what is missing, what it holds, what may supply it."""

from django.test import Client
from django.utils import timezone

from integrations.models import MirrorRecord
from tenants.scope import tenant_scope
from tests.factories import Cast, signed_in
from tests.integrations.factories import Desk


def rows(client: Client, query: str = "") -> list[dict[str, object]]:
    found = client.get(f"/api/v1/blockers/{query}")
    assert found.status_code == 200, found.content
    return list(found.json()["results"])


def test_each_missing_thing_comes_with_its_sums_and_suggestions(cast: Cast) -> None:
    desk, client = Desk(cast.tenant.pk, cast.owner), signed_in(cast.owner)
    desk.record("held", amount="10.50", needs=("account", "5010"))
    with tenant_scope(desk.tenant_id):
        listed = {"connection": desk.integration.ap, "entity": "gl_account", "target_id": "a1", "number": "5010"}
        MirrorRecord.objects.create(**listed, name="Travel", seen_at=timezone.now())
    (found,) = rows(client)
    assert {name: found[name] for name in ("kind", "key", "records", "earliest_due")} == {
        "kind": "account", "key": "5010", "records": 1, "earliest_due": "2026-12-01",
    }  # fmt: skip
    assert found["amounts"] == {"USD": "10.500000"}
    assert found["integration"] == str(desk.integration.uuid)
    assert found["suggestions"] == [
        {"target": "5010", "number": "5010", "name": "Travel", "why": "same number", "score": 200}
    ]


def test_pages_go_on_to_the_end_and_filters_narrow(cast: Cast) -> None:
    desk, client = Desk(cast.tenant.pk, cast.owner), signed_in(cast.owner)
    for n in range(5):
        desk.record("held", amount=str(100 - n), needs=("account", "é" * 190 + str(n)))
    desk.record("held", amount="1", needs=("period", "2026-02"))
    address, keys = "/api/v1/blockers/?limit=2", []
    while address:
        answer = client.get(address).json()
        keys += [str(row["key"])[-1] for row in answer["results"]]
        address = answer["next"]
    assert keys == ["0", "1", "2", "3", "4", "2"]
    assert [row["kind"] for row in rows(client, "?kind=period")] == ["period"]
    assert rows(client, "?integration=7d0a8a34-0000-4000-8000-000000000000") == []


def test_odd_questions_are_refused(cast: Cast) -> None:
    client = signed_in(cast.owner)
    for query in ("?cursor=x", "?kind=nothing", "?limit=1000", "?sort=1", "?cursor=WyIxIiwiYVx1MDAwMCIsImIiLDFd"):
        assert client.get(f"/api/v1/blockers/{query}").status_code == 400
