"""How the mapping tables came to be what they are: sets of changes, and the changes in them."""

from typing import Any

from django.contrib import admin

from integrations.admin.looking import LookOnly
from integrations.models import MappingChange, MappingSet
from tenants.adminsite import moment, site


@admin.register(MappingSet, site=site)
class MappingSetAdmin(LookOnly):
    """What was decided on together."""

    about = "Changes of mapping rules that are decided on together: one rule, or a whole file."
    route = "web:mapping-set"
    list_display = ("__str__", "integration", "status", "made_by", "made", "checked_by", "page")
    list_filter = ("status", "integration")
    list_select_related = ("integration", "made_by", "checked_by")
    search_fields = ("reason__icontains", "origin__icontains")
    search_help_text = "Part of the reason or of the file's name"
    made = moment("made_at", "Proposed")


@admin.register(MappingChange, site=site)
class MappingChangeAdmin(LookOnly):
    """One rule of a set."""

    about = "Every version of every mapping rule: what it said before and after."
    route = "web:mapping-set"
    uuid_of = ("set", "uuid")
    list_display = ("kind", "source", "before", "after", "version", "state", "page")
    list_filter = ("kind", "set__status")
    list_select_related = ("set",)
    search_fields = ("rule__source",)
    search_help_text = "The account, tax code or value as it comes"

    def get_search_results(self, request: Any, queryset: Any, search_term: str) -> Any:
        text = search_term.strip()
        return (queryset.filter(rule__source=text) if text else queryset), False

    @admin.display(description="As it comes")
    def source(self, obj: MappingChange) -> str:
        return str(obj.rule.get("source", ""))

    @admin.display(description="Before")
    def before(self, obj: MappingChange) -> str:
        return _target(obj.old)

    @admin.display(description="After")
    def after(self, obj: MappingChange) -> str:
        return _target(obj.new)

    @admin.display(description="State")
    def state(self, obj: MappingChange) -> str:
        return str(obj.set.get_status_display())


def _target(values: Any) -> str:
    return "no rule" if values is None else str(values.get("target") or "not sent")
