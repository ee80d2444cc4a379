"""The audit trail: entries that are never changed, one chain per tenant."""

from typing import ClassVar

from django.db import models

from tenants.models import TenantOwned


class AuditEntry(TenantOwned):
    """One thing that was done. Clear columns hold ids, keys, versions and digests only; the readable is in `sealed`.

    `hash` = SHA-256 of the previous hash and the exact stored bytes of `body` and `sealed` (`audit.chain`).
    """

    sequence = models.BigIntegerField()
    at = models.DateTimeField()
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=200)
    system = models.CharField(max_length=40)
    entity = models.CharField(max_length=40)
    source_key = models.CharField(max_length=300)
    actor_kind = models.CharField(max_length=20)
    actor_id = models.CharField(max_length=80)
    body = models.TextField()
    sealed = models.BinaryField()
    hash = models.BinaryField(max_length=32)

    class Meta(TenantOwned.Meta):
        verbose_name_plural = "audit entries"
        ordering: ClassVar = ["-sequence"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "sequence"], name="audit_sequence"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "subject", "sequence"], name="audit_subject"),
            models.Index(fields=["tenant", "entity", "source_key", "sequence"], name="audit_source"),
            models.Index(fields=["tenant", "action", "sequence"], name="audit_action"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.action}"


class AuditHead(TenantOwned):
    """The end of a tenant's chain. Locked only while a scope writes its entries, just before COMMIT."""

    sequence = models.BigIntegerField(default=0)
    hash = models.BinaryField(max_length=32)

    class Meta(TenantOwned.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant"], name="audit_head_once")]

    def __str__(self) -> str:
        return f"head at {self.sequence}"
