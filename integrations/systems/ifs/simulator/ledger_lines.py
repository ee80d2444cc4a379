"""Reads a spend export line by line, and keeps account of every line that is not loaded as it stands."""

import csv
import gzip
import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

NO_NAME = "(no name)"


@dataclass(frozen=True, slots=True)
class SpendMapping:
    """Header of each column in the export. date_formats: tried in order."""

    transaction: str = "transaction"
    line: str = "line"
    paid_date: str = "paid_date"
    supplier_id: str = "supplier_id"
    supplier_name: str = "supplier_name"
    service_area: str = "service_area"
    expenditure_code: str = "expenditure_code"
    expenditure_category: str = "expenditure_category"
    amount: str = "amount_gbp"
    date_formats: tuple[str, ...] = ("%d/%m/%Y", "%Y-%m-%d")

    def columns(self) -> tuple[str, ...]:
        """Headers that must be there."""
        who = (self.transaction, self.paid_date, self.supplier_id, self.supplier_name)
        what = (self.service_area, self.expenditure_code, self.expenditure_category, self.amount)
        return who + what


@dataclass(frozen=True, slots=True)
class SpendLine:
    """One readable line. number: its place in the file, the header being 1; paid: None without a usable date."""

    number: int
    transaction: str
    paid: date | None
    supplier: str
    name: str
    area: str
    account: str
    category: str
    amount: Decimal


@dataclass
class LoadReport:
    """What became of every line.

    unreadable: (line number, reason); undated: (line number, transaction); splits: transaction -> invoice numbers;
    spellings: supplier -> names by frequency, the first was taken; redated: transaction -> its several dates, the
    earliest was taken.
    """

    currency: str
    read: int = 0
    loaded: int = 0
    invoices: int = 0
    credits: int = 0
    suppliers: int = 0
    accounts: int = 0
    areas: int = 0
    total: Decimal = Decimal(0)
    unreadable: list[tuple[int, str]] = field(default_factory=list)
    undated: list[tuple[int, str]] = field(default_factory=list)
    date_for_undated: date | None = None
    splits: dict[str, list[str]] = field(default_factory=dict)
    spellings: dict[str, list[str]] = field(default_factory=dict)
    redated: dict[str, list[date]] = field(default_factory=dict)

    def text(self) -> str:
        """The report for people, every exception listed by line."""
        dates = "without dates" if self.date_for_undated is None else f"with {self.date_for_undated}"
        parts = [
            f"{self.read} lines read, {self.loaded} loaded, {len(self.unreadable)} not readable",
            f"{self.invoices} invoices ({self.credits} of them credits), {self.total} {self.currency} in all",
            f"{self.suppliers} suppliers, {self.accounts} accounts, {self.areas} service areas",
            f"{len(self.undated)} lines have no usable date; their invoices are loaded {dates}",
            *(f"line {number}: not loaded, {reason}" for number, reason in self.unreadable),
            *(
                f"transaction {name}: several suppliers, split into {', '.join(numbers)}"
                for name, numbers in self.splits.items()
            ),
            *(f"transaction {name}: several dates, {min(days)} taken" for name, days in self.redated.items()),
            *(f"supplier {name}: {len(names)} spellings, '{names[0]}' taken" for name, names in self.spellings.items()),
        ]
        return "\n".join(parts)


def open_export(path: str | Path) -> Iterator[dict[str | None, str] | csv.Error]:
    """Records of a CSV or CSV.gz file, UTF-8 or else Windows-1252; a broken record comes as its error."""
    content = Path(path).read_bytes()
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    reader = csv.DictReader(io.StringIO(text, newline=""), restval="")
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield error


def readable(
    records: Iterable[Mapping[str | None, str] | Mapping[str, str] | csv.Error],
    mapping: SpendMapping,
    report: LoadReport,
) -> Iterator[SpendLine]:
    """The lines that can be loaded; the others go into the report with their reason."""
    for number, record in enumerate(records, 2):
        report.read += 1
        try:
            if isinstance(record, csv.Error):
                raise ValueError(str(record))
            line = _line(number, record, mapping)
        except ValueError as error:
            report.unreadable.append((number, str(error)))
            continue
        report.loaded += 1
        if line.paid is None:
            report.undated.append((number, line.transaction))
        yield line


def _line(number: int, record: Mapping[str | None, str] | Mapping[str, str], mapping: SpendMapping) -> SpendLine:
    cells = {str(name): value for name, value in record.items() if name is not None}
    if None in record:
        raise ValueError("more cells than the header")
    if missing := [name for name in mapping.columns() if name not in cells]:
        raise KeyError(f"the export has no column {', '.join(missing)}")
    return SpendLine(
        number,
        _text(cells[mapping.transaction], "transaction", 46),
        _date(cells[mapping.paid_date], mapping.date_formats),
        _text(cells[mapping.supplier_id], "supplier id", 20),
        cells[mapping.supplier_name].strip()[:100] or NO_NAME,
        cells[mapping.service_area].strip(),
        _text(cells[mapping.expenditure_code], "expenditure code", 10),
        cells[mapping.expenditure_category].strip(),
        _amount(cells[mapping.amount]),
    )


def _text(cell: str, what: str, longest: int) -> str:
    text = cell.strip()
    if not text:
        raise ValueError(f"no {what}")
    if len(text) > longest:
        raise ValueError(f"{what} longer than {longest} characters")
    return text


def _date(cell: str, formats: tuple[str, ...]) -> date | None:
    for each in formats:
        try:
            return datetime.strptime(cell.strip(), each).date()  # noqa: DTZ007  # a business date has no zone
        except ValueError:
            continue
    return None


_TOO_MUCH = Decimal(10) ** 15


def _amount(cell: str) -> Decimal:
    try:
        amount = Decimal(cell.strip().replace(",", ""))
    except InvalidOperation:
        raise ValueError(f"amount {cell.strip()!r} is not a number") from None
    if not amount.is_finite() or abs(amount) >= _TOO_MUCH or amount != round(amount, 2):
        raise ValueError(f"amount {cell.strip()!r} is not an amount of money")
    return round(amount, 2)


def most_frequent(lines: Iterable[SpendLine]) -> dict[str, list[str]]:
    """Names of each supplier, the most frequent first, ties by first appearance."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for line in lines:
        found[line.supplier][line.name] += 1
    return {supplier: _named_first(names) for supplier, names in found.items()}


def _named_first(names: "Counter[str]") -> list[str]:
    """A line without a name says nothing of what the supplier is called."""
    return sorted((name for name, _ in names.most_common()), key=lambda name: name == NO_NAME)
