"""Re-posting after a mapping change: asked for and agreed on, once, on unpaid bills that no approver has acted on."""

from dataclasses import dataclass

import pytest

from audit.models import AuditEntry
from integrations.models import Answer, GLMapping, MirrorState, OutboxItem
from integrations.store import answers, reposting
from integrations.store.questions import Refused
from integrations.systems.bill.simulator.hands import CLERK
from tenants.access import Place
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.factories import Cast, join, person
from tests.integrations.runner.town import Make, Town, town_of

__all__ = ["town_of"]


@dataclass
class Desk:
    """Two bills on account 1000, whose rule says 6130 since; a clerk and a controller."""

    town: Town
    clerk: Place
    controller: Place

    def propose(self, number: str = "N1", by: Place | None = None) -> Answer:
        with (by or self.clerk).scope():
            return reposting.propose(by or self.clerk, self.item(number), "Consulting moved")

    def item(self, number: str) -> OutboxItem:
        found: OutboxItem = OutboxItem.objects.select_related("flow__integration").get(source__number=number)
        return found

    def approve(self, given: Answer) -> Answer:
        with self.controller.scope():
            return answers.approve(self.controller, given)

    def map(self, target: str) -> None:
        """A mapping change takes force."""
        with tenant_scope(self.town.tenant_id):
            GLMapping.objects.filter(table="account").update(target=target)

    def notes(self, number: str = "N1") -> list[str]:
        with tenant_scope(self.town.tenant_id):
            return [note["message"] for note in self.item(number).notes]


@pytest.fixture
def desk(town_of: Make, cast: Cast) -> Desk:
    town = town_of()
    town.supplier("S1")
    town.erp.invoice(1, "100.00")
    town.erp.invoice(2, "40.00")
    town.sync()
    assert town.coded() == {"N1": "1000", "N2": "1000"}
    places = []
    for role in (Role.CLERK, Role.CONTROLLER):
        user = person()
        join(user, cast.tenant, role)
        places.append(cast.place(user))
    found = Desk(town, *places)
    found.map("6130")
    return found


def changes(town: Town) -> int:
    return len([call for call in town.ap.sent if call.method in ("PUT", "PATCH")])


def test_a_bill_is_coded_anew_once_and_the_others_stay(desk: Desk) -> None:
    assert desk.approve(desk.propose()).status == "approved"
    desk.town.sync()
    assert desk.town.coded() == {"N1": "6130", "N2": "1000"}
    assert changes(desk.town) == 1
    desk.town.sync()
    assert changes(desk.town) == 1
    with tenant_scope(desk.town.tenant_id):
        done = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"answer_proposed", "answered", "updated"} <= done


def test_a_proposal_alone_writes_nothing(desk: Desk) -> None:
    desk.propose()
    desk.town.sync()
    assert (desk.town.coded()["N1"], changes(desk.town)) == ("1000", 0)


def test_nobody_approves_their_own(desk: Desk) -> None:
    given = desk.propose()
    with desk.clerk.scope(), pytest.raises(Refused, match="Somebody else approves this"):
        answers.approve(desk.clerk, given)


def test_only_the_coding_that_was_approved_goes_out(desk: Desk) -> None:
    """The rules change again between the approval and the run: what nobody has seen is not written."""
    desk.approve(desk.propose())
    desk.map("6140")
    desk.town.sync()
    assert (desk.town.coded()["N1"], changes(desk.town)) == ("1000", 0)


def test_an_earlier_approval_does_not_speak_for_a_later_change(desk: Desk) -> None:
    desk.approve(desk.propose())
    desk.town.sync()
    desk.map("1000")
    desk.approve(desk.propose())
    desk.town.sync()
    assert (desk.town.coded()["N1"], changes(desk.town)) == ("1000", 2)
    desk.map("6140")
    with tenant_scope(desk.town.tenant_id):
        OutboxItem.objects.update(state="ready")
    desk.town.sync()
    assert (desk.town.coded()["N1"], changes(desk.town)) == ("1000", 2)


def test_total_number_and_dates_stay_as_they_were(desk: Desk) -> None:
    def head() -> list[object]:
        bill = next(row for row in desk.town.ap.sim.dump("bills") if row["invoice"]["invoiceNumber"] == "N1")
        return [bill[name] for name in ("id", "amount", "invoice", "dueDate", "vendorId")]

    before = head()
    desk.approve(desk.propose())
    desk.town.sync()
    assert head() == before
    assert desk.town.coded()["N1"] == "6130"


