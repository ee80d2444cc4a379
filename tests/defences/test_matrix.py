"""The table of section 10 of the AP rules, tried by every way in: pages, API with session and key, admin, command."""

from pathlib import Path

import pytest
from django.core.management import CommandError
from django.test import Client

from audit.models import AuditEntry
from integrations.models import CheckSwitch, Connection, ConnectionChange, MappingSet, SettingChange
from tenants import permissions
from tenants.models import Membership, Role
from tenants.permissions import Act, Right
from tenants.scope import tenant_scope
from tests.defences import table
from tests.defences.proposals import PROPOSALS, Proposal, key_of
from tests.defences.table import API_KEY, TABLE
from tests.factories import Cast, join, person, signed_in
from tests.integrations.factories import Desk
from tests.integrations.runner.test_configuring import DOCUMENT, SECRETS, apply

pytestmark = pytest.mark.usefixtures("quiet")
RULES = Path(__file__).parents[3] / "shared" / "ap-rules.md"
EVERY = pytest.mark.parametrize("proposal", PROPOSALS, ids=lambda each: each.name)
COLUMNS = [*Role.values, API_KEY]
ACTS = dict(
    zip(
        table.ROWS,
        [
            *((Act.READ,), (Act.CONNECT,), (Act.SETTINGS, Act.MAP), (Act.WORK,), (Act.IGNORE,), (Act.OVERRIDE,)),
            *((Act.PAYEE,), (Act.MEMBERS,), (Act.UNCHECK,)),
        ],
        strict=True,
    )
)
RIGHTS = {"yes": Right.YES, "M": Right.MAKER, "C": Right.CHECKER, "scoped": Right.SCOPED, "retry": Right.SCOPED}


@pytest.mark.skipif(not RULES.exists(), reason="the rules are not beside the repository")
def test_the_table_is_the_one_of_the_rules() -> None:
    assert table.TEXT in RULES.read_text("utf-8").replace("\N{EN DASH}", "-")


@pytest.mark.parametrize("row", table.ROWS)
def test_the_rights_in_code_are_those_of_the_table(row: str) -> None:
    for act in ACTS[row]:
        said = {("api_key" if who == API_KEY else who): cell for who, cell in TABLE[row].items()}
        wanted = {
            who: RIGHTS[cell.right]
            for who, cell in said.items()
            if cell.right in RIGHTS and not (cell.part == "(mappings)" and act is Act.SETTINGS)
        }
        assert permissions.RIGHTS[act] == wanted


@pytest.fixture
def real(cast: Cast, desk: Desk) -> Desk:
    """A production tenant with two controllers, so that nobody is alone."""
    for _ in range(2):
        join(person(), cast.tenant, Role.CONTROLLER)
    with tenant_scope(desk.tenant_id):
        Connection.objects.update(environment="production")
    return desk


def browser(cast: Cast, *roles: Role) -> Client:
    user = person()
    for role in roles:
        join(user, cast.tenant, role)
    client = signed_in(user)
    client.raise_request_exception = False
    return client


def column(cast: Cast, who: str) -> Client:
    return key_of(cast, cast.owner) if who == API_KEY else browser(cast, Role(who))


def makers(proposal: Proposal) -> frozenset[str]:
    """A key has its ways by the API only."""
    found = table.makes(proposal.row, proposal.part)
    keys = proposal.keyed and "API" in proposal.name and proposal.row != table.MEMBERS
    return found if keys else found - {API_KEY}


@EVERY
def test_only_makers_propose_and_nothing_counts_before_somebody_else_agreed(
    cast: Cast, real: Desk, proposal: Proposal
) -> None:
    found = {}
    for who in COLUMNS:
        row = proposal.make(column(cast, who), real)
        found[who] = row is not None
        assert row is None or not proposal.in_force(real, row), who
    assert {who for who, made in found.items() if made} == makers(proposal)


@EVERY
def test_only_checkers_approve(cast: Cast, real: Desk, proposal: Proposal) -> None:
    maker = browser(cast, Role(next(iter(makers(proposal) - {API_KEY}))))
    done = set()
    for who in COLUMNS:
        row = proposal.make(maker, real)
        proposal.approve(column(cast, who), real, row)
        if proposal.in_force(real, row):
            done.add(who)
    assert done == table.checks(proposal.row)


@EVERY
def test_nobody_approves_their_own_whatever_roles_they_hold(cast: Cast, real: Desk, proposal: Proposal) -> None:
    everything = browser(cast, *Role)
    row = proposal.make(everything, real)
    for _ in range(2):  # also not the second time
        proposal.approve(everything, real, row)
    assert not proposal.in_force(real, row)
    proposal.approve(browser(cast, Role.CONTROLLER), real, row)
    assert proposal.in_force(real, row)


@pytest.mark.parametrize("proposal", [each for each in PROPOSALS if each.trial], ids=lambda each: each.name)
def test_somebody_alone_on_simulators_is_blocked_by_nothing(cast: Cast, desk: Desk, proposal: Proposal) -> None:
    with tenant_scope(desk.tenant_id):
        Membership.objects.exclude(user=cast.owner).delete()
    for role in (Role.INTEGRATOR, Role.CLERK):  # with OWNER the roles of whoever signs up
        join(cast.owner, cast.tenant, role)
    row = proposal.make(signed_in(cast.owner), desk)
    assert proposal.in_force(desk, row)


def test_a_command_proposes_like_anybody_and_is_named_in_the_audit(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    join(person(), cast.tenant, Role.CONTROLLER)
    apply(cast, DOCUMENT, tmp_path)
    with tenant_scope(cast.tenant.pk):
        assert set(SettingChange.objects.values_list("status", flat=True)) == {"proposed"}
        assert set(ConnectionChange.objects.values_list("status", flat=True)) == {"proposed"}
        assert set(Connection.objects.values_list("closed", flat=True)) == {True}
        assert set(MappingSet.objects.values_list("status", flat=True)) == {"proposed"}
        noted = AuditEntry.objects.filter(action__in=["setting_proposed", "mapping_proposed", "connection_added"])
        assert set(noted.values_list("actor_kind", flat=True)) == {"command"}


def test_no_document_switches_the_second_person_off(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(CommandError, match="second_person"):
        apply(cast, DOCUMENT.replace("[tenant]", "[tenant]\nsecond_person = false"), tmp_path)
    with tenant_scope(cast.tenant.pk):
        assert not CheckSwitch.objects.exists()
