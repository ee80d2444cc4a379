"""CSV that opens safely in a spreadsheet (https://owasp.org/www-community/attacks/CSV_Injection)."""

import csv
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal

# A cell, or a line inside one, that a spreadsheet would take for a formula; blanks of any kind may stand before it.
_FORMULA = re.compile(r"(?:^|(?<=[\r\n]))(?=[\s\u200b-\u200f\ufeff]*[=+\-@|%\uff1d\uff0b\uff0d\uff20]|[\t\r\n])")
BOM = "\ufeff"


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
