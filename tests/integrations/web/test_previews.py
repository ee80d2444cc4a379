"""Pages and API of previews and re-posts: what a mapping change would do to real records, and a bill coded anew."""

import csv
import io
from dataclasses import dataclass

import pytest
from django.test import Client

from integrations import tasks
from integrations.models import Answer, Connection, GLMapping, MappingSet, OutboxItem
from integrations.runner import mappings
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.factories import Cast, join, person, signed_in
from tests.integrations.runner.town import Make, Town, town_of

__all__ = ["town_of"]


@dataclass
class Office:
    """A posted bill, a held invoice, and a proposed set that would move the one and free the other."""

    town: Town
    cast: Cast
    set: MappingSet

    def browser(self, role: Role) -> Client:
        user = person()
        join(user, self.cast.tenant, role)
        return signed_in(user)

    @property
    def path(self) -> str:
        return f"/mappings/sets/{self.set.uuid}/preview/"

    @property
    def api(self) -> str:
        return f"/api/v1/mapping-sets/{self.set.uuid}/preview/"

    def item(self, number: str) -> OutboxItem:
        with tenant_scope(self.town.tenant_id):
            found: OutboxItem = OutboxItem.objects.get(source__number=number)
            return found


@pytest.fixture
def office(town_of: Make, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Office:
    town = town_of()
    town.supplier("S1")
    town.erp.invoice(1, "100.00")
    town.erp.invoice(2, "40.00")
    place = {"Company": "10", "InvoiceId": 2, "ItemId": 1, "RowId": 1}
    town.erp.sim.edit("ManSuppInvoicePostings", place, CodeA="9999")
    town.sync()
    clerk, controller = person(), person()
    join(clerk, cast.tenant, Role.CLERK)
    join(controller, cast.tenant, Role.CONTROLLER)
    with tenant_scope(town.tenant_id):
        Connection.objects.update(environment="production")
    rule = {"table": "account", "company": "", "part": "", "target": "6130", "valid_from": None, "valid_to": None}
    with cast.place(clerk).scope():
        wishes = [mappings.wish("gl", {**rule, "source": source, "note": ""}) for source in ("6120", "9999")]
        made = mappings.propose(cast.place(clerk), town.integration, wishes, reason="New chart")
    monkeypatch.setattr(tasks.make_preview, "delay", tasks.make_preview)
    return Office(town, cast, made)


def answer_of(client: Client, path: str) -> str:
    page = client.get(path).content.decode().replace("\xa0", " ")
    return page.partition('class="answer" role="status">')[2].partition("</p>")[0]


def test_the_page_says_in_one_sentence_what_would_change_and_that_posted_stays(office: Office) -> None:
    clerk = office.browser(Role.CLERK)
    assert "Nobody has looked yet" in answer_of(clerk, office.path)
    clerk.post(office.path)
    assert answer_of(clerk, office.path) == (
        "Of 2 records of the last 90 days: 1 that is held would go (40.00 USD). "
        "1 was posted and stays as it is, but would have come out otherwise."
    )
    page = clerk.get(f"{office.path}?kind=posted").content.decode()
    assert "A change of mappings never changes what was posted." in page
    assert ("N1" in page, "N2" in page, "100 on 1000 Cash operating account" in page) == (True, False, True)


def test_the_changed_records_come_as_csv(office: Office) -> None:
    clerk = office.browser(Role.CLERK)
    clerk.post(office.path)
    data = b"".join(clerk.get(office.path.rstrip("/") + ".csv").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(data)))
    assert {row["Number"]: row["What would change"] for row in rows} == {
        "N1": "Posted: stays, would be coded otherwise",
        "N2": "Held, would go",
    }


def test_a_program_reads_it_and_a_person_starts_it(office: Office) -> None:
    clerk = office.browser(Role.CLERK)
    assert clerk.get(office.api).status_code == 404
    assert clerk.post(office.api, {}, "application/json").status_code == 202
    found = clerk.get(office.api).json()
    assert (found["status"], found["totals"]["records"]) == ("ready", 2)
    assert found["totals"]["kinds"]["freed"] == {"count": 1, "amounts": {"USD": "40"}}
    lines = clerk.get(f"{office.api}lines/?kind=posted").json()["results"]
    assert [(line["number"], line["kind"]) for line in lines] == [("N1", "posted")]


def test_an_auditor_looks_and_starts_nothing(office: Office) -> None:
    auditor = office.browser(Role.AUDITOR)
    assert auditor.get(office.path).status_code == 200
    assert auditor.post(office.path).status_code == 403
    assert auditor.post(office.api, {}, "application/json").status_code == 403


def test_chosen_bills_of_a_set_in_force_are_posted_anew_by_two_people(office: Office) -> None:
    clerk, controller = office.browser(Role.CLERK), office.browser(Role.CONTROLLER)
    controller.post(f"/mappings/sets/{office.set.uuid}/", {"do": "approve"})
    clerk.post(office.path)
    bill = office.item("N1")
    page = clerk.get(f"{office.path}?kind=posted").content.decode()
    assert f'name="item" value="{bill.uuid}"' in page
    given = {"item": [str(bill.uuid), str(office.item("N2").uuid)], "reason": "Moved", "next": office.path}
    said = clerk.post("/records/repost/", given, follow=True).content.decode()
    assert "1 proposed. It counts once somebody else approves it." in said
    page = controller.get(f"/records/{bill.uuid}/repost/").content.decode()
    assert ("1000 Cash operating account" in page, "6130 Insurance property" in page, "Approve" in page) == (True,) * 3
    path = f"/api/v1/records/{bill.uuid}/repost/"
    found = controller.get(path).json()
    assert ([line["account"] for line in found["after"]], found["reason"]) == (["6130 Insurance property"], "Moved")
    assert controller.post(f"{path}approve/", {}, "application/json").status_code == 200
    office.town.sync()
    assert office.town.coded()["N1"] == "6130"


def test_a_reason_is_asked_of_each_and_nothing_is_asked_without_one(office: Office) -> None:
    clerk = office.browser(Role.CLERK)
    with tenant_scope(office.town.tenant_id):
        GLMapping.objects.filter(table="account").update(target="6130")
    given = {"item": str(office.item("N1").uuid), "reason": ""}
    assert "Say why" in clerk.post("/records/repost/", given, follow=True).content.decode()
    with tenant_scope(office.town.tenant_id):
        assert not Answer.objects.exists()


def test_a_rule_is_proposed_from_its_form_and_what_it_would_change_is_shown_at_once(office: Office) -> None:
    clerk = office.browser(Role.CLERK)
    asked = {
        "integration": str(office.town.integration.uuid),
        "table": "account",
        "source": "7777",
        "target": "6130",
        "reason": "A new account",
        "preview": "yes",
    }
    where = clerk.post("/mappings/rule/?kind=gl", asked).headers["Location"]
    with tenant_scope(office.town.tenant_id):
        made = MappingSet.objects.latest("made_at")
    assert (where, made.status) == (f"/mappings/sets/{made.uuid}/preview/", "proposed")
    assert "What would change" in clerk.get(where).content.decode()
