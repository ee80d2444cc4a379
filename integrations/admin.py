"""The tenant's admin of integrations: mapping tables to edit, everything else to look at."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from integrations.models import (
    Connection,
    FieldMapping,
    Flow,
    GLMapping,
    Integration,
    OutboxItem,
    RecordLink,
    ReviewItem,
    SyncRun,
)
from integrations.store import blockers
from tenants.adminsite import TenantModelAdmin, site
from tenants.permissions import Act


@admin.register(GLMapping, site=site)
class GLMappingAdmin(TenantModelAdmin):
    """Rules of coding. Saving one frees every record that waited for it; nothing that was posted changes."""

    change_act = Act.MAP
    list_display = ("table", "part", "source", "target", "company", "valid_from", "valid_to", "version", "note")
    list_filter = ("table", "part")
    search_fields = ("source", "target", "note")
    fields = ("integration", "table", "company", "part", "source", "target", "valid_from", "valid_to", "note")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Each save is a new version."""
        if change:
            obj.version += 1
        super().save_model(request, obj, form, change)
        kind, pattern = obj.blocker
        blockers.free_matching(obj.integration_id, kind, pattern)


@admin.register(FieldMapping, site=site)
class FieldMappingAdmin(TenantModelAdmin):
    """Where a field of the source goes, such as which kind of dimension a code part becomes."""

    change_act = Act.MAP
    list_display = ("source", "target", "entity", "integration", "version")
    fields = ("integration", "entity", "source", "target")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Declaring a code part frees what waited for it."""
        if change:
            obj.version += 1
        super().save_model(request, obj, form, change)
        blockers.free(obj.integration_id, "part", [obj.source.removeprefix("dimensions.")])


class LookOnly(TenantModelAdmin):
    """Rows that the product writes: to look at, searched by what people know of them."""

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Every column but the tenant and what is sealed."""
        return [f.name for f in self.model._meta.fields if f.name not in {"tenant", "secrets"}]


@admin.register(Connection, site=site)
class ConnectionAdmin(LookOnly):
    """Connections without their secrets; they are changed under /connections/."""

    list_display = ("name", "system", "environment", "status", "status_at")


@admin.register(Integration, site=site)
class IntegrationAdmin(LookOnly):
    """Which connections are joined, for which company."""

    list_display = ("name", "erp", "ap", "company", "start_date", "policy_version")
    list_select_related = ("erp", "ap")


@admin.register(Flow, site=site)
class FlowAdmin(LookOnly):
    """What moves, and when."""

    list_display = ("integration", "entity", "inbound", "enabled", "schedule", "first_complete_at")
    list_select_related = ("integration",)


@admin.register(SyncRun, site=site)
class SyncRunAdmin(LookOnly):
    """What each run took and what became of it."""

    list_display = ("flow", "kind", "status", "started_at", "taken", "counts", "balanced")
    list_filter = ("kind", "status", "balanced")
    list_select_related = ("flow",)


@admin.register(OutboxItem, site=site)
class OutboxItemAdmin(LookOnly):
    """Where each record stands."""

    list_display = ("source_key", "flow", "state", "reason", "attempts", "changed_at")
    list_filter = ("state",)
    list_select_related = ("flow",)
    search_fields = ("source_key__startswith",)


@admin.register(RecordLink, site=site)
class RecordLinkAdmin(LookOnly):
    """Which record is which on the other side."""

    list_display = ("source_key", "variant", "target_id", "entity", "linked_at")
    list_filter = ("entity",)
    search_fields = ("source_key__startswith", "target_id__startswith")


@admin.register(ReviewItem, site=site)
class ReviewItemAdmin(LookOnly):
    """What waits for a person; it is worked on under /review/."""

    list_display = ("code", "item", "status", "urgent", "opened_at", "resolved_at")
    list_filter = ("status", "urgent")
    list_select_related = ("item",)
