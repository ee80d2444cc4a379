"""Keyset paging: a page starts after the last row of the one before, so every page of a long list costs the same."""

from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.http import HttpRequest

SIZE = 50
_BIGGEST = 2**63 - 1


class Page(NamedTuple):
    """Rows newest first; `next` is what the address of the next page says after `before=`, empty at the end."""

    rows: list[Any]
    next: str
    not_first: bool


def before_of(request: HttpRequest) -> int | None:
    """The key the page starts below; anything that is no key means the first page."""
    return number_of(request.GET.get("before", ""))


def number_of(text: str) -> int | None:
    """The key that `text` is; None for what is no key."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= _BIGGEST else None


def page_of(rows: "QuerySet[Any]", request: HttpRequest, *, key: str = "id", size: int = SIZE) -> Page:
    """One page of `rows` in falling order of `key`, a unique whole number."""
    before = before_of(request)
    if before is not None:
        rows = rows.filter(**{f"{key}__lt": before})
    found = list(rows.order_by(f"-{key}")[: size + 1])
    shown = found[:size]
    return Page(shown, str(getattr(shown[-1], key)) if len(found) > size else "", before is not None)
