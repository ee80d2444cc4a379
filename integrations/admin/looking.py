"""Rows that the product writes: to look at, searched by what people know of them."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from integrations.models import Flow
from integrations.store.search import search
from integrations.web.filters import KINDS, of_kind
from integrations.web.tags import money
from integrations.web.words import carried, reason
from tenants.adminlists import begins, chosen
from tenants.adminsite import TenantModelAdmin

OF_KIND = chosen(
    "Kind",
    "kind",
    KINDS[1:],
    lambda kind: models.Q(flow__in=list(Flow.objects.filter(of_kind(kind)).values_list("pk", flat=True))),
)


class LookOnly(TenantModelAdmin):
    """Base: every column but the tenant, what is sealed and what is no text.

    `route` names the product's page of a row, by the uuid found on the way `uuid_of`.
    """

    sealed: ClassVar[frozenset[str]] = frozenset({"secrets", "hashed"})
    route: ClassVar[str] = ""
    uuid_of: ClassVar[tuple[str, ...]] = ("uuid",)
    search_beginnings: ClassVar[tuple[str, ...]] = ()  # columns in collation C whose beginning is searched

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        columns = self.model._meta.fields
        shown = [each for each in columns if each.name != "tenant" and not isinstance(each, models.BinaryField)]
        return [each.name for each in shown if each.name not in self.sealed]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self.get_fields(request, obj)

    def get_search_fields(self, request: HttpRequest) -> Any:
        return self.search_beginnings or super().get_search_fields(request)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        if not self.search_beginnings or not (text := search_term.strip()):
            return super().get_search_results(request, queryset, search_term)
        found = models.Q()
        for name in self.search_beginnings:
            found |= begins(name, text)
        return queryset.filter(found), False

    def product_page(self, obj: Any) -> str:
        if not self.route:
            return ""
        found = obj
        for name in self.uuid_of:
            found = getattr(found, name)
        return reverse(self.route, args=[found])


class OfRecords(LookOnly):
    """Base of what hangs on a record: found by any number, amount, name or id of it. `item_of` leads to the item."""

    route = "web:record"
    item_of: ClassVar[str] = "item"
    uuid_of: ClassVar[tuple[str, ...]] = ("item", "uuid")
    search_fields = ("pk",)  # that there is a search; how is said below
    search_help_text = "Number, amount, name or id of the record"

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(**{f"{self.item_of}source__in": search(search_term)}), False

    def _item(self, obj: Any) -> Any:
        return obj.item

    @admin.display(description="Record")
    def record(self, obj: Any) -> str:
        source = self._item(obj).source
        return str(source.number or source.source_key)

    @admin.display(description="Party")
    def whose(self, obj: Any) -> str:
        source = self._item(obj).source
        return str(source.party_name or source.party)

    @admin.display(description="Amount")
    def worth(self, obj: Any) -> str:
        source = self._item(obj).source
        return money(source.amount, source.currency)


@admin.display(description="Reason")
def code_words(obj: Any) -> str:
    """The code of a row as people know it."""
    code = obj.reason if hasattr(obj, "attempts") else obj.code
    return f"{reason(code)} ({code})" if code else ""


@admin.display(description="Kind")
def kind_of_flow(obj: Any) -> str:
    """What the row's flow carries."""
    return carried(obj.flow, 1).capitalize()
