"""An export as a file, and what of it a page shows before anybody takes it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import StreamingHttpResponse
from django.utils import timezone

from integrations.web import exports
from integrations.web.auditing.asked import Asked, Questions
from integrations.web.auditing.population import Cells
from integrations.web.auditing.table import Export
from tenants.access import Place

FIRST = 10  # rows that are shown


@dataclass(frozen=True, slots=True)
class Look:
    """What an export would hold: how many rows, and the first of them."""

    questions: Questions
    asked: Asked
    count: int
    first: Sequence[Cells]


def look(place: Place, export: Export, query: Mapping[str, Any], at: datetime) -> Look:
    """See Look; outside of any scope."""
    with _inside(place):
        questions = Questions(query, export.takes)
        asked = questions.asked(at)
        found = [cells for _, cells in export.population.some(asked, 0, FIRST)]
        count = export.population.count(asked) if len(found) == FIRST else len(found)  # else these are all
        return Look(questions, asked, count, found[:FIRST])


def file_of(place: Place, export: Export, query: Mapping[str, Any], at: datetime) -> StreamingHttpResponse:
    """The whole of it, streamed; outside of any scope."""
    with _inside(place):
        asked = Questions(query, export.takes).asked(at)
    facts: list[tuple[str, object]] = [
        *(("Export", export.name), ("Of", place.name), ("Query", export.population.query)),
        ("Asked for", "; ".join(asked.stated.values()) or "everything"),
        *([("Seed", asked.seed), ("Drawn each way", asked.size)] if "seed" in export.takes else []),
        *([("Late after days", asked.days)] if "days" in export.takes else []),
        ("Audit up to entry", asked.head),
    ]
    population = export.population
    return exports.stated(
        place, export.key, at, facts, population.columns, _every(place, export, asked), population.sums
    )


def _every(place: Place, export: Export, asked: Asked) -> Iterator[Cells]:
    """All rows; each chunk in a short scope of its own."""
    after = 0
    while True:
        with _inside(place):
            found = export.population.some(asked, after, exports.CHUNK)
        yield from (cells for _, cells in found)
        if len(found) < exports.CHUNK:
            return
        after = found[-1][0]


@contextmanager
def _inside(place: Place) -> Iterator[None]:
    """The tenant's scope, and its zone: an export is read when the page is long answered."""
    with place.scope(), timezone.override(ZoneInfo(place.time_zone)):
        yield
