"""A random sample for auditors, both ways: from the source to the target and from the target to the source.

The same seed draws the same records as long as nothing has changed; who knows the seed can draw them again.
"""

import random
import secrets
from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone

from integrations.models import Integration
from integrations.runner.reconciling import moving
from integrations.store import reconciling
from integrations.store.reconciling import Row
from integrations.web import exports
from integrations.web.gate import page, place_of
from integrations.web.reconciled import Filters
from integrations.web.reconciliation import COLUMNS, SUMS, cells_of, wanted
from tenants.web.middleware import io_view

USUAL, MOST = 25, 1_000


class Draw(Filters):
    """Which records to draw from, how many each way, and the seed; a new one where none is given."""

    size = forms.IntegerField(required=False, min_value=1, max_value=MOST)
    seed = forms.CharField(required=False, max_length=40)


@page()
@io_view
def sample(request: HttpRequest) -> HttpResponseBase:
    """The drawn records as CSV; it states the seed."""
    place, at, filters = place_of(request), timezone.now(), Draw(request.GET)
    chosen = filters.chosen
    size, seed = chosen.pop("size", USUAL), chosen.pop("seed", "") or secrets.token_hex(8)
    with place.scope():
        integration = get_object_or_404(Integration.objects.select_related("erp", "ap"), uuid=wanted(filters))
        rows = reconciling.rows(integration, at, moving(integration, at), filters.narrowed)
    drawn = [
        *(("source to target", row) for row in draw([row for row in rows if row.here is not None], size, f"{seed} s")),
        *(("target to source", row) for row in draw([row for row in rows if row.there is not None], size, f"{seed} t")),
    ]
    facts: Sequence[tuple[str, object]] = (
        *(("Export", "random sample"), ("Integration", integration.name), ("As of", at)),
        *(("Seed", seed), ("Drawn each way", size), ("Drawn from", f"{len(rows)} records")),
    )
    cells = ((way, *cells_of(integration, row)) for way, row in drawn)
    columns = ("Way", *COLUMNS)
    return exports.stated(f"sample-{at:%Y-%m-%d}.csv", facts, columns, cells, sums=SUMS)


def draw(rows: Sequence[Row], size: int, seed: str) -> list[Row]:
    """`size` of the rows (all, if there are fewer), in the order in which they were drawn."""
    chance: Any = random.Random(seed)  # noqa: S311  # to be drawn again by whoever knows the seed
    return list(chance.sample(rows, min(size, len(rows))))
