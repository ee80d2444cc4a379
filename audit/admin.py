"""The audit in the tenant's admin: to read."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from audit.log import opened
from audit.models import AuditEntry
from tenants.adminlists import chosen
from tenants.adminsite import TenantModelAdmin, moment, site

# How actions begin, by what they are about.
KINDS = (
    *(("operator", "Operators"), ("member", "Members"), ("api_key", "API keys"), ("second_person", "Second person")),
    *(("connection", "Connections"), ("setting", "Settings"), ("mapping", "Mappings"), ("admin", "Admin")),
)
ACTORS = [(kind, kind.replace("_", " ")) for kind in ("user", "api_key", "operator", "command", "system")]


@admin.register(AuditEntry, site=site)
class AuditEntryAdmin(TenantModelAdmin):
    """Every entry; nothing can be changed here or anywhere."""

    about = "Every entry of the audit, none of which can be changed."
    list_display = ("sequence", "when", "done", "subject", "entity", "source_key", "actor_kind", "actor_id", "page")
    list_filter = (
        chosen("What", "what", KINDS, lambda kind: Q(action__startswith=kind)),
        chosen("By", "by", ACTORS, lambda kind: Q(actor_kind=kind)),
    )
    search_fields = ("subject", "source_key")
    search_help_text = "Action or subject, from its beginning; or the whole key of a record"
    when = moment("at", "When")
    fields = ("sequence", "at", "action", "subject", "actor_kind", "actor_id", "body", "readable", "digest")
    readonly_fields = ("readable", "digest")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        text = search_term.strip()
        asked = Q(subject__startswith=text) | Q(action__startswith=text) | Q(source_key=text)
        return (queryset.filter(asked) if text else queryset), False

    def product_page(self, obj: Any) -> str:
        return f"/audit/?before={obj.sequence + 1}"

    @admin.display(description="Did what", ordering="action")
    def done(self, entry: AuditEntry) -> str:
        return entry.action.replace("_", " ").replace(".", " ").capitalize()

    @admin.display(description="Detail")
    def readable(self, entry: AuditEntry) -> str:
        return opened(entry)

    @admin.display(description="Hash")
    def digest(self, entry: AuditEntry) -> str:
        return bytes(entry.hash).hex()
