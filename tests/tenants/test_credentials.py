import pickle
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection

from audit.log import opened
from audit.models import AuditEntry
from audit.verify import verify
from integrations.models import Connection
from tenants.credentials import Sealed
from tenants.keys import Unreadable
from tenants.models import DataKey, KeyPurpose
from tenants.rotation import renew_tenant, rewrap_tenant, sealed_fields
from tenants.scope import ScopeError, tenant_scope
from tests.factories import Cast

SECRET = {"client_secret": "s3cret-\N{SNOWMAN}-value"}


@pytest.fixture
def stored(cast: Cast) -> int:
    """A connection of the tenant with a secret."""
    with tenant_scope(cast.tenant.pk):
        row = Connection.objects.create(name="books", system="erp", secrets=Sealed(SECRET))
    return int(row.pk)


def raw(cast: Cast, pk: int) -> bytes:
    with tenant_scope(cast.tenant.pk), connection.cursor() as cursor:
        cursor.execute("SELECT secrets FROM integrations_connection WHERE id = %s", [pk])
        return bytes(cursor.fetchone()[0])


def test_a_secret_comes_back_inside_its_scope_and_shows_nowhere(cast: Cast, stored: int) -> None:
    with tenant_scope(cast.tenant.pk):
        secrets = Connection.objects.get(pk=stored).secrets
        assert secrets.reveal() == SECRET
    assert "s3cret" not in f"{secrets!r} {secrets} {vars(Connection(secrets=secrets, tenant=cast.tenant))}"
    assert b"s3cret" not in raw(cast, stored)
    with pytest.raises(ScopeError):
        secrets.reveal()
    with pytest.raises(TypeError):
        pickle.dumps(secrets)


def test_a_value_that_was_only_read_is_written_back_as_it_was(cast: Cast, stored: int) -> None:
    before = raw(cast, stored)
    with tenant_scope(cast.tenant.pk):
        row = Connection.objects.get(pk=stored)
        row.name = "other"
        row.save()
    assert raw(cast, stored) == before


def test_a_ciphertext_moved_to_another_tenant_stays_shut(cast: Cast, stored: int) -> None:
    moved = raw(cast, stored)
    with tenant_scope(cast.elsewhere.pk):
        theirs = Connection.objects.create(name="x", system="erp", secrets=Sealed({}))
        with connection.cursor() as cursor:
            cursor.execute("UPDATE integrations_connection SET secrets = %s WHERE id = %s", [moved, theirs.pk])
        with pytest.raises(Unreadable, match="not among this tenant's keys"):
            Connection.objects.get(pk=theirs.pk).secrets.reveal()
        theirs.delete()


def test_a_ciphertext_moved_to_another_field_stays_shut(cast: Cast, stored: int) -> None:
    sealed = Sealed.from_store(raw(cast, stored), "integrations.Connection.other")
    with tenant_scope(cast.tenant.pk), pytest.raises(Unreadable, match="another tenant or field"):
        sealed.reveal()


@pytest.mark.parametrize("place", [0, 9, -1])
def test_a_changed_ciphertext_stays_shut(cast: Cast, stored: int, place: int) -> None:
    changed = bytearray(raw(cast, stored))
    changed[place] ^= 1
    with tenant_scope(cast.tenant.pk), pytest.raises(Unreadable):
        Sealed.from_store(bytes(changed), "integrations.Connection.secrets").reveal()


def test_only_sealed_values_are_taken_and_nothing_can_be_asked_of_them(cast: Cast) -> None:
    with tenant_scope(cast.tenant.pk):
        with pytest.raises(TypeError, match="takes a Sealed"):
            Connection.objects.create(name="x", system="erp", secrets={"plain": "text"})
        with pytest.raises(Exception, match="Unsupported lookup"):
            Connection.objects.filter(secrets__startswith=b"x").exists()


def test_a_new_server_key_reads_the_old_and_after_rotation_needs_it_no_more(
    cast: Cast, stored: int, settings: Any
) -> None:
    old, new = settings.CREDENTIAL_KEYS[0], Fernet.generate_key().decode()
    settings.CREDENTIAL_KEYS = [new, old]
    assert rewrap_tenant(cast.tenant.pk) == 2
    assert rewrap_tenant(cast.tenant.pk) == 0  # a second run has nothing to do
    settings.CREDENTIAL_KEYS = [new]
    with tenant_scope(cast.tenant.pk):
        assert Connection.objects.get(pk=stored).secrets.reveal() == SECRET
    settings.CREDENTIAL_KEYS = [old]
    with tenant_scope(cast.tenant.pk), pytest.raises(Unreadable, match="CREDENTIAL_KEYS"):
        Connection.objects.get(pk=stored).secrets.reveal()
    with pytest.raises(CommandError, match="could not be read; the others are done"):
        call_command("rotate_keys")
    settings.CREDENTIAL_KEYS = [old, new]
    assert rewrap_tenant(cast.tenant.pk) == 2


def test_new_data_keys_seal_everything_anew_and_a_second_run_resumes(cast: Cast, stored: int) -> None:
    before, now = raw(cast, stored), datetime.now(UTC) + timedelta(days=2)
    assert renew_tenant(cast.tenant.pk, timedelta(days=1), now) == 1
    assert raw(cast, stored)[:8] != before[:8]
    with tenant_scope(cast.tenant.pk):
        assert Connection.objects.get(pk=stored).secrets.reveal() == SECRET
        assert DataKey.objects.filter(purpose=KeyPurpose.CREDENTIALS).count() == 2
        first = AuditEntry.objects.get(action="tenant.created")
        assert cast.tenant.name in opened(first)  # the old audit key still reads
    assert renew_tenant(cast.tenant.pk, timedelta(days=3), now) == 0
    assert verify(cast.tenant.pk).whole


def test_every_sealed_field_is_found_by_the_rotation() -> None:
    assert (Connection, Connection._meta.get_field("secrets")) in list(sealed_fields())


def test_the_command_rotates_everything_there_and_back(
    cast: Cast, stored: int, capsys: pytest.CaptureFixture[str], settings: Any
) -> None:
    def rotate(**options: Any) -> None:
        """All tenants of the test database; those that other tests have damaged are named, ours must not be."""
        with suppress(CommandError):
            call_command("rotate_keys", **options)
        said = capsys.readouterr()
        assert cast.tenant.slug not in said.err
        assert "keys wrapped with the first key" in said.out

    old, new = settings.CREDENTIAL_KEYS[0], Fernet.generate_key().decode()
    settings.CREDENTIAL_KEYS = [new, old]
    rotate(data_keys=True, older_than=0)
    settings.CREDENTIAL_KEYS = [new]
    with tenant_scope(cast.tenant.pk):
        assert Connection.objects.get(pk=stored).secrets.reveal() == SECRET
    settings.CREDENTIAL_KEYS = [old, new]
    rotate()
    settings.CREDENTIAL_KEYS = [old]
    with tenant_scope(cast.tenant.pk):
        assert Connection.objects.get(pk=stored).secrets.reveal() == SECRET
