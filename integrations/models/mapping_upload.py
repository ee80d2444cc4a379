"""MappingUpload: a file of mapping rules that somebody looks at before it is proposed."""

import uuid

from django.conf import settings
from django.db import models

from integrations.models.flow import Integration
from tenants.models import TenantOwned


class MappingUpload(TenantOwned):
    """`text` as it was read; gone once it is proposed, discarded, or a day old when the next one comes."""

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    integration = models.ForeignKey(
        Integration, models.CASCADE, related_name="mapping_uploads", db_constraint=False, db_index=False
    )
    name = models.CharField(max_length=200)
    text = models.TextField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_constraint=False, db_index=False
    )
    made_at = models.DateTimeField()

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "uuid"], name="mapping_upload_uuid")]

    def __str__(self) -> str:
        return self.name
