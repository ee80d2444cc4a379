"""What people decide: at once or by two, told apart from each other, kept with its reason, and in force at once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from audit.models import AuditEntry
from integrations.engine.decisions import Hold
from integrations.engine.drafts import Receipt
from integrations.engine.errors import Choice, Problem
from integrations.engine.records import Entity
from integrations.engine.targets import TargetRecord
from integrations.models import Answer, OutboxItem, RecordLink, ReviewItem
from integrations.store import answers, mirror
from integrations.store.answers import Refused
from tenants.access import Place, places_of
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.engine.build import invoice
from tests.factories import Cast, join, person
from tests.integrations.conftest import Bench, page
from tests.integrations.test_store import create

ASK = Problem(
    "possible_duplicate",
    "It looks like 00n9.",
    subject="00n9",
    choices=(Choice("link:00n9", "It is this one"), Choice("create", "It is another one", "override")),
)


@dataclass
class Office:
    """A clerk and a controller before one held invoice."""

    bench: Bench
    clerk: Place
    controller: Place
    scopes: list[Any] = field(default_factory=list)

    @property
    def item(self) -> OutboxItem:
        return self.bench.items()[0]

    def by(self, place: Place, act: Callable[..., Any], *values: Any, **named: Any) -> Any:
        """One request of one person: a scope of its own."""
        with place.scope():
            return act(place, *values, **named)

    def held(self) -> dict[tuple[str, str], str]:
        """The record is decided again and held as before; returns the answers that the decision saw."""
        store = self.bench.store()
        items = store.claim(10)
        store.record(items, [Hold(problems=(ASK,))] * len(items))
        return dict(items[0].answers) if items else {}

    def linked(self) -> RecordLink:
        """The record arrived as 00n1."""
        store = self.bench.store()
        items = store.claim(10)
        store.settle(store.record(items, [create(each) for each in items]), [Receipt(target_id="00n1")])
        with tenant_scope(self.bench.tenant_id):
            found: RecordLink = RecordLink.objects.get(integration=self.bench.flow.integration)
            return found


@pytest.fixture
def office(bench: Bench, cast: Cast) -> Office:
    controller = person()
    join(controller, cast.tenant, Role.CONTROLLER)
    bench.store("poll").stage(page(invoice(key="10|A", number="A")))
    return Office(bench, places_of(cast.colleague)[0], places_of(controller)[0])


def stage(office: Office, **changed: Any) -> None:
    office.bench.store("poll").stage(page(invoice(key="10|A", number="A", **changed)))


def test_an_answer_makes_the_record_ready_and_the_decision_sees_it(office: Office) -> None:
    office.held()
    office.by(office.clerk, answers.answer, office.item, "possible_duplicate", "00n9", "link:00n9", "Same paper.")
    assert office.item.state == "ready"
    assert office.held() == {("possible_duplicate", "00n9"): "link:00n9"}


def test_an_answer_counts_no_more_once_the_source_has_changed(office: Office) -> None:
    office.held()
    office.by(office.clerk, answers.answer, office.item, "possible_duplicate", "00n9", "link:00n9", "Same paper.")
    stage(office, net=Decimal("7.00"))
    assert office.held() == {}


def test_an_override_waits_for_a_second_person_and_then_counts(office: Office) -> None:
    office.held()
    given = office.by(office.clerk, answers.answer, office.item, "possible_duplicate", "00n9", "create", "Two vans.")
    assert (given.status, office.item.state) == ("proposed", "held")
    with pytest.raises(Refused, match="Somebody else approves"):
        office.by(office.clerk, answers.approve, given)
    office.by(office.controller, answers.approve, given)
    assert office.held() == {("possible_duplicate", "00n9"): "create"}


def test_a_rejected_proposal_leaves_the_question_open(office: Office) -> None:
    office.held()
    given = office.by(office.clerk, answers.answer, office.item, "possible_duplicate", "00n9", "create", "Two vans.")
    office.by(office.controller, answers.reject, given, "It is the same van.")
    with pytest.raises(Refused, match="already"):
        office.by(office.controller, answers.approve, given)
    assert office.item.state == "held"


def test_the_proposer_alone_takes_a_proposal_back(office: Office) -> None:
    office.held()
    given = office.by(office.clerk, answers.answer, office.item, "possible_duplicate", "00n9", "create", "Two vans.")
    with pytest.raises(Refused):
        office.by(office.controller, answers.withdraw, given)
    assert office.by(office.clerk, answers.withdraw, given).status == "withdrawn"


def test_of_two_people_the_second_is_told(office: Office) -> None:
    office.held()
    asked = (office.item, "possible_duplicate", "00n9", "link:00n9", "Same paper.")
    office.by(office.clerk, answers.answer, *asked)
    with pytest.raises(Refused, match="was faster"):
        office.by(office.controller, answers.answer, *asked)


@pytest.mark.parametrize(("choice", "reason"), [("archive", "Because."), ("link:00n9", "  ")])
def test_only_what_is_offered_is_answered_and_never_without_a_reason(office: Office, choice: str, reason: str) -> None:
    office.held()
    with pytest.raises(Refused):
        office.by(office.clerk, answers.answer, office.item, "possible_duplicate", "00n9", choice, reason)
    with tenant_scope(office.bench.tenant_id):
        assert not Answer.objects.exists()


def test_an_answer_is_in_the_audit_with_who_gave_it(office: Office) -> None:
    office.held()
    office.by(office.clerk, answers.answer, office.item, "possible_duplicate", "00n9", "link:00n9", "Same paper.")
    with tenant_scope(office.bench.tenant_id):
        entry = AuditEntry.objects.get(action="answered")
    assert (entry.actor_id, entry.source_key) == (str(office.clerk.person), "10|A")
    assert "Same paper" not in str(entry.body)


def test_an_ignored_record_wakes_when_it_changes_or_its_day_has_come(office: Office) -> None:
    office.held()
    until = timezone.now() + timedelta(days=9)
    office.by(office.clerk, answers.ignore, office.item, "Paid by card.", until)
    stage(office)
    assert (office.item.state, office.bench.store().claim(9)) == ("ignored", [])
    with tenant_scope(office.bench.tenant_id):
        OutboxItem.objects.update(until=timezone.now())
    assert [item.source_key for item in office.bench.store().claim(9)] == ["10|A"]


def test_new_content_wakes_an_ignored_record(office: Office) -> None:
    office.held()
    office.by(office.clerk, answers.ignore, office.item, "Paid by card.")
    stage(office, net=Decimal("7.00"))
    assert office.item.state == "ready"


def test_above_the_limit_a_controller_confirms_what_is_ignored(office: Office) -> None:
    stage(office, net=Decimal("5000.00"), ledger_items=())
    office.held()
    with tenant_scope(office.bench.tenant_id):
        item = office.item
        type(item.source).objects.update(amount=Decimal("5000.00"))
    given = office.by(office.clerk, answers.ignore, office.item, "Paid by card.")
    assert (given.status, office.item.state) == ("proposed", "held")
    office.by(office.controller, answers.approve, given)
    assert office.item.state == "ignored"


def test_an_ignored_record_is_taken_up_again(office: Office) -> None:
    office.held()
    office.by(office.clerk, answers.ignore, office.item, "Paid by card.")
    office.by(office.clerk, answers.unignore, office.item, "The card was refused.")
    assert office.held() == {}
    assert office.item.state == "held"


def theirs(target_id: str) -> TargetRecord:
    return TargetRecord(target_id=target_id, number="A", vendor_id="009A", currency="USD", kind="bill")


def test_a_record_is_linked_to_any_record_of_the_other_side_that_is_free(office: Office) -> None:
    office.held()
    with tenant_scope(office.bench.tenant_id):
        mirror.merge(office.bench.flow.target.pk, Entity.INVOICE, [theirs("00n5")])
    made = office.by(office.clerk, answers.link, office.item, "00n5", "Entered by hand.")
    assert (made.target_id, made.made_by, made.echo["number"]) == ("00n5", "person", "A")
    assert office.item.state == "ready"


def test_a_record_is_not_linked_to_what_is_unknown_or_taken(office: Office) -> None:
    office.held()
    with pytest.raises(Refused, match="no such record"):
        office.by(office.clerk, answers.link, office.item, "00n5", "Entered by hand.")
    with tenant_scope(office.bench.tenant_id):
        mirror.merge(office.bench.flow.target.pk, Entity.INVOICE, [theirs("00n5")])
        link = {"integration": office.bench.flow.integration, "entity": "invoice", "fingerprint": "f", "schema": 1}
        to = {"target_connection": office.bench.flow.target, "target_id": "00n5", "linked_at": timezone.now()}
        RecordLink.objects.create(source_key="10|Z", **link, **to)
    with pytest.raises(Refused, match="linked to"):
        office.by(office.clerk, answers.link, office.item, "00n5", "Entered by hand.")


def test_a_link_taken_back_is_never_made_again_by_itself(office: Office) -> None:
    link = office.linked()
    given = office.by(office.clerk, answers.unlink, link, "Wrong bill.")
    office.by(office.controller, answers.approve, given)
    stage(office, net=Decimal("7.00"))
    store = office.bench.store()
    items = store.claim(10)
    assert (items[0].link, store.record(items, [create(items[0])])) == (None, [])
    assert (office.item.state, office.item.reason) == ("held", "unlinked")


def test_what_was_unlinked_goes_anew_when_two_people_say_so(office: Office) -> None:
    link = office.linked()
    office.by(office.controller, answers.approve, office.by(office.clerk, answers.unlink, link, "Wrong bill."))
    given = office.by(office.clerk, answers.answer, office.item, "unlinked", "", "create", "It never arrived.")
    office.by(office.controller, answers.approve, given)
    store = office.bench.store()
    items = store.claim(10)
    assert len(store.record(items, [create(items[0])])) == 1


def test_a_retry_leaves_what_may_be_on_the_other_side(office: Office) -> None:
    office.by(office.controller, answers.approve, office.by(office.clerk, answers.unlink, office.linked(), "Wrong."))
    with tenant_scope(office.bench.tenant_id):
        assert answers.retry(ReviewItem.objects.all(), office.clerk.person) == 0
    assert office.item.state == "held"


def test_one_question_stands_for_all_records_alike_and_so_does_its_answer(bench: Bench, office: Office) -> None:
    asked = Problem(
        *("invoice_type", "Is type X sent?", "type", "X", ("invoice_type", "X")),
        choices=(Choice("send", "Send it"),),
        subject="X",
        once=True,
    )
    bench.store("poll").stage(page(*(invoice(key=f"10|{n}", number=n) for n in "BC")))
    store = bench.store()
    items = store.claim(10)
    store.record(items, [Hold(problems=(asked,))] * 3)
    assert sorted(item.state for item in bench.items()) == ["held", "waiting", "waiting"]
    held = bench.items(state="held")[0]
    office.by(office.clerk, answers.answer, held, "invoice_type", "X", "send", "They are bills.")
    again = bench.store().claim(10)
    assert [dict(item.answers) for item in again] == [{("invoice_type", "X"): "send"}] * 3


def test_an_amount_in_another_currency_than_the_companys_is_never_small(office: Office) -> None:
    office.held()
    with tenant_scope(office.bench.tenant_id):
        type(office.bench.flow.integration).objects.update(company_currency="KWD")
    assert office.by(office.clerk, answers.ignore, office.item, "Paid by card.").status == "proposed"
