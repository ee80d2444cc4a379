"""ApiKey: a program's way in. IdempotencyKey: the answer a repeated POST gets again."""

import uuid

from django.conf import settings
from django.db import models

from tenants.models import TenantOwned


class ApiKey(TenantOwned):
    """A key of one tenant with scopes (read, retry, map, settings); only its hash is kept, its prefix finds it."""

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16, db_collation="C")
    hashed = models.CharField(max_length=200)
    scopes = models.JSONField(default=list)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_constraint=False, db_index=False
    )
    made_at = models.DateTimeField(auto_now_add=True)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_constraint=False, db_index=False
    )
    checked_at = models.DateTimeField(null=True)  # until then it opens nothing
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "uuid"], name="api_key_uuid"),
            models.UniqueConstraint(fields=["tenant", "prefix"], name="api_key_prefix"),
        ]
        indexes = [models.Index("prefix", name="api_key_by_prefix")]  # asked before the tenant is known

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"


class IdempotencyKey(TenantOwned):
    """A POST that was answered: the same key with the same request gets the same answer, with another one a 422."""

    key = models.CharField(max_length=200)
    caller = models.CharField(max_length=60)
    digest = models.CharField(max_length=64)  # of method, path and body
    status = models.PositiveSmallIntegerField(null=True)  # null while the first one is under way
    body = models.JSONField(null=True)
    at = models.DateTimeField()

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "caller", "key"], name="idempotency_once")]
        indexes = [models.Index("tenant", "at", name="idempotency_old")]

    def __str__(self) -> str:
        return self.key
