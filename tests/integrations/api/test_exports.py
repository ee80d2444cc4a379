"""Exports for auditors, statements and corrections for programs and for people by the API."""

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import AuditEntry
from integrations.engine import statement
from integrations.engine.correcting import account_of
from integrations.models import Answer, FieldMapping, MirrorRecord, OutboxItem
from integrations.store import FlowStore, lease
from integrations.web.auditing.table import EXPORTS
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.engine.build import COST, invoice
from tests.factories import Cast, join, person, signed_in
from tests.integrations.api.conftest import Program, error_of
from tests.integrations.conftest import page
from tests.integrations.factories import Desk
from tests.integrations.taking import take

BASE = "/api/v1/exports/"


def ignore(cast: Cast, desk: Desk, reason: str = "Paid in cash") -> OutboxItem:
    item = desk.record("held", code="no_due_date", amount="12.50")
    answer = signed_in(cast.colleague).post(f"/records/{item.uuid}/work/", {"do": "ignore", "reason": reason})
    assert answer.status_code == 302
    return item


def test_a_program_that_reads_looks_and_takes_the_same(program: Program, cast: Cast, desk: Desk) -> None:
    item, reader = ignore(cast, desk), program("read")
    assert [each["key"] for each in reader.get(BASE).json()["results"]] == list(EXPORTS)
    found = reader.get(f"{BASE}ignored/?integration={desk.integration.uuid}").json()
    assert (found["rows"], found["asked_for"]) == (1, {"integration": "Acme payables"})
    assert (found["first"][0]["Number"], found["first"][0]["Amount"]) == (item.source.number, "12.500000")
    taken = take(reader, "ignored", under=BASE + "{}/file/")
    assert {**taken.rows[0], "When": ""} == {**found["first"][0], "When": ""}
    with tenant_scope(desk.tenant_id):
        assert AuditEntry.objects.get(action="export_made").actor_kind == "api_key"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?since=yesterday", 400),
        ("?until=9999-12-31", 400),
        ("?since=0001-01-01", 400),
        ("?seed=a", 400),
        ("?nothing=1", 400),
        ("?since=2026-01-01&since=2026-01-02", 400),
        ("?integration=00000000-0000-4000-8000-000000000000", 404),
        ("?who=%00@example.test", 400),
    ],
)
def test_what_it_does_not_understand_it_refuses(query: str, status: int, program: Program, desk: Desk) -> None:
    for path in (f"{BASE}ignored/", f"{BASE}ignored/file/"):
        answer = program("read").get(path + query, headers={"Accept": "text/csv"} if "file" in path else {})
        assert answer.status_code == status
        error_of(answer)


def test_a_key_without_the_scope_and_a_stranger_get_nothing(program: Program, cast: Cast, desk: Desk) -> None:
    ignore(cast, desk)
    assert program("retry").get(f"{BASE}ignored/file/").status_code == 403
    assert Client(SERVER_NAME="127.0.0.1").get(f"{BASE}ignored/file/").status_code == 401
    assert program("read").get(f"{BASE}nothing/").status_code == 404
    stranger = signed_in(cast.stranger)
    assert take(stranger, "ignored", under=BASE + "{}/file/").rows == []
    assert stranger.get(f"{BASE}ignored/?integration={desk.integration.uuid}").status_code == 404


def test_a_program_has_a_statement_made_and_it_verifies(program: Program, desk: Desk, cast: Cast) -> None:
    desk.record("held", code="no_due_date", amount="10.50")
    reader, sent = program("read"), {"integration": str(desk.integration.uuid)}
    made = reader.post("/api/v1/statements/", sent, content_type="application/json")
    assert made.status_code == 201
    row = made.json()
    assert reader.get("/api/v1/statements/").json()["results"] == [row]
    signed = reader.get(f"/api/v1/statements/{row['id']}/")
    document = json.loads(signed.content)
    assert signed.content == statement.canonical(document)
    assert (statement.verify(document), document["hash"]) == ([], row["digest"])
    printed = reader.get(f"/api/v1/statements/{row['id']}/pdf/", headers={"Accept": "application/pdf"})
    assert printed.content.startswith(b"%PDF")
    stranger = signed_in(cast.stranger)
    assert stranger.get("/api/v1/statements/").json()["results"] == []
    assert stranger.get(f"/api/v1/statements/{row['id']}/").status_code == 404
    assert stranger.post("/api/v1/statements/", sent, content_type="application/json").status_code == 404


@pytest.fixture
def coded(desk: Desk) -> OutboxItem:
    """A held invoice on account 4000; the other side has account 5010."""
    with tenant_scope(desk.tenant_id):
        FieldMapping.objects.create(integration=desk.integration, source="dimensions.B", target="")
        MirrorRecord.objects.create(
            connection=desk.integration.ap,
            entity="gl_account",
            target_id="t5010",
            number="5010",
            seen_at=timezone.now(),
        )
    held = lease.claim(desk.flows["invoice"].pk)
    assert held is not None
    FlowStore(held, desk.flows["invoice"], desk.run(kind="poll")).stage(page(invoice(key="10|A")))
    with tenant_scope(desk.tenant_id):
        OutboxItem.objects.update(state="held")
        found: OutboxItem = OutboxItem.objects.get()
        return found


def post(client: Client, path: str, body: dict[str, Any]) -> Any:
    return client.post(path, body, content_type="application/json")


def test_a_clerk_corrects_by_the_api_and_takes_it_back(
    cast: Cast, desk: Desk, coded: OutboxItem, program: Program
) -> None:
    path, place = f"/api/v1/records/{coded.uuid}/corrections/", account_of(COST.key)
    clerk, auditor = signed_in(cast.colleague), person()
    join(auditor, cast.tenant, Role.AUDITOR)
    sent = {"changes": [{"place": place, "value": "5010"}], "reason": "Wrong in the ERP"}
    assert post(signed_in(auditor), path, sent).status_code == 403
    assert post(program("read", "retry", "map", "settings"), path, sent).status_code == 403

    def now(answer: Any, where: str = "results") -> str | None:
        assert answer.status_code == 200, answer.content
        found: str | None = next(spot["now"] for spot in answer.json()[where] if spot["place"] == place)
        return found

    assert now(signed_in(auditor).get(path), "places") is None
    assert now(post(clerk, path, sent)) == "5010"
    with tenant_scope(desk.tenant_id):
        assert Answer.objects.get().was == COST.account
        OutboxItem.objects.update(state="held")
    wrong = {**sent, "changes": [{"place": place, "value": "9999"}]}
    assert post(clerk, path, wrong).status_code == 409
    assert post(clerk, path, {**sent, "changes": []}).status_code == 400
    assert now(clerk.get(path), "places") == "5010"
    assert now(post(clerk, f"{path}take-back/", {"place": place, "reason": "It was right"})) is None
    with tenant_scope(desk.tenant_id):
        assert Answer.objects.get().status == "withdrawn"
        assert AuditEntry.objects.filter(action__in=["coding_corrected", "correction_taken_back"]).count() == 2
    assert signed_in(cast.stranger).get(path).status_code == 404
