import threading
import uuid

import pytest
from django.db import ProgrammingError, connection

from tenants.models import Membership, Role, Tenant
from tenants.scope import Actor, ScopeError, current_tenant, open_scope, tenant_scope, user_scope
from tests.factories import Cast, person


def tenant_of_database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.tenant', true)")
        return cursor.fetchone()[0] or ""


def test_a_query_outside_a_scope_is_refused(cast: Cast) -> None:
    with pytest.raises(ScopeError, match="open tenant_scope"):
        Membership.objects.exists()
    with pytest.raises(ScopeError):
        Tenant.objects.get(pk=cast.tenant.pk)
    with pytest.raises(ScopeError):
        Membership._base_manager.update(role=Role.OWNER)
    with pytest.raises(ScopeError):
        current_tenant()


def test_a_queryset_built_in_one_scope_answers_for_the_scope_it_runs_in(cast: Cast) -> None:
    everybody = Membership.objects.all()
    with tenant_scope(cast.tenant.pk):
        assert everybody.count() == 2
    with tenant_scope(cast.elsewhere.pk):
        assert everybody.all().count() == 1


def test_leaving_a_nested_scope_puts_the_old_tenant_back(cast: Cast) -> None:
    with tenant_scope(cast.tenant.pk):
        with tenant_scope(cast.elsewhere.pk):
            assert tenant_of_database() == str(cast.elsewhere.pk)
        assert tenant_of_database() == str(cast.tenant.pk) == str(current_tenant())
        with pytest.raises(ValueError, match="inner"), tenant_scope(cast.elsewhere.pk):
            raise ValueError("inner")
        assert tenant_of_database() == str(cast.tenant.pk) == str(current_tenant())
    assert tenant_of_database() == ""


def test_an_inner_scope_of_the_same_tenant_shares_the_outer_and_inherits_its_actor(cast: Cast) -> None:
    actor = Actor("user", "7")
    with tenant_scope(cast.tenant.pk, actor=actor) as outer, tenant_scope(cast.tenant.pk) as inner:
        assert inner.root is outer
        assert open_scope().actor == actor


def test_an_exception_rolls_the_scope_back(cast: Cast) -> None:
    def fail_in_scope() -> None:
        with tenant_scope(cast.tenant.pk):
            Membership.objects.create(user=cast.stranger, role=Role.AUDITOR)
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011  (raised above)
        fail_in_scope()
    with tenant_scope(cast.tenant.pk):
        assert Membership.objects.count() == 2


def test_raw_sql_sees_the_scope_only_and_nothing_outside(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tenants_membership")
        assert cursor.fetchone() == (0,)
    with tenant_scope(cast.tenant.pk), connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tenant_id FROM tenants_membership")
        assert cursor.fetchall() == [(cast.tenant.pk,)]


def test_the_database_refuses_a_row_of_another_tenant(cast: Cast) -> None:
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        tenant_scope(cast.tenant.pk),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO tenants_membership (tenant_id, user_id, role, created) VALUES (%s, %s, 'owner', now())",
            [cast.elsewhere.pk, cast.owner.pk],
        )


def test_saving_a_row_of_another_tenant_is_refused_before_the_database(cast: Cast) -> None:
    with tenant_scope(cast.elsewhere.pk):
        theirs = Membership.objects.get()
    with tenant_scope(cast.tenant.pk), pytest.raises(ScopeError, match="another tenant"):
        theirs.save()
    with tenant_scope(cast.tenant.pk), pytest.raises(ScopeError):
        Membership.objects.bulk_create([Membership(tenant_id=cast.elsewhere.pk, user=cast.owner, role=Role.CLERK)])


def test_the_tenant_is_filled_in_by_create_and_bulk_create(cast: Cast) -> None:
    someone = person()
    with tenant_scope(cast.tenant.pk):
        one = Membership.objects.create(user=someone, role=Role.AUDITOR)
        [two] = Membership.objects.bulk_create([Membership(user=someone, role=Role.CLERK)])
    assert one.tenant_id == two.tenant_id == cast.tenant.pk


def test_a_form_finds_a_double_within_the_tenant_and_not_beyond(cast: Cast) -> None:
    with tenant_scope(cast.tenant.pk):
        double = Membership(user=cast.owner, role=Role.OWNER)
        with pytest.raises(Exception, match="already exists"):
            double.full_clean(exclude={"tenant"})
    with tenant_scope(cast.elsewhere.pk):
        Membership(user=cast.owner, role=Role.OWNER).full_clean(exclude={"tenant"})


def test_a_thread_starts_outside_every_scope(cast: Cast) -> None:
    found: list[str] = []

    def look() -> None:
        try:
            current_tenant()
        except ScopeError:
            found.append("outside")

    with tenant_scope(cast.tenant.pk):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join(5)
    assert found == ["outside"]


def test_a_person_sees_own_memberships_in_every_tenant_and_only_those(cast: Cast) -> None:
    with user_scope(cast.owner.pk), connection.cursor() as cursor:
        cursor.execute("SELECT tenant_id, user_id FROM tenants_membership")
        assert cursor.fetchall() == [(cast.tenant.pk, cast.owner.pk)]
        cursor.execute("UPDATE tenants_membership SET role = 'auditor'")
        assert cursor.rowcount == 0


def test_an_unknown_tenant_has_no_rows(database: None) -> None:
    with tenant_scope(uuid.uuid4()):
        assert not Membership.objects.exists()
