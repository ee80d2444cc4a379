"""What every test shares: a real PostgreSQL database, migrated by its owner, used by the application's role.

Tests commit and nothing is ever flushed (the audit refuses TRUNCATE): each takes a fresh tenant from `cast`.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.test.utils import setup_databases, teardown_databases

from tests.factories import Cast, forget_restarts, forget_throttles

PLAIN_STATIC = "django.contrib.staticfiles.storage.StaticFilesStorage"


def pytest_configure() -> None:
    """Static files straight from their sources: nobody has to collect them before a test."""
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": PLAIN_STATIC}}
    settings.STATIC_ROOT = None
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What tests told of themselves: seeds, counts, timings."""
    reports = [each for found in terminalreporter.stats.values() for each in found if hasattr(each, "user_properties")]
    for line in dict.fromkeys(text for each in reports for name, text in each.user_properties if name == "told"):
        terminalreporter.write_line(line)


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Says a line in the summary of the whole run."""
    return partial(record_property, "told")


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, django_test_environment: None, django_db_blocker: Any
) -> Iterator[None]:
    """The test database: made and migrated by `owner`; `default` (ml_app) is pointed at it."""
    worker = getattr(request.config, "workerinput", {}).get("workerid", "")
    name = f"test_{connections['owner'].settings_dict['NAME']}{'_' + worker if worker else ''}"
    connections["owner"].settings_dict["TEST"]["NAME"] = name
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, serialized_aliases=set())
    yield
    with django_db_blocker.unblock():
        connections["default"].close()
        connections["default"].close_pool()  # type: ignore[attr-defined]
        teardown_databases(made, verbosity=0)


@pytest.fixture
def database(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The database, with real commits: no transaction round the test, no flush after it."""
    with django_db_blocker.unblock():
        yield
        for connection in connections.all():
            connection.close()


@pytest.fixture
def cast(database: None) -> Cast:
    """Owner and colleague of one new tenant, and a stranger who owns another."""
    forget_restarts()
    return Cast.make()


@pytest.fixture(autouse=True)
def _fast_passwords(settings: Any) -> None:
    """Scrypt at its smallest: its cost has a test of its own."""
    settings.PASSWORD_HASHERS = ["tests.factories.QuickScrypt"]


@pytest.fixture
def throttles() -> None:
    """Sign-in throttles start at zero."""
    forget_throttles()
