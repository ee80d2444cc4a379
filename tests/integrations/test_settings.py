"""Settings: two people where that matters, a day on which they begin, a history, and what they free."""

from datetime import date, timedelta
from typing import Any

import pytest

from audit.log import opened
from audit.models import AuditEntry
from integrations.engine.policy import Policy
from integrations.models import OutboxItem, SettingChange
from integrations.runner import settings
from integrations.runner.settings import Refused
from integrations.store.rulebook import policy_of
from integrations.store.settings import take_force, today
from tenants.access import Place
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.factories import Cast, join, person
from tests.integrations.factories import Desk


class Team:
    """An integrator, a controller, another controller, in production."""

    def __init__(self, cast: Cast) -> None:
        self.cast, self.desk = cast, Desk(cast.tenant.pk, cast.owner)
        self.maker, self.checker, self.auditor = person(), person(), person()
        for user, role in (
            (self.maker, Role.INTEGRATOR),
            (self.checker, Role.CONTROLLER),
            (self.auditor, Role.AUDITOR),
        ):
            join(user, cast.tenant, role)
        join(self.maker, cast.tenant, Role.CONTROLLER)
        self.real()

    def real(self, environment: str = "production") -> None:
        """The connections are no simulators."""
        with tenant_scope(self.cast.tenant.pk):
            self.desk.integration.erp.environment = environment
            self.desk.integration.erp.save()

    def propose(self, name: str, value: Any, day: date | None = None, reason: str = "agreed") -> SettingChange:
        place = self.cast.place(self.maker)
        with place.scope():
            return settings.propose(place, self.desk.integration, name, value, reason, day)

    def decide(self, user: Any, how: Any, change: SettingChange) -> SettingChange:
        place: Place = self.cast.place(user)
        with place.scope():
            found: SettingChange = how(place, change)
            return found

    def policy(self) -> Policy:
        with tenant_scope(self.cast.tenant.pk):
            self.desk.integration.refresh_from_db()
            return policy_of(self.desk.integration)


@pytest.fixture
def team(cast: Cast) -> Team:
    return Team(cast)


def test_a_setting_waits_for_the_second_person(team: Team) -> None:
    change = team.propose("rounding_account", "8030")
    assert (change.status, team.policy().rounding_account) == ("proposed", "")
    team.decide(team.checker, settings.approve, change)
    assert (team.policy().rounding_account, team.policy().version) == ("8030", 2)


def test_nobody_approves_their_own(team: Team) -> None:
    change = team.propose("auto_archive", True)
    with pytest.raises(Refused, match="not the one who proposed it"):
        team.decide(team.maker, settings.approve, change)
    with pytest.raises(Refused, match="A controller"):
        team.decide(team.cast.owner, settings.approve, change)


def test_a_rehearsal_needs_one_person(team: Team) -> None:
    team.real("simulator")
    assert team.propose("rounding_tolerance", 9).version == 2
    assert team.policy().rounding_tolerance == 9


def test_a_future_change_takes_force_by_itself(team: Team) -> None:
    with tenant_scope(team.cast.tenant.pk):
        day = today() + timedelta(days=3)
    change = team.decide(team.checker, settings.approve, team.propose("prepayments", "send", day))
    assert (change.version, team.policy().prepayments) == (None, "hold")
    with tenant_scope(team.cast.tenant.pk):
        early = settings.in_force(team.desk.integration, day)
        assert (early.prepayments, early.version) == ("send", 2)
        assert take_force(team.desk.integration.pk, day) == 1
        assert take_force(team.desk.integration.pk, day) == 0
    assert (team.policy().prepayments, team.policy().version) == ("send", 2)


