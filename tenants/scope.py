"""`tenant_scope(id)`: the only way to a tenant's rows.

A scope is one transaction with `app.tenant` set for row security (https://www.postgresql.org/docs/15/ddl-rowsecurity.html)
and a context variable that the scoped managers read. Outside a scope they raise; they never return an empty result.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Expression
from django.db.models.fields import UUIDField

from tenants.roles import refuse_privileged_role

T = TypeVar("T")


class ScopeError(RuntimeError):
    """Tenant data was touched outside a scope, or with another tenant's scope open."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: `kind` is user, api_key, operator, command or system; the audit keeps `id` clear, `label` sealed."""

    kind: str
    id: str = ""
    label: str = ""


SYSTEM = Actor("system")


@dataclass(slots=True, eq=False)
class Scope:
    """An open scope. Nested scopes of one tenant share `root`, the outermost of them."""

    tenant_id: UUID
    actor: Actor
    outer: "Scope | None" = None
    _attached: dict[type, Any] = field(default_factory=dict)
    _last_acts: list[Callable[["Scope"], None]] = field(default_factory=list)

    @property
    def root(self) -> "Scope":
        """The outermost scope of this tenant without another tenant's in between."""
        scope = self
        while scope.outer is not None and scope.outer.tenant_id == self.tenant_id:
            scope = scope.outer
        return scope

    def attached(self, kind: type[T], make: Callable[[], T]) -> T:
        """The one `kind` of this transaction; made by `make()` the first time. It is forgotten with the scope."""
        attached = self.root._attached
        if kind not in attached:
            attached[kind] = make()
        found: T = attached[kind]
        return found

    def before_commit(self, act: Callable[["Scope"], None]) -> None:
        """Run `act(root scope)` as the scope's last act, inside its transaction, when nothing was raised."""
        self.root._last_acts.append(act)


_open: ContextVar[Scope | None] = ContextVar("open_scope", default=None)


def open_scope() -> Scope:
    """The innermost open scope. Raises ScopeError outside."""
    scope = _open.get()
    if scope is None:
        raise ScopeError("This needs a tenant: open tenant_scope(id) first.")
    return scope


def current_tenant() -> UUID:
    """The tenant of the open scope. Raises ScopeError outside."""
    return open_scope().tenant_id


@contextmanager
def tenant_scope(tenant_id: UUID, *, actor: Actor | None = None) -> Iterator[Scope]:
    """Open `tenant_id`'s rows: one transaction; commit on leaving, roll back on an exception.

    Scopes nest: an inner scope is a savepoint, inherits the actor, and leaving it puts the old tenant back.
    """
    outer = _open.get()
    scope = Scope(tenant_id, actor or (outer.actor if outer else SYSTEM), outer)
    switched = outer is None or outer.tenant_id != tenant_id
    with transaction.atomic():
        _refuse_privileged_role_once()
        if switched:
            _set_tenant(str(tenant_id))
        token = _open.set(scope)
        try:
            yield scope
            if switched:
                for act in scope._last_acts:
                    act(scope)
        finally:
            _open.reset(token)
    if switched and connection.in_atomic_block and not connection.needs_rollback:
        # A released savepoint keeps the setting; one rolled back has already put the old value back.
        _set_tenant(str(outer.tenant_id) if outer else "")


@contextmanager
def user_scope(user_id: int) -> Iterator[None]:
    """Let the signed-in user see own memberships (and the names of those tenants), whatever the tenant. Read only."""
    with transaction.atomic():
        _set("app.user", str(user_id))
        yield
        _set("app.user", "")


@functools.cache
def _refuse_privileged_role_once() -> None:
    """Commands and shells have no start of their own where this could be asked: their first scope asks."""
    refuse_privileged_role()


def _set_tenant(value: str) -> None:
    _set("app.tenant", value)


def _set(name: str, value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [name, value])


class CurrentTenant(Expression):
    """The open scope's tenant as an SQL parameter, looked up when the query is compiled, not when it is built.

    So a queryset may be built at import time (form and serializer fields do that) and still raises ScopeError when it
    is run outside a scope.
    """

    output_field = UUIDField()

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (current_tenant(),)
