"""Where a signed-in person stands: which tenants, which roles, as which actor."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from tenants.models import User
from tenants.permissions import Act, Right, rights
from tenants.scope import Actor, Scope, tenant_scope, user_scope


@dataclass(frozen=True, slots=True)
class Place:
    """A tenant as one person, or one program with an API key, sees it."""

    tenant_id: UUID
    name: str
    slug: str
    time_zone: str
    roles: tuple[str, ...]
    actor: Actor
    person: int | None = None  # the user who acts, or who made the key that acts: two people are told apart by it
    scopes: frozenset[Act] | None = None  # an API key's; None: no key
    until: datetime | None = None  # an operator's: when the access ends by itself

    def may(self, act: Act) -> frozenset[Right]:
        """The person's rights to `act` here; empty: none. What a key may do within its scopes it does alone."""
        found = rights(self.roles, act)
        if self.scopes is not None:
            return frozenset(Right.YES if right is Right.SCOPED else right for right in found if act in self.scopes)
        return found

    @contextmanager
    def scope(self) -> Iterator[Scope]:
        """The tenant's scope, acting as this person."""
        with tenant_scope(self.tenant_id, actor=self.actor) as scope:
            yield scope


def actor_of(user: User) -> Actor:
    """The signed-in person as the audit names it."""
    return Actor("user", str(user.pk), user.email)


def places_of(user: User) -> list[Place]:
    """Every tenant the person belongs to, by name."""
    with user_scope(user.pk), connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.id, t.name, t.slug, t.time_zone, array_agg(m.role::text ORDER BY m.role)"
            " FROM tenants_membership m JOIN tenants_tenant t ON t.id = m.tenant_id"
            " WHERE m.user_id = %s AND t.deleted_at IS NULL GROUP BY t.id ORDER BY t.name, t.id",
            [user.pk],
        )
        return [
            Place(tenant_id, name, slug, zone, tuple(roles), actor_of(user), person=user.pk)
            for tenant_id, name, slug, zone, roles in cursor.fetchall()
        ]


def tenant_directory() -> list[tuple[UUID, str]]:
    """(id, slug) of every tenant: for commands and operators. No names: those are the tenant's own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, slug FROM tenant_directory()")
        return list(cursor.fetchall())
