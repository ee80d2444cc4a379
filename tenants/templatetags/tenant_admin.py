"""What Django's admin says of a list or a form, as the product's own tables and pairs show it."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from django import template
from django.contrib.admin.templatetags.admin_list import items_for_result, result_headers
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
_CELL = re.compile(r"<t[dh][^>]*>(.*)</t[dh]>", re.DOTALL)


class Cell(NamedTuple):
    """One column of one row."""

    label: str
    html: SafeString


class Table(NamedTuple):
    """A page of a list."""

    labels: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@register.simple_tag
def admin_table(changes: Any) -> Table:
    """The page of a ChangeList; Django has escaped what stands in the cells."""
    labels = [str(header["text"]).capitalize() for header in result_headers(changes)]
    rows = [
        [Cell(label, _inner(html)) for label, html in zip(labels, items_for_result(changes, row, None), strict=True)]
        for row in changes.result_list
    ]
    return Table(labels, rows)


@register.filter
def choices(spec: Any, changes: Any) -> list[Any]:
    """What a filter offers."""
    return list(spec.choices(changes))


@register.filter
def lines(form: Any) -> list[Any]:
    """Every field of an admin form, in order."""
    return [field for fieldset in form for line in fieldset for field in line]


def _inner(html: str) -> SafeString:
    found = _CELL.fullmatch(str(html).strip())
    return mark_safe(found[1] if found else "")  # noqa: S308
