"""CSV that opens safely in a spreadsheet (https://owasp.org/www-community/attacks/CSV_Injection)."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse

from audit.log import record
from tenants.access import Place

# A cell, or a line inside one, that a spreadsheet would take for a formula; blanks of any kind may stand before it.
_FORMULA = re.compile(r"(?:^|(?<=[\r\n]))(?=[\s\u200b-\u200f\ufeff]*[=+\-@|%\uff1d\uff0b\uff0d\uff20]|[\t\r\n])")
BOM = "\ufeff"
CHUNK = 2000


def safe(value: object) -> str:
    """A cell's text: amounts as they are, text with an apostrophe before whatever could start a formula."""
    if value is None:
        return ""
    if isinstance(value, Decimal | int):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    return _FORMULA.sub("'", str(value))


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line


def lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """CSV lines, every cell quoted, with a byte order mark first so that names survive in spreadsheets."""
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_ALL)
    yield BOM
    for row in rows:
        yield writer.writerow([safe(cell) for cell in row])


def download(
    place: Place,
    name: str,
    columns: Sequence[str],
    rows: "Callable[[], QuerySet[Any]]",
    cells: Callable[[Any], Sequence[object]],
) -> StreamingHttpResponse:
    """All `rows` as a CSV file of this name, streamed in chunks: every chunk is a short scope of its own.

    Call it outside of any scope; `rows` and `cells` are called inside of one.
    """

    def every() -> Iterator[Sequence[object]]:
        yield columns
        after = 0
        while True:
            with place.scope():
                chunk = [(row.pk, cells(row)) for row in rows().filter(pk__gt=after).order_by("pk")[:CHUNK]]
            yield from (found for _, found in chunk)
            if len(chunk) < CHUNK:
                return
            after = chunk[-1][0]

    response = StreamingHttpResponse(lines(every()), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@dataclass(slots=True)
class Tally:
    """What a stated export came to; `sha256` is empty when it was cut off."""

    rows: int = 0
    totals: dict[tuple[str, ...], Decimal] = field(default_factory=dict)
    sha256: str = ""

    def add(self, *cells: object) -> None:
        """One more row: what its amount is added up by, and the amount."""
        self.rows += 1
        if cells and isinstance(amount := cells[-1], Decimal):
            by = tuple(str(cell) for cell in cells[:-1])
            self.totals[by] = self.totals.get(by, Decimal(0)) + amount


def stated(
    place: Place,
    key: str,
    at: datetime,
    facts: Sequence[tuple[str, object]],
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    sums: Sequence[str] = (),
) -> StreamingHttpResponse:
    """A CSV file that says of itself what was asked, and at its end how many rows it has and what they come to.

    `sums` are the columns that amounts are added up by, the currency among them, then that of the amount. The last
    line is the SHA-256 of all bytes before it. What was given is noted in the audit when the last byte has left, or
    when it was cut off. Call it outside of any scope; `rows` opens short ones itself.
    """
    tally, facts = Tally(), (*facts, ("As of", at))

    def every() -> Iterator[Sequence[object]]:
        places = [columns.index(each) for each in sums]
        yield from ([label, value] for label, value in facts)
        yield columns
        for row in rows:
            tally.add(*(row[each] for each in places))
            yield row
        yield ["Rows", tally.rows]
        yield from (["Total", *by, amount] for by, amount in sorted(tally.totals.items()))

    def hashed() -> Iterator[str]:
        digest = sha256()
        try:
            for line in lines(every()):
                digest.update(line.encode())
                yield line
            tally.sha256 = digest.hexdigest()
            yield f'"SHA-256 of all bytes above","{tally.sha256}"\r\n'
        finally:
            with place.scope():
                _note(key, facts, tally)

    response = StreamingHttpResponse(hashed(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{key}-{at:%Y-%m-%d}.csv"'
    return response


def _note(key: str, facts: Iterable[tuple[str, object]], tally: Tally) -> None:
    refs = {"rows": tally.rows, "sha256": tally.sha256, "whole": bool(tally.sha256)}
    totals = {" ".join(by): f"{amount:f}" for by, amount in sorted(tally.totals.items())}
    asked = {label: str(value) for label, value in facts}
    record("export_made", subject=f"export:{key}", refs=refs, detail={**asked, "totals": totals})
