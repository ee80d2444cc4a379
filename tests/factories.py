"""The tenant cast: owner and colleague of one tenant, a stranger who owns another. Everything is fresh each time."""

import uuid
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.conf import settings
from django.contrib.auth.hashers import ScryptPasswordHasher
from django.core.cache import caches
from django.test import Client

from integrations.transport import memory
from integrations.transport.throttle import RedisBudgets
from tenants.access import Place, places_of
from tenants.models import Membership, Role, Tenant, User
from tenants.scope import tenant_scope
from tenants.signup import make_tenant

PASSWORD = "correct horse battery staple"


class QuickScrypt(ScryptPasswordHasher):
    """Scrypt without its cost."""

    work_factor = 2


def person(**fields: Any) -> User:
    """A person with a verified address and PASSWORD."""
    email = fields.pop("email", f"{uuid.uuid4().hex[:12]}@example.test")
    user = User.objects.create_user(email, fields.pop("password", PASSWORD), **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def join(user: User, tenant: Tenant, role: Role) -> Membership:
    """Make `user` a member."""
    with tenant_scope(tenant.pk):
        membership: Membership = Membership.objects.create(user=user, role=role)
    return membership


def signed_in(user: User) -> Client:
    """A browser with this person signed in."""
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(user)
    return client


def forget_throttles() -> None:
    """Sign-in throttles start at zero, in this thread; nobody else's keys are touched."""
    caches["default"].key_prefix = f"test-{uuid.uuid4().hex}"


def forget_restarts() -> None:
    """Redis counts as long there. Newly started or emptied it keeps lanes closed for a while, and nothing is sent."""
    budgets = RedisBudgets(memory.connect(settings.REDIS_URL))
    budgets.redis.set(f"{budgets.prefix}epoch", 0)


def code_of(secret: str) -> str:
    """What an authenticator app shows now."""
    shown: str = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
    return shown


def signed_in_twice(user: User) -> Client:
    """A browser with this person signed in by password and second factor, through the pages."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    client = Client(SERVER_NAME="127.0.0.1")
    client.post("/login/", {"login": user.email, "password": PASSWORD})
    client.post("/second-factor/authenticate/", {"code": code_of(secret)})
    return client


@dataclass
class Cast:
    """`tenant` belongs to `owner` and `colleague` (a clerk); `stranger` owns `elsewhere`."""

    tenant: Tenant
    owner: User
    colleague: User
    elsewhere: Tenant
    stranger: User

    @classmethod
    def make(cls) -> "Cast":
        owner, colleague, stranger = (person() for _ in range(3))
        tenant = make_tenant(owner, f"Acme {uuid.uuid4().hex[:8]}")
        elsewhere = make_tenant(stranger, f"Elsewhere {uuid.uuid4().hex[:8]}")
        join(colleague, tenant, Role.CLERK)
        return cls(tenant, owner, colleague, elsewhere, stranger)

    def place(self, user: User) -> Place:
        """Where one of them stands."""
        return places_of(user)[0]