def test_the_start_date_is_a_setting_too(team: Team) -> None:
    team.decide(team.checker, settings.approve, team.propose("start_date", "2026-01-01"))
    assert team.policy().start_date == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("no_such", 1, "There is no setting no_such"),
        ("version", 7, "There is no setting version"),
        ("prepayments", "maybe", "Choose one of: hold, send"),
        ("auto_archive", 1, "Say true or false"),
        ("rounding_tolerance", "5", "Give a whole number"),
        ("rounding_tolerance", -1, "a number from 0 on"),
        ("max_lines", 0, "a number from 1 on"),
        ("ignore_limit", "NaN", "a number from 0 on"),
        ("ignore_limit", True, "Give an amount"),
        ("release_states", ["sent"], "these words: preliminary"),
        ("invoice_types", ["A", "A"], "Each entry once"),
        ("invoice_types", [""], "An empty entry"),
        ("start_date", "31 January", "Give a date"),
        ("rounding_account", "a\nb", "ordinary letters"),
        ("rounding_account", "", "It is so already"),
        ("ignore_limit", "1000", "It is so already"),
    ],
)
def test_what_cannot_be_is_refused_in_words(team: Team, name: str, value: Any, words: str) -> None:
    with pytest.raises(Refused, match=words):
        team.propose(name, value)


def test_no_reason_no_past_and_one_proposal_at_a_time(team: Team) -> None:
    with pytest.raises(Refused, match="Say why"):
        team.propose("auto_archive", True, reason=" ")
    with pytest.raises(Refused, match="hindsight"):
        team.propose("auto_archive", True, date(2020, 1, 1))
    team.propose("auto_archive", True)
    with pytest.raises(Refused, match="waits for approval already"):
        team.propose("auto_archive", True)


def test_a_role_that_may_not_is_told(team: Team) -> None:
    place = team.cast.place(team.auditor)
    with place.scope(), pytest.raises(Refused, match="Your role"):
        settings.propose(place, team.desk.integration, "auto_archive", True, "why not")


def test_one_decided_meanwhile_is_told(team: Team) -> None:
    change = team.propose("auto_archive", True)
    team.decide(team.checker, settings.reject, change)
    with pytest.raises(Refused, match="it is rejected"):
        team.decide(team.checker, settings.approve, change)
    assert team.policy().auto_archive is False


def test_only_the_maker_withdraws(team: Team) -> None:
    change = team.propose("auto_archive", True)
    with pytest.raises(Refused, match="Only the one who proposed"):
        team.decide(team.checker, settings.withdraw, change)
    assert team.decide(team.maker, settings.withdraw, change).status == "withdrawn"


def test_a_setting_frees_what_waited_for_it(team: Team) -> None:
    item = team.desk.record("held", code="rounding", needs=("setting", "rounding_account"))
    team.decide(team.checker, settings.approve, team.propose("rounding_account", "8030"))
    with tenant_scope(team.cast.tenant.pk):
        assert OutboxItem.objects.get(pk=item.pk).state == "ready"


def test_a_setting_decides_again_what_it_decides_and_no_more(team: Team) -> None:
    again = [team.desk.record("out", code="before_start"), team.desk.record("waiting", code="not_authorised")]
    never = [team.desk.record("out", code="settled"), team.desk.record("held", code="uncertain"), team.desk.record()]
    team.decide(team.checker, settings.approve, team.propose("start_date", "2020-01-01"))
    with tenant_scope(team.cast.tenant.pk):
        ready = OutboxItem.objects.filter(state="ready").values_list("pk", flat=True)
        assert sorted(ready) == sorted(item.pk for item in again)
        assert not {item.pk for item in never} & set(ready)


def test_the_audit_has_old_new_who_and_why(team: Team) -> None:
    team.decide(team.checker, settings.approve, team.propose("max_lines", 50, reason="our plan allows 50"))
    with tenant_scope(team.cast.tenant.pk):
        entry = AuditEntry.objects.get(action="setting_changed")
        proposed = AuditEntry.objects.get(action="setting_proposed")
        text = opened(entry)
    assert '"old":100' in text
    assert '"new":50' in text
    assert "our plan allows 50" in text
    assert (proposed.actor_id, entry.actor_id) == (str(team.maker.pk), str(team.checker.pk))
