"""Changing keys: the server's ring, and the tenants' data keys. Every step can be repeated, so a cut run is resumed."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.conf import settings
from django.db import transaction

from audit.log import record
from tenants.credentials import Sealed, SealedField
from tenants.keys import Keys, make_key, rewrapped
from tenants.models import DataKey, KeyPurpose, OutgoingEmail, TenantOwned
from tenants.scope import tenant_scope

BATCH = 200
SEALED_BY_RING = ("secret", "seed")  # of a second factor


def rewrap_tenant(tenant_id: UUID) -> int:
    """Wrap the tenant's data keys with the ring's first key; how many were wrapped by another.

    Unreadable when the ring does not hold the key that wrapped them.
    """
    changed = 0
    with tenant_scope(tenant_id):
        for key in DataKey.objects.select_for_update():
            if not _by_first_key(bytes(key.wrapped)):
                key.wrapped = rewrapped(bytes(key.wrapped))
                key.save(update_fields=["wrapped"])
                changed += 1
        if changed:
            record("keys.rewrapped", refs={"keys": changed})
    return changed


def rewrap_global() -> int:
    """The same for second factors and waiting e-mails."""
    changed = 0
    for pk in Authenticator.objects.values_list("pk", flat=True):
        with transaction.atomic():
            factor = Authenticator.objects.select_for_update().filter(pk=pk).first()
            stale = [name for name in SEALED_BY_RING if factor and _stale(factor.data.get(name))]
            for name in stale:
                factor.data[name] = rewrapped(factor.data[name].encode()).decode()
            if stale:
                factor.save(update_fields=["data"])
                changed += 1
    for email in OutgoingEmail.objects.all():
        if not _by_first_key(bytes(email.sealed)):
            sealed = rewrapped(bytes(email.sealed))
            changed += OutgoingEmail.objects.filter(pk=email.pk).update(sealed=sealed)
    return changed


def renew_tenant(tenant_id: UUID, older_than: timedelta, now: datetime) -> int:
    """Give the tenant new data keys unless they are younger than `older_than`, and seal its secrets anew; how many.

    Old keys stay, to read what a transaction that began before has written, and the audit's past.
    """
    with tenant_scope(tenant_id):
        for purpose in KeyPurpose:
            newest = DataKey.objects.filter(purpose=purpose).order_by("-id").first()
            if newest is not None and newest.created <= now - older_than:
                made = make_key(purpose)
                record("keys.renewed", refs={"key": made.pk, "purpose": purpose})
    return sum(_reseal(tenant_id, model, field) for model, field in sealed_fields())


def sealed_fields() -> Iterator[tuple[type[TenantOwned], SealedField]]:
    """Every field of every tenant model that holds secrets."""
    for model in apps.get_models():
        if issubclass(model, TenantOwned):
            for field in model._meta.concrete_fields:
                if isinstance(field, SealedField):
                    yield model, field


def _reseal(tenant_id: UUID, model: type[TenantOwned], field: SealedField) -> int:
    changed, after = 0, 0
    while True:
        with tenant_scope(tenant_id):
            if not DataKey.objects.filter(purpose=KeyPurpose.CREDENTIALS).exists():
                return 0  # its keys were destroyed with the tenant: nothing of it can be opened any more
            newest = Keys.of_scope().newest(KeyPurpose.CREDENTIALS)
            rows = list(model.objects.select_for_update().filter(pk__gt=after).order_by("pk")[:BATCH])
            for row in rows:
                sealed: Sealed | None = getattr(row, field.attname)
                if sealed is not None and sealed.key_number != newest:
                    again = {field.attname: Sealed(sealed.reveal())}
                    changed += model.objects.filter(pk=row.pk).update(**again)
        if not rows:
            return changed
        after = rows[-1].pk


def _stale(value: str | None) -> bool:
    return value is not None and not _by_first_key(value.encode())


def _by_first_key(sealed: bytes) -> bool:
    try:
        Fernet(settings.CREDENTIAL_KEYS[0]).decrypt(sealed)
    except InvalidToken:
        return False
    return True
