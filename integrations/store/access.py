"""API keys: made by an owner, checked by a controller, shown once; each is one tenant's way in for a program."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q
from django.utils import timezone
from rest_framework_api_key.crypto import KeyGenerator

from audit.log import record as audit
from integrations.models import ApiKey
from integrations.models.proposal import people_of
from integrations.store import checking
from integrations.store.checking import Ruling
from tenants.access import Place
from tenants.models import Tenant
from tenants.permissions import API_KEY, Act, Right
from tenants.scope import Actor, tenant_scope

SCOPES: dict[str, Act] = {"read": Act.READ, "retry": Act.WORK, "map": Act.MAP, "settings": Act.SETTINGS}
_PREFIX, _SECRET = 12, 40  # letters; the prefix is long enough to be one tenant's alone
_LONGEST = 200
_NOTED_EVERY = timedelta(minutes=1)
_keys = KeyGenerator(_PREFIX, _SECRET)
_NOBODYS = _keys.hash("of nobody")  # what a key with an unknown prefix is compared with: it takes as long


class Refused(ValueError):
    """This cannot be done; the message says why."""


def make(place: Place, name: str, scopes: Sequence[str], expires_at: datetime | None = None) -> tuple[ApiKey, str]:
    """A new key, and its text: shown now and never again. It opens nothing until a second person has checked it,
    where the table of roles asks for one. In the open scope. Raises Refused.
    """
    ruling = checking.ruling(place, Act.MEMBERS)
    if ruling is Ruling.NO:
        raise Refused("Only an owner makes API keys.")
    chosen = [scope for scope in SCOPES if scope in scopes]
    if not chosen or set(scopes) - set(SCOPES):
        raise Refused(f"Choose what the key may do: {', '.join(SCOPES)}.")
    name = name.strip()
    if not (0 < len(name) <= 80 and name.isprintable()):
        raise Refused("Give the key a name of at most 80 letters: what uses it, where.")
    now = timezone.now()
    if expires_at is not None and expires_at <= now:
        raise Refused("It would be expired at once: choose a later end.")
    text, prefix, hashed = _keys.generate()
    row: ApiKey = ApiKey.objects.create(
        name=name,
        prefix=prefix,
        hashed=hashed,
        scopes=chosen,
        made_by_id=place.person,
        checked_at=now if ruling is Ruling.ALONE else None,
        expires_at=expires_at,
    )
    _note("api_key_made", row)
    return row, text


def approve(place: Place, key: ApiKey) -> None:
    """Let the key open what its scopes name. Raises Refused for its maker, a wrong role, or a key that has ended."""
    row: ApiKey = ApiKey.objects.select_for_update().get(pk=key.pk)
    if not checking.may_approve(place, Act.MEMBERS, row.made_by_id):
        raise Refused("A controller approves this, and not the one who made it.")
    if row.checked_at or row.revoked_at:
        raise Refused("Somebody has decided on it meanwhile.")
    row.checked_at, row.checked_by_id = timezone.now(), place.person
    row.save(update_fields=["checked_at", "checked_by"])
    _note("api_key_approved", row)


def revoke(place: Place, key: ApiKey) -> None:
    """End it now, for good; an owner or a controller does it alone. Raises Refused."""
    if not place.may(Act.MEMBERS) & {Right.MAKER, Right.CHECKER}:
        raise Refused("An owner or a controller revokes API keys.")
    if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
        _note("api_key_revoked", key)


def place_of_key(text: str, now: datetime) -> Place | None:
    """Where a program with this key stands; None for one that is wrong, unchecked, expired or revoked, all alike."""
    prefix, _, secret = text.partition(".")
    usable = bool(secret) and len(text) <= _LONGEST and text.isascii() and text.isprintable()
    with connection.cursor() as cursor:
        cursor.execute("SELECT api_key_tenant(%s)", [prefix if usable else ""])
        tenant_id = cursor.fetchone()[0]
    if tenant_id is None:
        _keys.verify(text, _NOBODYS)
        return None
    with tenant_scope(tenant_id):
        row = ApiKey.objects.filter(prefix=prefix).first()
        if row is None or not _keys.verify(text, row.hashed) or not _opens(row, now):
            return None
        tenant = Tenant.objects.get()
        if tenant.deleted_at is not None:
            return None
        recently = Q(last_used_at__gt=now - _NOTED_EVERY)
        ApiKey.objects.filter(pk=row.pk).exclude(recently).update(last_used_at=now)
        scopes = frozenset(act for name, act in SCOPES.items() if name in row.scopes)
        actor = Actor("api_key", f"key:{row.pk}", row.name)
        zone, slug = tenant.time_zone, tenant.slug
        return Place(tenant_id, tenant.name, slug, zone, (API_KEY,), actor, person=row.made_by_id, scopes=scopes)


def state_of(key: ApiKey, now: datetime) -> str:
    """waiting, active, expired or revoked."""
    if key.revoked_at:
        return "revoked"
    if key.expires_at and key.expires_at <= now:
        return "expired"
    return "active" if key.checked_at else "waiting"


def _opens(row: ApiKey, now: datetime) -> bool:
    return state_of(row, now) == "active"


def _note(action: str, row: ApiKey) -> None:
    ends = row.expires_at.isoformat() if row.expires_at else ""
    refs = {"scopes": row.scopes, "expires_at": ends, **people_of(row)}
    audit(action, subject=f"api_key:{row.pk}", refs=refs, detail={"name": row.name})