def test_what_is_coded_as_it_was_posted_is_refused(desk: Desk) -> None:
    desk.map("1000")
    with pytest.raises(Refused, match="nothing to change"):
        desk.propose()


def test_a_reason_is_asked_for(desk: Desk) -> None:
    with desk.clerk.scope(), pytest.raises(Refused, match="Say why"):
        reposting.propose(desk.clerk, desk.item("N1"), "  ")


def bill_of(desk: Desk, number: str = "N1") -> str:
    rows = desk.town.ap.sim.dump("bills")
    return next(str(row["id"]) for row in rows if row["invoice"]["invoiceNumber"] == number)


def test_a_bill_that_an_approver_has_acted_on_keeps_its_coding_and_says_so(desk: Desk) -> None:
    desk.town.ap.sim.assign(bill_of(desk), [CLERK])
    desk.town.ap.sim.approve(bill_of(desk))
    desk.approve(desk.propose())
    desk.town.sync()
    assert (desk.town.coded()["N1"], changes(desk.town)) == ("1000", 0)
    assert any("An approver has acted" in note for note in desk.notes())


def test_what_was_stopped_is_not_done_later(desk: Desk) -> None:
    """What was agreed has lapsed with the decision that stopped it, and is asked for anew."""
    desk.town.ap.sim.assign(bill_of(desk), [CLERK])
    desk.town.ap.sim.approve(bill_of(desk))
    desk.approve(desk.propose())
    desk.town.sync()
    with tenant_scope(desk.town.tenant_id):
        assert set(Answer.objects.values_list("status", flat=True)) == {"withdrawn"}
        assert AuditEntry.objects.filter(action="repost_ended").count() == 1


def test_the_same_coding_again_takes_another_approval(desk: Desk) -> None:
    for target, coded in (("6130", "6130"), ("1000", "1000")):
        desk.map(target)
        desk.approve(desk.propose())
        desk.town.sync()
        assert desk.town.coded()["N1"] == coded
    desk.map("6130")
    with tenant_scope(desk.town.tenant_id):
        OutboxItem.objects.update(state="ready")
    desk.town.sync()
    assert (desk.town.coded()["N1"], changes(desk.town)) == ("1000", 2)


def test_a_paid_bill_is_refused_with_a_sentence(desk: Desk) -> None:
    desk.town.ap.sim.assign(bill_of(desk), [CLERK])
    desk.town.ap.sim.approve(bill_of(desk))
    desk.town.ap.sim.pay([bill_of(desk)])
    with tenant_scope(desk.town.tenant_id):
        MirrorState.objects.update(whole_at="2026-01-01T00:00Z")
    desk.town.sync()
    with pytest.raises(Refused, match=r"The bill is (scheduled|paid): its coding stays"):
        desk.propose()


def test_a_payment_that_nobody_has_listed_yet_stops_it_when_it_is_written(desk: Desk) -> None:
    given = desk.propose()
    desk.town.ap.sim.pay([bill_of(desk)])
    desk.approve(given)
    desk.town.sync()
    assert (desk.town.coded()["N1"], changes(desk.town)) == ("1000", 0)
    assert any("its coding stays" in note for note in desk.notes())


def test_a_bill_that_somebody_edited_is_not_overwritten(desk: Desk) -> None:
    desk.town.ap.sim.edit_bill(bill_of(desk), dueDate="2027-01-31")
    desk.approve(desk.propose())
    desk.town.sync()
    assert (desk.town.coded()["N1"], changes(desk.town)) == ("1000", 0)
    assert desk.town.states()["N1"] == "held"


@pytest.mark.parametrize("role", [Role.OWNER, Role.INTEGRATOR, Role.CONTROLLER, Role.AUDITOR])
def test_only_a_clerk_asks_for_it(desk: Desk, cast: Cast, role: Role) -> None:
    user = person()
    join(user, cast.tenant, role)
    place = cast.place(user)
    with place.scope(), pytest.raises(Refused, match="Your role may not do this"):
        reposting.propose(place, desk.item("N1"), "Consulting moved")
