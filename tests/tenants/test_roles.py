import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, transaction

from tenants.models import Role
from tenants.permissions import API_KEY, RIGHTS, Act, Right, may, rights
from tenants.roles import privilege_of, refuse_privileged_role


def test_the_application_role_may_run_the_application(database: None) -> None:
    assert privilege_of("default") == ""
    refuse_privileged_role("default")


def test_a_role_that_owns_tables_is_refused_with_one_sentence(database: None) -> None:
    with pytest.raises(
        ImproperlyConfigured, match=r"ml_owner owns tables.*let DATABASE_URL sign in as ml_app"
    ) as error:
        refuse_privileged_role("owner")
    assert "\n" not in str(error.value)


def test_temporary_tables_are_no_ownership(database: None) -> None:
    with transaction.atomic(), connections["default"].cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE passing (id int) ON COMMIT DROP")
        assert privilege_of("default") == ""


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        # owner, integrator, controller, clerk, auditor, API key
        (Act.READ, "yes yes yes yes yes scoped"),
        (Act.CONNECT, "maker maker checker - - -"),
        (Act.SETTINGS, "- maker checker - - maker"),
        (Act.MAP, "- maker checker maker - maker"),
        (Act.WORK, "- yes yes yes - scoped"),
        (Act.IGNORE, "- - yes yes - -"),
        (Act.OVERRIDE, "- - checker maker - -"),
        (Act.PAYEE, "- - checker maker - -"),
        (Act.MEMBERS, "maker - checker - - -"),
        (Act.UNCHECK, "maker - checker - - -"),
    ],
)
def test_who_may_do_what(act: Act, expected: str) -> None:
    assert " ".join(may(role, act) or "-" for role in (*Role.values, API_KEY)) == expected


def test_every_act_is_in_the_table_and_an_unknown_role_may_nothing() -> None:
    assert set(RIGHTS) == set(Act)
    assert all(may("cleaner", act) is None for act in Act)


def test_two_roles_show_the_conflict() -> None:
    assert rights([Role.INTEGRATOR, Role.CONTROLLER], Act.MAP) == {Right.MAKER, Right.CHECKER}
