"""Connected clients: secrets are revealed here and nowhere else."""

import threading
import time
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import redis
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.utils import timezone

from audit.log import record as audit
from integrations.engine.errors import ConnectionBroken, SyncError
from integrations.engine.records import Company
from integrations.models import Connection, PingResult
from integrations.store import limits
from integrations.store.lease import quiet
from integrations.systems import registry
from integrations.systems.base import Check, Verdict
from integrations.transport import memory
from integrations.transport.egress import EgressPolicy
from integrations.transport.kit import Kit
from integrations.transport.throttle import RedisBudgets
from integrations.transport.tokens import RedisTokens
from tenants.scope import Actor, tenant_scope

QUIET_SECONDS = 120.0
CLOSED = "Nothing is sent to this address before a controller has approved it, on the connection's page."
_clients: dict[tuple[int, bool], tuple[datetime, Any]] = {}
_guard = threading.Lock()


def client(tenant_id: UUID, connection_id: int, *, person: bool = False) -> Any:
    """A client of the connection, kept while its settings stay the same. Opens a short scope; no IO to the vendor.

    Raises ConnectionBroken for one that leads where nobody has approved yet: its secrets are not even opened.
    """
    with tenant_scope(tenant_id):
        row = Connection.objects.get(pk=connection_id)
        if row.closed:
            raise ConnectionBroken(CLOSED, code="address_unapproved")
        values = {**row.settings, **row.secrets.reveal()}
    state = row.updated_at
    place = (connection_id, person)
    with _guard:
        kept = _clients.get(place)
        if kept and kept[0] == state:
            return kept[1]
    made = registry.get(row.system).connect(values, kit(person=person))
    with _guard:
        _clients[place] = (state, made)
    if kept:
        kept[1].close()
    return made


@cache
def _redis() -> redis.Redis:
    return memory.connect(settings.REDIS_URL)


def kit(*, person: bool = False, deadline: float | None = None) -> Kit:
    """What a client works with; `deadline` in seconds replaces the usual one."""
    seconds = float(settings.REQUEST_DEADLINE if deadline is None else deadline)
    return Kit(
        tokens=RedisTokens(_redis(), MultiFernet([Fernet(key) for key in settings.CREDENTIAL_KEYS])),
        budgets=RedisBudgets(_redis(), person=person, deadline=seconds, reseed=limits.used),
        egress=egress(),
        now=timezone.now,
        deadline=seconds,
        person=person,
    )


def egress() -> EgressPolicy:
    """Where the operator lets us connect to."""
    return EgressPolicy(settings.EGRESS_ALLOWED_HOSTS, allow_private=settings.EGRESS_ALLOW_PRIVATE)


def remember_limits() -> None:
    """Note what was used of hourly limits, so that a Redis that forgets it can be told."""
    limits.note(RedisBudgets(_redis()).used())


def begin_if_quiet() -> None:
    """While no flow of anybody is at work, a Redis without memory is a new one, not one that lost its counts."""
    if quiet(QUIET_SECONDS):
        RedisBudgets(_redis(), deadline=float(settings.REQUEST_DEADLINE)).begin()


def ping(connection_id: int, tenant_id: UUID, actor: Actor | None = None) -> PingResult:
    """Ask the system what works and what is missing; the answer is kept and sets the connection's status."""
    started = time.monotonic()
    begin_if_quiet()
    try:
        checks: Sequence[Check] = client(tenant_id, connection_id, person=True).ping()
    except SyncError as error:
        checks = [Check("Reach", Verdict.MISSING, error.message, "Correct the settings of this connection.")]
    green = bool(checks) and all(check.verdict is not Verdict.MISSING for check in checks)
    with tenant_scope(tenant_id, actor=actor):
        result = PingResult.objects.create(
            connection_id=connection_id,
            at=timezone.now(),
            seconds=round(time.monotonic() - started, 3),
            green=green,
            checks=[{"name": c.name, "verdict": c.verdict, "why": c.why, "advice": c.advice} for c in checks],
        )
        wrong = next((check for check in checks if check.verdict is Verdict.MISSING), None)
        _note(connection_id, green, wrong.name if wrong else "", wrong.why if wrong else "")
        audit("connection_pinged", subject=f"connection:{connection_id}", refs={"green": green})
    found: PingResult = result
    return found


def companies(connection_id: int, tenant_id: UUID) -> Sequence[Company]:
    """The companies that an ERP connection may see. Raises SyncError."""
    begin_if_quiet()
    found: Sequence[Company] = client(tenant_id, connection_id, person=True).companies()
    return found


def note_ok(tenant_id: UUID, connection_id: int) -> None:
    """A run went through: the connection works."""
    with tenant_scope(tenant_id):
        _note(connection_id, True, "", "")


def note_broken(tenant_id: UUID, connection_id: int, error: ConnectionBroken) -> None:
    """A run was stopped by the connection: say so where the tenant looks, and in the audit."""
    with tenant_scope(tenant_id):
        _note(connection_id, False, error.code, error.message)
        audit("connection_broken", subject=f"connection:{connection_id}", refs={"code": error.code})


def _note(connection_id: int, works: bool, code: str, message: str) -> None:
    # not save(): `updated_at` says when the settings changed
    Connection.objects.filter(pk=connection_id).update(
        status=Connection.Status.OK if works else Connection.Status.BROKEN,
        status_code=code[:60],
        status_message=message,
        status_at=timezone.now(),
    )
