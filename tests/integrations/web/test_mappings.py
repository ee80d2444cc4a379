"""The mappings page: a rule is proposed by one person, approved by another, and every version stays readable."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEntry
from integrations.models import Blocker, Connection, FieldMapping, GLMapping, MappingSet, MirrorRecord, OutboxItem
from integrations.store import rulebook
from tenants.credentials import Sealed
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.factories import Cast, join, person, signed_in
from tests.integrations.factories import Desk

Browsers = Callable[[Role], Client]


@pytest.fixture
def real(desk: Desk) -> Desk:
    """Nothing is a simulator: two people are needed where the rules say so."""
    with tenant_scope(desk.tenant_id):
        Connection.objects.update(environment="production")
    return desk


def fields(desk: Desk, **given: str) -> dict[str, str]:
    base = {
        "integration": str(desk.integration.uuid),
        "table": "account",
        "source": "4000",
        "target": "5000",
        "reason": "New chart",
    }
    return base | given


def ask(client: Client, desk: Desk, query: str = "", **given: str) -> str:
    answer = client.post(f"/mappings/rule/{query}", fields(desk, **given), follow=True)
    return answer.content.decode()


def decide(client: Client, desk: Desk, do: str) -> str:
    with tenant_scope(desk.tenant_id):
        made = MappingSet.objects.latest("id")
    return client.post(f"/mappings/sets/{made.uuid}/", {"do": do}, follow=True).content.decode()


def rules(desk: Desk) -> list[tuple[str, str, int, bool]]:
    with tenant_scope(desk.tenant_id):
        return list(GLMapping.objects.order_by("id").values_list("source", "target", "version", "active"))


def loaded(desk: Desk) -> Any:
    """What decisions are made with."""
    with tenant_scope(desk.tenant_id):
        MirrorRecord.objects.get_or_create(
            connection=desk.integration.ap, entity="gl_account", target_id="t5000", number="5000",
            defaults={"seen_at": "2026-03-01T00:00:00Z", "active": True},
        )  # fmt: skip
        return rulebook.load_rules(desk.flows["invoice"])


def test_a_proposed_rule_counts_once_another_person_approved_it(
    clerk: Client, browser_of: Browsers, real: Desk
) -> None:
    controller = browser_of(Role.CONTROLLER)
    assert "4000: proposed" in ask(clerk, real, reason="New account")
    assert rules(real) == []
    assert loaded(real).account("10", "4000", None)[2] is not None
    assert "Approved." in decide(controller, real, "approve")
    found, why, problem = loaded(real).account("10", "4000", None)
    assert (found, problem) == ("t5000", None)
    assert why.startswith("account 4000 → 5000 by rule ")
    assert "version 1, approved by " in why


def test_nobody_approves_their_own(browser_of: Browsers, cast: Cast, real: Desk) -> None:
    both = person()
    for role in (Role.CLERK, Role.CONTROLLER):
        join(both, cast.tenant, role)
    browser_of(Role.CONTROLLER)
    client = signed_in(both)
    ask(client, real)
    page = client.get("/mappings/").content.decode()
    assert ("Withdraw" in page, "Approve" in page) == (True, False)
    assert "not the one who proposed it" in decide(client, real, "approve")
    assert rules(real) == []


def test_approving_frees_what_waited_in_the_same_act(clerk: Client, browser_of: Browsers, real: Desk) -> None:
    controller, item = browser_of(Role.CONTROLLER), real.record("held", code="unmapped_account")
    with tenant_scope(real.tenant_id):
        Blocker.objects.create(item=item, integration=real.integration, kind="account", key="4000")
    ask(clerk, real, source="40*")
    with tenant_scope(real.tenant_id):
        assert OutboxItem.objects.get(pk=item.pk).state == "held"
    decide(controller, real, "approve")
    with tenant_scope(real.tenant_id):
        assert OutboxItem.objects.get(pk=item.pk).state == "ready"
        assert not Blocker.objects.exists()


def test_a_rule_keeps_its_versions_also_when_it_is_taken_out(browser_of: Browsers, desk: Desk) -> None:
    integrator = browser_of(Role.INTEGRATOR)
    assert "4000: in force" in ask(integrator, desk, reason="First")
    with tenant_scope(desk.tenant_id):
        query = f"?gl={GLMapping.objects.get().pk}"
    ask(integrator, desk, query, target="5010", reason="Second")
    ask(integrator, desk, query, target="5010", remove="yes", reason="Third")
    assert rules(desk) == [("4000", "5010", 3, False)]
    page = integrator.get(f"/mappings/rule/{query}").content.decode()
    assert [f"Version {number}" in page for number in (1, 2, 3)] == [True] * 3
    assert "Taken out with version 3" in page
    ask(integrator, desk, target="5020")
    assert rules(desk) == [("4000", "5020", 4, True)]


def test_a_set_is_undone_and_the_undo_too(browser_of: Browsers, desk: Desk) -> None:
    integrator = browser_of(Role.INTEGRATOR)
    ask(integrator, desk)
    decide(integrator, desk, "undo")
    assert rules(desk) == [("4000", "5000", 2, False)]
    decide(integrator, desk, "undo")
    assert rules(desk) == [("4000", "5000", 3, True)]


def test_a_rule_changed_again_since_is_left_by_an_undo(browser_of: Browsers, desk: Desk) -> None:
    integrator = browser_of(Role.INTEGRATOR)
    ask(integrator, desk)
    with tenant_scope(desk.tenant_id):
        first = MappingSet.objects.get()
    ask(integrator, desk, target="5010")
    said = integrator.post(f"/mappings/sets/{first.uuid}/", {"do": "undo"}, follow=True).content.decode()
    assert "changed again since" in said
    assert rules(desk) == [("4000", "5010", 2, True)]


def test_only_one_of_two_people_who_decide_at_once_does(clerk: Client, browser_of: Browsers, real: Desk) -> None:
    one, other = browser_of(Role.CONTROLLER), browser_of(Role.CONTROLLER)
    ask(clerk, real)
    decide(one, real, "reject")
    assert "Somebody has decided on it meanwhile" in decide(other, real, "approve")
    assert rules(real) == []


def test_a_second_proposal_for_a_rule_waits_for_the_first(clerk: Client, browser_of: Browsers, real: Desk) -> None:
    browser_of(Role.CONTROLLER)
    ask(clerk, real)
    assert "waits for approval already" in ask(clerk, real, target="5010")
    decide(clerk, real, "withdraw")
    assert "4000: proposed" in ask(clerk, real, target="5010")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"target": "9999"}, "9999 (what it becomes) is not in the chart"),
        ({"target": "8000"}, "8000 (what it becomes) is closed"),
        ({"company": "20"}, "This integration carries company 10, not 20."),
        ({"table": "dimension"}, "Name the code part for a dimension value"),
        ({"table": "dimension", "part": "Z"}, "There is no code part Z here. Known: B."),
        ({"source": "*" * 9}, "At most 8 wildcards"),
        ({"source": "40\u200b00"}, "a character that nobody sees"),
        ({"valid_from": "2026-03-01", "valid_to": "2026-02-01"}, "The last day lies before the first."),
        ({"source": "x" * 61}, "at most 60 characters"),
    ],
)
def test_a_rule_that_cannot_work_is_refused_with_words(
    browser_of: Browsers, desk: Desk, given: dict[str, str], says: str
) -> None:
    loaded(desk)
    with tenant_scope(desk.tenant_id):
        MirrorRecord.objects.create(
            connection=desk.integration.ap, entity="gl_account", target_id="t8000", number="8000", active=False,
            seen_at="2026-03-01T00:00:00Z",
        )  # fmt: skip
        FieldMapping.objects.create(integration=desk.integration, source="dimensions.B", target="department")
    assert says in ask(browser_of(Role.INTEGRATOR), desk, **given)
    assert rules(desk) == []


def test_payment_terms_are_mapped_only_where_vendors_take_one(browser_of: Browsers, desk: Desk) -> None:
    term = {"table": "payment_term", "source": "30", "target": "00t30"}
    with tenant_scope(desk.tenant_id):
        Connection.objects.filter(system="bill").update(system="avidxchange")
    assert "takes no payment terms" in ask(browser_of(Role.INTEGRATOR), desk, **term)
    with tenant_scope(desk.tenant_id):
        Connection.objects.filter(system="avidxchange").update(system="bill")
    ask(browser_of(Role.INTEGRATOR), desk, **term)
    assert rules(desk) == [("30", "00t30", 1, True)]


def test_a_rule_that_looks_like_code_is_text(browser_of: Browsers, desk: Desk) -> None:
    ask(browser_of(Role.INTEGRATOR), desk, source="{0.__class__}")
    assert loaded(desk).account("10", "{0.__class__}", None)[2] is None


def test_uncovered_values_lead_to_a_form_that_is_filled_in(clerk: Client, desk: Desk) -> None:
    item = desk.record("held", code="unmapped_account")
    with tenant_scope(desk.tenant_id):
        Blocker.objects.create(item=item, integration=desk.integration, kind="dimension:B", key="A&B")
    assert "1 record waits for 1 value to be mapped" in clerk.get("/mappings/").content.decode()
    page = clerk.get("/review/blocking/").content.decode()
    link = f"?integration={desk.integration.uuid}&amp;kind=gl&amp;table=dimension&amp;part=B&amp;source=A%26B"
    assert link in page
    assert 'value="A&amp;B"' in clerk.get(f"/mappings/rule/{link.replace('&amp;', '&')}").content.decode()


def test_the_list_narrows_and_says_by_what(clerk: Client, desk: Desk) -> None:
    with tenant_scope(desk.tenant_id):
        for source in ("4000", "5000"):
            GLMapping.objects.create(integration=desk.integration, source=source, target="1", note=f"note {source}")
    page = clerk.get("/mappings/?q=40").content.decode()
    assert ("note 4000" in page, "note 5000" in page, "begins with “40”" in page) == (True, False, True)


def test_an_auditor_reads_and_proposes_nothing(browser_of: Browsers, desk: Desk) -> None:
    auditor = browser_of(Role.AUDITOR)
    assert auditor.get("/mappings/rule/").status_code == 200
    assert auditor.post("/mappings/rule/", fields(desk)).status_code == 403


def test_more_rules_are_no_more_questions(clerk: Client, desk: Desk) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            clerk.get("/mappings/")
        return len(seen)

    counts = []
    for size in (2, 30):
        with tenant_scope(desk.tenant_id):
            GLMapping.objects.bulk_create(
                GLMapping(integration=desk.integration, source=f"{size}-{n}", target="1") for n in range(size)
            )
            for _ in range(size):
                MappingSet.objects.create(integration=desk.integration, made_at="2026-03-01T00:00:00Z")
        counts.append(asked())
    assert counts[1] <= counts[0]


def test_a_second_person_reads_why(clerk: Client, browser_of: Browsers, real: Desk) -> None:
    browser_of(Role.CONTROLLER)
    assert "Say why: somebody else decides on it" in ask(clerk, real, reason="  ")
    with tenant_scope(real.tenant_id):
        assert not MappingSet.objects.exists()


def test_an_account_of_another_company_is_refused(browser_of: Browsers, cast: Cast, desk: Desk) -> None:
    """Another integration of the same tenant has it; this one's chart does not."""
    loaded(desk)
    with tenant_scope(desk.tenant_id):
        other = Connection.objects.create(name="Other AP", system="bill", secrets=Sealed({}))
        MirrorRecord.objects.create(
            connection=other, entity="gl_account", target_id="t7000", number="7000", seen_at="2026-03-01T00:00:00Z"
        )
    assert "7000 (what it becomes) is not in the chart" in ask(browser_of(Role.INTEGRATOR), desk, target="7000")
    assert rules(desk) == []


