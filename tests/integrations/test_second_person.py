"""The second person can be switched off, by two people; then makers decide alone, and every page says so."""

from typing import Any

import pytest

from audit.log import opened
from audit.models import AuditEntry
from integrations.models import CheckSwitch, Connection
from integrations.store import checking, controls, switching
from integrations.store.checking import Ruling
from integrations.store.settings import today
from integrations.store.switching import Refused
from tenants.models import Membership, Role, User
from tenants.permissions import Act
from tenants.scope import tenant_scope
from tests.factories import Cast, join, person
from tests.integrations.factories import Desk


class House:
    """An owner, a clerk and two controllers with a real connection."""

    def __init__(self, cast: Cast) -> None:
        self.cast, self.desk = cast, Desk(cast.tenant.pk, cast.owner)
        self.controller, self.other = person(), person()
        for user in (self.controller, self.other):
            join(user, cast.tenant, Role.CONTROLLER)
        self.connected("production")

    def connected(self, environment: str) -> None:
        with tenant_scope(self.cast.tenant.pk):
            Connection.objects.update(environment=environment)

    def ask(self, user: User, *, off: bool = True, reason: str = "A small team") -> CheckSwitch:
        place = self.cast.place(user)
        with place.scope():
            return switching.propose(place, off, reason)

    def decide(self, user: User, how: Any, asked: CheckSwitch) -> CheckSwitch:
        place = self.cast.place(user)
        with place.scope():
            done: CheckSwitch = how(place, asked)
            return done

    def switch_off(self) -> None:
        self.decide(self.controller, switching.approve, self.ask(self.cast.owner))

    def ruling(self, user: User, act: Act) -> Ruling:
        place = self.cast.place(user)
        with place.scope():
            return checking.ruling(place, act)

    def off(self) -> list[controls.Control]:
        with tenant_scope(self.cast.tenant.pk):
            return controls.switched_off(self.desk.integration, today())


@pytest.fixture
def house(cast: Cast) -> House:
    return House(cast)


def test_an_owner_proposes_and_a_controller_confirms(house: House) -> None:
    asked = house.ask(house.cast.owner)
    assert house.ruling(house.cast.colleague, Act.MAP) is Ruling.PROPOSE  # nothing has changed yet
    assert house.off() == []
    house.decide(house.controller, switching.approve, asked)
    for act in (Act.MAP, Act.OVERRIDE, Act.PAYEE):
        assert house.ruling(house.cast.colleague, act) is Ruling.ALONE
    assert house.ruling(house.cast.owner, Act.UNCHECK) is Ruling.PROPOSE  # the switch itself always takes two


def test_on_again_takes_the_same_two_people(house: House) -> None:
    house.switch_off()
    back = house.ask(house.cast.owner, off=False, reason="The auditors asked")
    assert house.ruling(house.cast.colleague, Act.MAP) is Ruling.ALONE
    house.decide(house.other, switching.approve, back)
    assert house.ruling(house.cast.colleague, Act.MAP) is Ruling.PROPOSE


@pytest.mark.parametrize("role", [Role.CONTROLLER, Role.INTEGRATOR, Role.CLERK, Role.AUDITOR])
def test_nobody_but_an_owner_proposes(house: House, role: Role) -> None:
    user = person()
    join(user, house.cast.tenant, role)
    with pytest.raises(Refused, match="an owner proposes it"):
        house.ask(user)


def test_whoever_proposed_it_never_confirms_it_even_as_a_controller(house: House) -> None:
    join(house.cast.owner, house.cast.tenant, Role.CONTROLLER)
    asked = house.ask(house.cast.owner)
    for how in (switching.approve, switching.reject):
        with pytest.raises(Refused, match="not the one who proposed"):
            house.decide(house.cast.owner, how, asked)
    assert house.decide(house.cast.owner, switching.withdraw, asked).status == "withdrawn"


def test_where_nobody_looks_anyway_there_is_nothing_to_switch_off(house: House) -> None:
    house.connected("simulator")
    with pytest.raises(Refused, match="Everything connected is a simulator"):
        house.ask(house.cast.owner)
    house.connected("production")
    with tenant_scope(house.cast.tenant.pk):
        Membership.objects.filter(role=Role.CONTROLLER).delete()
    with pytest.raises(Refused, match="Nobody else could confirm it"):
        house.ask(house.cast.owner)


def test_a_reason_is_needed_and_one_proposal_at_a_time(house: House) -> None:
    with pytest.raises(Refused, match="Say why"):
        house.ask(house.cast.owner, reason="  ")
    with pytest.raises(Refused, match="on already"):
        house.ask(house.cast.owner, off=False)
    asked = house.ask(house.cast.owner)
    with pytest.raises(Refused, match="waits already"):
        house.ask(house.cast.owner)
    house.decide(house.controller, switching.reject, asked)
    with pytest.raises(Refused, match="decided on it meanwhile"):
        house.decide(house.other, switching.approve, asked)


def test_every_step_is_in_the_audit_with_its_reason_and_person(house: House) -> None:
    house.switch_off()
    with tenant_scope(house.cast.tenant.pk):
        entries = {e.action: opened(e) for e in AuditEntry.objects.filter(action__startswith="second_person")}
    assert set(entries) == {"second_person_proposed", "second_person_switched_off"}
    assert house.cast.owner.email in entries["second_person_proposed"]
    assert house.controller.email in entries["second_person_switched_off"]
    assert all("A small team" in text for text in entries.values())


def test_statements_can_ask_what_is_switched_off(house: House) -> None:
    house.switch_off()
    with tenant_scope(house.cast.tenant.pk):
        house.desk.integration.policy = {"match_by_number": True, "auto_authorise": True, "max_lines": 50}
        house.desk.integration.save()
    off = {control.code: control for control in house.off()}
    assert set(off) == {"second_person", "match_by_number", "auto_authorise"}
    assert house.controller.email in off["second_person"].by
    assert off["second_person"].reason == "A small team"
    assert off["second_person"].since is not None


def test_a_trial_and_a_lone_controller_are_said_to_be_unchecked(house: House) -> None:
    house.connected("simulator")
    assert "simulator" in house.off()[0].words
    house.connected("production")
    join(house.controller, house.cast.tenant, Role.CLERK)
    assert house.off() == []  # the other one can approve what the first proposes
    with tenant_scope(house.cast.tenant.pk):
        Membership.objects.filter(user=house.other).delete()
    assert "only controller" in house.off()[0].words
