"""The audit in the tenant's admin: to read."""

from typing import Any

from django.contrib import admin

from audit.log import opened
from audit.models import AuditEntry
from tenants.adminsite import TenantModelAdmin, site


@admin.register(AuditEntry, site=site)
class AuditEntryAdmin(TenantModelAdmin):
    """Every entry; nothing can be changed here or anywhere."""

    list_display = ("sequence", "at", "action", "subject", "system", "entity", "source_key", "actor_kind", "actor_id")
    list_filter = ("action", "actor_kind", "entity")
    search_fields = ("subject", "source_key")
    search_help_text = "Subject or source key, from its beginning"
    fields = ("sequence", "at", "action", "subject", "actor_kind", "actor_id", "body", "readable", "digest")
    readonly_fields = ("readable", "digest")

    def get_search_fields(self, request: Any) -> Any:
        return ("subject__startswith", "source_key__startswith")

    @admin.display(description="Detail")
    def readable(self, entry: AuditEntry) -> str:
        return opened(entry)

    @admin.display(description="Hash")
    def digest(self, entry: AuditEntry) -> str:
        return bytes(entry.hash).hex()