@pytest.mark.parametrize("name", ["source", "target", "note", "company", "part", "reason"])
def test_what_looks_like_code_is_text_in_every_field(browser_of: Browsers, desk: Desk, name: str) -> None:
    given = {name: "{0.__class__}"} | ({"table": "dimension"} if name == "part" else {})
    page = ask(browser_of(Role.INTEGRATOR), desk, **given)
    assert "&lt;class" not in page
    with tenant_scope(desk.tenant_id):
        assert all("<class" not in str(row) for row in GLMapping.objects.values())


def test_of_two_controllers_who_approve_at_the_same_moment_one_does(
    clerk: Client, browser_of: Browsers, real: Desk
) -> None:
    clients, together = [browser_of(Role.CONTROLLER), browser_of(Role.CONTROLLER)], Barrier(2)
    ask(clerk, real)
    with tenant_scope(real.tenant_id):
        path = f"/mappings/sets/{MappingSet.objects.get().uuid}/"

    def approve(client: Client) -> str:
        together.wait()
        try:
            return client.post(path, {"do": "approve"}, follow=True).content.decode()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        pages = list(pool.map(approve, clients))
    assert sum("Somebody has decided on it meanwhile" in page for page in pages) == 1
    assert rules(real) == [("4000", "5000", 1, True)]
    with tenant_scope(real.tenant_id):
        assert AuditEntry.objects.filter(action="mapping_approved").count() == 1
