"""Keyset paging of the API: `cursor` is opaque, `limit` at most 200."""

import base64
import binascii
from typing import Any

from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

USUAL, MOST = 50, 200
UNKNOWN = {"cursor": ["Use the address that `next` gave, unchanged."]}


def page_of(rows: "QuerySet[Any]", request: Request) -> tuple[list[Any], str | None]:
    """(rows, address of the next page or None), newest first. ValidationError for a bad cursor or limit."""
    limit = limit_of(request)
    if cursor := request.query_params.get("cursor"):
        rows = rows.filter(pk__lt=_key(cursor))
    found = list(rows.order_by("-pk")[: limit + 1])
    if len(found) <= limit:
        return found, None
    return found[:limit], following(request, coded(str(found[limit - 1].pk)))


def coded(place: str) -> str:
    """A place in a list as a cursor."""
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def decoded(cursor: str) -> str:
    """The place that a cursor means. ValidationError for what is none of ours."""
    try:
        return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        raise ValidationError(UNKNOWN) from None


def following(request: Request, cursor: str) -> str:
    """The address of the page that begins at `cursor`."""
    query = request.query_params.copy()
    query["cursor"] = cursor
    return f"{request.build_absolute_uri(request.path)}?{query.urlencode()}"


def limit_of(request: Request) -> int:
    """Rows a page, as asked. ValidationError."""
    text = request.query_params.get("limit", str(USUAL))
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= MOST and len(text) < 9):
        raise ValidationError({"limit": [f"A whole number from 1 to {MOST}."]})
    return int(text)


def _key(cursor: str) -> int:
    text = decoded(cursor)
    if not (text.isdigit() and len(text) < 19):
        raise ValidationError(UNKNOWN)
    return int(text)
