"""Lists of the tenant's admin that stay quick however long they are: counted only as far as it matters."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest

MOST = 2000  # rows that can be paged through; a longer list is narrowed, not leafed through
_LAST = "\U0010ffff"  # sorts behind whatever a text may go on with


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts up to MOST rows and offers as many pages as these fill."""

    @cached_property
    def counted(self) -> int:
        """MOST + 1 means: more than MOST."""
        rows: Any = self.object_list
        return int(rows.order_by()[: MOST + 1].count())

    @cached_property
    def count(self) -> int:
        return min(self.counted, MOST)

    @property
    def words(self) -> str:
        """How many rows there are."""
        return f"more than {MOST:,}" if self.counted > MOST else f"{self.counted:,}"


class Chosen(admin.SimpleListFilter):
    """Base of a filter whose choices are known beforehand, so that nobody has to look through the rows for them."""

    choices_of: Sequence[tuple[str, str]] = ()
    condition: Callable[[str], Q]

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return self.choices_of

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        known = dict(self.choices_of)
        return queryset.filter(type(self).condition(self.value() or "")) if self.value() in known else queryset


def chosen(
    title: str, name: str, choices: Sequence[tuple[str, str]], condition: Callable[[str], Q] | None = None
) -> type[Chosen]:
    """A filter "by `title`"; `condition` makes a choice a question, the column `name` is asked unless given."""
    ask = condition or (lambda value: Q(**{name: value}))
    values = {"title": title, "parameter_name": name, "choices_of": tuple(choices), "condition": staticmethod(ask)}
    return type(f"By_{name}", (Chosen,), values)


def begins(name: str, text: str) -> Q:
    """The column, in collation C, begins so: as a range, which an index answers under row security (LIKE cannot)."""
    return Q(**{f"{name}__gte": text, f"{name}__lt": text + _LAST})
