"""Users, tenants, who belongs where; and `TenantOwned`, the base of every tenant's row."""

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone
from django.utils.crypto import get_random_string, salted_hmac
from django.utils.text import slugify

from tenants.scope import CurrentTenant, ScopeError, current_tenant

M = TypeVar("M", bound=models.Model)

SLUG_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # no 0/o, 1/l/i: people read slugs aloud


class UserManager(BaseUserManager["User"]):
    """Users by e-mail address, kept in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person. Global: one person may belong to several tenants. `is_superuser` makes an operator."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150, blank=True)
    is_active = models.BooleanField(default=True)
    is_superuser = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    session_epoch = models.PositiveIntegerField(default=0, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    @property
    def is_staff(self) -> bool:
        return self.is_superuser

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What every session of this person is bound to: a new password or a raised `session_epoch` ends them all."""
        bound = f"{self.password}:{self.session_epoch}"
        return salted_hmac("tenants.User.session", bound, secret=secret, algorithm="sha256").hexdigest()

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Operators only; what members may do is decided by `tenants.permissions`."""
        return self.is_active and self.is_superuser

    def has_module_perms(self, app_label: str) -> bool:
        return self.has_perm(app_label)

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.get_full_name()

    def __str__(self) -> str:
        return self.email


def new_slug(name: str) -> str:
    """A readable, unguessable slug: its random end says nothing about other tenants of that name."""
    return f"{slugify(name)[:40].strip('-') or 'tenant'}-{get_random_string(6, SLUG_LETTERS)}"


class TenantManagerOfTenants(models.Manager["Tenant"]):
    """The open scope's tenant and no other."""

    def get_queryset(self) -> models.QuerySet["Tenant"]:
        return super().get_queryset().filter(pk=CurrentTenant())


class Tenant(models.Model):
    """A customer: a finance team with its connections, records and people."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=150)
    slug = models.SlugField(max_length=60, unique=True, editable=False)
    time_zone = models.CharField(max_length=64, default="UTC")
    created = models.DateTimeField(default=timezone.now, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)

    objects = TenantManagerOfTenants()

    class Meta:
        base_manager_name = "objects"

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk != current_tenant():
            raise ScopeError("A tenant is saved inside its own scope.")
        self.slug = self.slug or new_slug(self.name)
        super().save(*args, **kwargs)


class TenantQuerySet(models.QuerySet[M]):
    """Rows of the open scope's tenant; running it outside a scope raises ScopeError."""

    def bulk_create(self, objs: Iterable[M], *args: Any, **kwargs: Any) -> list[M]:
        rows = list(objs)
        for row in rows:
            row.take_tenant()  # type: ignore[attr-defined]
        return super().bulk_create(rows, *args, **kwargs)


class TenantManager(models.Manager[M]):
    """The scoped manager. A subclass with more methods: `TenantManager.from_queryset(MyTenantQuerySet)`."""

    _queryset_class = TenantQuerySet

    def get_queryset(self) -> models.QuerySet[M]:
        return super().get_queryset().filter(tenant_id=CurrentTenant())


class TenantOwned(models.Model):
    """Base of every tenant's row.

    The migration that creates the table also runs `EnableRowSecurity(table)` and one `TenantForeignKey` per foreign key
    to another tenant table (those fields say `db_constraint=False`). Unique constraints start with the tenant.
    """

    id = models.BigAutoField(primary_key=True)
    # No index of its own: the unique (tenant_id, id) made by EnableRowSecurity serves it.
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, db_index=False, editable=False, related_name="+")

    objects: ClassVar[Any] = TenantManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.take_tenant()
        super().save(*args, **kwargs)

    def take_tenant(self) -> None:
        """Fill in the open scope's tenant. Raises ScopeError outside a scope, or for another tenant's row."""
        tenant_id = current_tenant()
        chosen: UUID | None = self.tenant_id
        if chosen is None:
            self.tenant_id = tenant_id
        elif chosen != tenant_id:
            raise ScopeError(f"This {self._meta.verbose_name} belongs to another tenant than the open scope.")

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        self.take_tenant()
        super().clean_fields(exclude=exclude)

    def validate_unique(self, exclude: Collection[str] | None = None) -> None:
        super().validate_unique(exclude=_without_tenant(exclude))

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        super().validate_constraints(exclude=_without_tenant(exclude))


def _without_tenant(exclude: Collection[str] | None) -> set[str]:
    # Forms exclude the tenant because nobody types it; Django would then skip every unique key that starts with it.
    return set(exclude or ()) - {"tenant"}


class Role(models.TextChoices):
    OWNER = "owner", "Owner"
    INTEGRATOR = "integrator", "Integrator"
    CONTROLLER = "controller", "Controller"
    CLERK = "clerk", "Clerk"
    AUDITOR = "auditor", "Auditor"


class Membership(TenantOwned):
    """One role of one user in one tenant. A person may hold two roles: two rows."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=20, choices=Role.choices)
    created = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "user", "role"], name="membership_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} (user {self.user_id})"


class Invitation(TenantOwned):
    """An offer of a role to an e-mail address; only the digest of its token is kept. Single use."""

    email = models.EmailField()
    role = models.CharField(max_length=20, choices=Role.choices)
    digest = models.BinaryField(max_length=32)
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created = models.DateTimeField(default=timezone.now, editable=False)
    expires = models.DateTimeField()
    checked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    accepted = models.DateTimeField(null=True)
    revoked = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "digest"], name="invitation_digest"),
        ]

    def __str__(self) -> str:
        return f"Invitation {self.pk}"

    def open_at(self, now: datetime) -> bool:
        """Whether it may still be accepted (a second person's approval apart)."""
        return self.accepted is None and self.revoked is None and now < self.expires


class KeyPurpose(models.TextChoices):
    CREDENTIALS = "credentials", "Credentials"
    AUDIT = "audit", "Audit detail"


class DataKey(TenantOwned):
    """A tenant's key, wrapped by the server's ring. The newest of a purpose encrypts; older ones only decrypt."""

    purpose = models.CharField(max_length=20, choices=KeyPurpose.choices)
    wrapped = models.BinaryField()
    created = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"{self.purpose} key {self.pk}"


class OperatorAccess(models.Model):
    """An operator's entry into one tenant's scope, with reason and end. Global; the tenant sees its audit entry."""

    operator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    tenant_id = models.UUIDField()
    reason = models.CharField(max_length=500)
    opened = models.DateTimeField(default=timezone.now, editable=False)
    expires = models.DateTimeField()

    def __str__(self) -> str:
        return f"Access {self.pk}"


class OutgoingEmail(models.Model):
    """A message waiting for the worker that sends it; sealed with the server's key, deleted once sent. Global."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sealed = models.BinaryField()
    created = models.DateTimeField(default=timezone.now, editable=False)
    not_before = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"E-mail {self.pk}"
