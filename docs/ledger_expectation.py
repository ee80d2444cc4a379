#!/usr/bin/env python3
"""What must come out when a spend export is carried into BILL, computed from the export alone.

It shares no code with ml-connector and needs only Python: rules and limits are written down here a second time, so
that a rehearsal can be judged by something that does not make the same mistakes. See docs/ledger.md and
docs/ap-rules.md.

    python3 docs/ledger_expectation.py FILE                what must come out, in a few lines
    python3 docs/ledger_expectation.py FILE --json         all of it, per supplier and per expenditure code too
    python3 docs/ledger_expectation.py FILE --markdown     docs/ledger.md (for the file that page is about)
"""

import argparse
import csv
import gzip
import io
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

CURRENCY = "GBP"
MAX_LINES = 100  # BILL, a bill
# The ERP's columns; four characters of a number are left for the suffix of a split.
LONGEST = {"transaction": 46, "supplier_id": 20, "expenditure_code": 10}
COLUMNS = {
    name: name
    for name in (
        "transaction", "paid_date", "supplier_id", "supplier_name", "service_area", "expenditure_code",
        "expenditure_category",
    )
} | {"amount": "amount_gbp"}  # fmt: skip
DATE_FORMATS = ("%d/%m/%Y", "%Y-%m-%d")
ZERO = Decimal("0.00")
LARGEST = Decimal(10) ** 24
BILL, CREDIT, HELD, OUT = "bill", "vendor credit", "held", "out"


@dataclass(frozen=True)
class Line:
    """One readable line; `paid` is None without a usable date."""

    number: int
    transaction: str
    paid: date | None
    supplier: str
    name: str
    area: str
    code: str
    amount: Decimal


@dataclass(frozen=True)
class Unreadable:
    """A line that cannot become part of an invoice: every reason, and its amount where it has one."""

    number: int
    reasons: tuple[str, ...]
    amount: Decimal | None


@dataclass(frozen=True)
class Invoice:
    """The lines of one transaction and one supplier, and what must come of it."""

    number: str
    supplier: str
    lines: tuple[Line, ...]

    @property
    def total(self) -> Decimal:
        return sum((line.amount for line in self.lines), ZERO)

    @property
    def paid(self) -> date | None:
        """The earliest usable date of its lines."""
        return min((line.paid for line in self.lines if line.paid), default=None)

    def sent_lines(self) -> list[Decimal]:
        """Amounts of its lines on the bill: no zero lines; beyond BILL's limit, same coding is added together."""
        amounts = [line.amount for line in self.lines if line.amount]
        if len(amounts) <= MAX_LINES:
            return amounts
        joined: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
        for line in self.lines:
            joined[line.code, line.area] += line.amount
        return [amount for amount in joined.values() if amount]

    def outcome(self) -> tuple[str, str]:
        """(outcome, reasons joined by " + "): nothing to pay asks nobody; else everything that is missing, at once."""
        if not self.total:
            return OUT, "nothing_to_pay"
        reasons = []
        if self.paid is None:  # the export has one date; the ERP would have none of these two
            reasons += ["no_invoice_date", "no_due_date"]
        elif len(self.sent_lines()) > MAX_LINES:
            reasons.append("too_many_lines")
        if reasons:
            return HELD, " + ".join(reasons)
        return (BILL, "") if self.total > 0 else (CREDIT, "")


@dataclass
class Export:
    """The export, read and grouped."""

    lines: list[Line] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    invoices: list[Invoice] = field(default_factory=list)

    def splits(self) -> dict[str, dict[str, str]]:
        """Transactions of several suppliers: transaction -> supplier -> invoice number."""
        found: dict[str, dict[str, str]] = defaultdict(dict)
        for invoice in self.invoices:
            found[invoice.lines[0].transaction][invoice.supplier] = invoice.number
        return {transaction: parts for transaction, parts in found.items() if len(parts) > 1}


def records(path: Path) -> Iterator[dict[str | None, Any]]:
    """Rows of a CSV or CSV.gz file, UTF-8 or else Windows-1252."""
    content = path.read_bytes()
    content = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    yield from csv.DictReader(io.StringIO(text, newline=""), restval="")


def read(rows: Iterable[Mapping[str | None, Any]], mapping: Mapping[str, Any]) -> Export:
    """Sort the lines into readable ones and others, and group the readable ones into invoices.

    `mapping`: our name -> header of the export, as `--ledger-mapping`. ValueError where the export lacks a column.
    """
    columns = {name: str(mapping.get(name, header)) for name, header in COLUMNS.items()}
    formats = tuple(mapping.get("date_formats", DATE_FORMATS))
    export = Export()
    for number, row in enumerate(rows, 2):
        if missing := [header for header in columns.values() if header not in row]:
            raise ValueError(f"The export has no column {', '.join(missing)}; name its headers with --ledger-mapping.")
        cells = {name: str(row[header]).strip() for name, header in columns.items()}
        (amount, why), reasons = _amount(cells["amount"]), _missing(cells)
        if None in row:
            reasons.append("more cells than the header")
        if amount is None:
            reasons.append(f"amount {cells['amount']!r} is not {why}")
        if reasons or amount is None:
            export.unreadable.append(Unreadable(number, tuple(reasons), amount))
            continue
        keys = (cells["supplier_id"], cells["supplier_name"], cells["service_area"], cells["expenditure_code"])
        paid = _date(cells["paid_date"], formats)
        export.lines.append(Line(number, cells["transaction"], paid, *keys, amount))
    export.invoices = list(_invoices(export.lines))
    return export


def _missing(cells: Mapping[str, str]) -> list[str]:
    words = {name: name.replace("_", " ") for name in LONGEST}
    found = [f"no {words[name]}" for name in LONGEST if not cells[name]]
    return found + [
        f"{words[name]} longer than {most} characters" for name, most in LONGEST.items() if len(cells[name]) > most
    ]


def _amount(cell: str) -> tuple[Decimal | None, str]:
    """(amount, "") or (None, what it is not). Thousands may be marked with commas; nothing is rounded."""
    try:
        amount = Decimal(cell.replace(",", ""))
    except InvalidOperation:
        return None, "a number"
    if not amount.is_finite() or abs(amount) >= LARGEST or amount != amount.quantize(ZERO):
        return None, "an amount of money"
    return amount.quantize(ZERO), ""


def _date(cell: str, formats: Iterable[str]) -> date | None:
    for each in formats:
        try:
            return datetime.strptime(cell, each).date()  # noqa: DTZ007 - a business date has no zone
        except ValueError:
            continue
    return None


def _invoices(lines: Iterable[Line]) -> Iterator[Invoice]:
    """A transaction is an invoice number; with several suppliers, the second and later get a suffix nobody has."""
    groups: dict[str, dict[str, list[Line]]] = defaultdict(lambda: defaultdict(list))
    for line in lines:
        groups[line.transaction][line.supplier].append(line)
    for transaction, suppliers in groups.items():
        suffix = 1
        for position, (supplier, members) in enumerate(suppliers.items()):
            number = transaction
            if position:
                suffix += 1
                while f"{transaction}-{suffix}" in groups:
                    suffix += 1
                number = f"{transaction}-{suffix}"
            yield Invoice(number, supplier, tuple(members))


def expectation(export: Export) -> dict[str, Any]:
    """Everything that can be held against a rehearsal. Amounts are exact text, signed as in the file."""
    outcomes: dict[tuple[str, str], list[Invoice]] = defaultdict(list)
    for invoice in export.invoices:
        outcomes[invoice.outcome()].append(invoice)
    transactions = {invoice.lines[0].transaction for invoice in export.invoices}
    others = {i.lines[0].transaction for i in export.invoices if i.outcome()[0] != BILL}
    return {
        "currency": CURRENCY,
        "lines": len(export.lines) + len(export.unreadable),
        "readable": len(export.lines),
        "unreadable": [
            {"line": u.number, "reasons": u.reasons, "amount": None if u.amount is None else str(u.amount)}
            for u in export.unreadable
        ],
        "total": str(_sum(line.amount for line in export.lines)),
        "transactions": len(transactions),
        "transactions_as_bills": len(transactions - others),
        "splits": export.splits(),
        "invoices": len(export.invoices),
        "outcomes": [
            {"outcome": name, "reasons": why, "count": len(found), "amount": str(_sum(i.total for i in found))}
            for (name, why), found in sorted(outcomes.items())
        ],
        "suppliers": _suppliers(export),
        "codes": _sums(export, lambda line, _: line.code),
        "due_dates": _sums(export, lambda _, invoice: str(invoice.paid)),
        "flaws": _flaws(export),
    }


def _suppliers(export: Export) -> dict[str, dict[str, Any]]:
    """Per supplier: the spellings of the name, how many invoices, and the sum of each outcome and of the file."""
    found: dict[str, dict[str, Any]] = {}
    for line in export.lines:
        each = found.setdefault(line.supplier, {"names": [], "invoices": 0, "file": ZERO})
        each["file"] += line.amount
        if line.name not in each["names"]:
            each["names"].append(line.name)
    for invoice in export.invoices:
        each, name = found[invoice.supplier], invoice.outcome()[0]
        each["invoices"] += 1
        each[name] = each.get(name, ZERO) + invoice.total
    return {
        supplier: {key: str(value) if isinstance(value, Decimal) else value for key, value in each.items()}
        for supplier, each in found.items()
    }


def _sums(export: Export, key: Callable[[Line, Invoice], str]) -> dict[str, str]:
    """What stands on bills and credits by `key`, signed as in the file."""
    found: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for invoice in export.invoices:
        if invoice.outcome()[0] in (BILL, CREDIT):
            for line in invoice.lines:
                found[key(line, invoice)] += line.amount
    return {name: str(amount) for name, amount in found.items()}


def _flaws(export: Export) -> dict[str, int]:
    """How often each flaw of the export occurs."""
    names: dict[str, set[str]] = defaultdict(set)
    for line in export.lines:
        names[line.supplier].add(line.name)
    payments = Counter((i.supplier, i.paid, i.total) for i in export.invoices if i.outcome()[0] in (BILL, CREDIT))
    shared = Counter(name for each in names.values() for name in each)
    codes = {line.code for line in export.lines}
    dates = [{line.paid for line in invoice.lines} for invoice in export.invoices]
    return {
        "lines without a usable date": sum(line.paid is None for line in export.lines),
        "invoices with several dates": sum(len(each) > 1 for each in dates),
        "negative lines": sum(line.amount < 0 for line in export.lines),
        "zero lines": sum(not line.amount for line in export.lines),
        "invoices beyond BILL's lines": sum(sum(bool(n.amount) for n in i.lines) > MAX_LINES for i in export.invoices),
        "lines on bills": sum(len(i.sent_lines()) for i in export.invoices if i.outcome()[0] == BILL),
        "suppliers": len(names),
        "one-off payees": sum("_" in supplier for supplier in names),
        "suppliers with several spellings": sum(len(each) > 1 for each in names.values()),
        "suppliers with redacted names": sum(any("redacted" in n.lower() for n in each) for each in names.values()),
        "suppliers without any name": sum(not any(each) for each in names.values()),
        "names shared by suppliers": sum(count > 1 for name, count in shared.items() if name),
        "expenditure codes": len(codes),
        "codes that differ by case only": len(codes) - len({code.upper() for code in codes}),
        "service areas": len({line.area for line in export.lines} - {""}),
        "payments like another": sum(n - 1 for n in payments.values()),
    }


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)


def summary(found: Mapping[str, Any]) -> Iterator[str]:
    """The expectation in a few lines."""
    yield f"{found['lines']:,} lines, {found['readable']:,} readable, {found['total']} {CURRENCY}"
    for each in found["unreadable"]:
        yield f"line {each['line']}: {', '.join(each['reasons'])} (amount {each['amount'] or 'none'})"
    yield f"{found['transactions']:,} transactions, {len(found['splits'])} split, {found['invoices']:,} invoices"
    for each in found["outcomes"]:
        yield f"{each['outcome']} {each['reasons']}: {each['count']:,}, {each['amount']} {CURRENCY}"
    yield f"{_share(found):.1f} % of the transactions become bills"


def _share(found: Mapping[str, Any]) -> float:
    return 100 * float(found["transactions_as_bills"]) / float(found["transactions"] or 1)


def page(found: Mapping[str, Any]) -> str:
    """docs/ledger.md."""
    flaws, share = found["flaws"], _share(found)
    sums = {(e["outcome"], e["reasons"]): e for e in found["outcomes"]}
    nothing = {"count": 0, "amount": "0.00"}
    rows = [*EXPECTED, *(key for key in sums if key not in EXPECTED)]
    outcomes = [
        f"| {name} | {', '.join(f'`{each}`' for each in why.split(' + ')) if why else ''} | "
        f"{sums.get((name, why), nothing)['count']:,} | {Decimal(sums.get((name, why), nothing)['amount']):,} |"
        for name, why in rows
    ]
    refused = [
        f"line {e['line']:,} ({e['reasons'][0]}{'' if e['amount'] is None else '; ' + e['amount']})"
        for e in found["unreadable"]
    ]
    splits = [
        f"{name} (suppliers {' and '.join(parts)}) becomes {' and '.join(parts.values())}"
        for name, parts in found["splits"].items()
    ]
    unread = sum((Decimal(e["amount"]) for e in found["unreadable"] if e["amount"]), ZERO)
    held = next((e["count"] for e in found["outcomes"] if e["outcome"] == HELD), 0)
    figures = {
        "outcomes": "\n".join(outcomes),
        "refused": "; ".join(refused),
        "splits": "; ".join(splits),
        "unread": f"{unread:,}",
        "total": f"{Decimal(found['total']):,}",
        "whole": f"{Decimal(found['total']) + unread:,}",
        "held": f"{held:,}",
        "share": f"{share:.2f} %",
        "met": "met" if share >= 90 else "NOT MET",
        "bills": f"{found['transactions_as_bills']:,}",
        "flaws": "\n".join(f"| {name} | {count:,} | {MEANS[name]} |" for name, count in flaws.items()),
    } | {name: f"{found[name]:,}" for name in ("lines", "readable", "transactions", "invoices")}
    return PAGE.format_map(figures | {"suppliers": f"{flaws['suppliers']:,}"})


EXPECTED = ((BILL, ""), (CREDIT, ""), (OUT, "nothing_to_pay"), (HELD, "no_invoice_date + no_due_date"),
            (HELD, "too_many_lines"))  # fmt: skip
MEANS = {
    "lines without a usable date": "`00:00:00` for a whole quarter: their invoices are held, no date is invented",
    "invoices with several dates": "the earliest is taken",
    "negative lines": "stay negative lines of their bill; a negative total is a vendor credit",
    "zero lines": "not on the bill: there is nothing to pay for them",
    "invoices beyond BILL's lines": f"more than {MAX_LINES} lines: those with equal coding are added together",
    "lines on bills": "what BILL must hold after that",
    "suppliers": "a vendor each; addresses are invented by the simulator and say so",
    "one-off payees": "ids as `20000000_46279931`: each is a supplier of its own",
    "suppliers with several spellings": "one vendor, one of the names",
    "suppliers with redacted names": "“Redacted personal data” is a name like any other; the id tells them apart",
    "suppliers without any name": "vendor “(no name)”",
    "names shared by suppliers": "several vendors of one name: never merged by name",
    "expenditure codes": "an account each, trailing blanks taken off",
    "codes that differ by case only": "`Y021` and `y021` are two accounts",
    "service areas": "a department each",
    "payments like another": "same supplier, date and amount, other number: all are sent",
}
PAGE = """# A real ledger: what must come out

<!-- Written by `python3 docs/ledger_expectation.py FILE --markdown`. Change that script, not this page. -->

Every payment line over £500 of a city council over three years, 2014 to 2016, as published: all quarters under one
header, nothing else changed. It tells more about a connector than invented data can.

Contains public sector information licensed under the
[Open Government Licence v3.0](https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/).
Publisher: Oxford City Council. The file is not part of this repository.

## The expectation
`docs/ledger_expectation.py` computes it from the file alone. It needs nothing but Python and shares no code with
ml-connector, so that both would have to make the same mistake. Rules: [ap-rules.md](ap-rules.md), all settings at their
defaults. Amounts in GBP, signed as in the file.

{lines} lines, {readable} readable: {transactions} transactions, {invoices} invoices, {suppliers} suppliers.

| invoices become | reason | count | amount |
|---|---|---:|---:|
{outcomes}
| all | | {invoices} | {total} |

**{share} of the transactions become bills** ({bills} of {transactions}); at least 90 % is the condition: {met}.

- Not loaded, but reported by line number: {refused}.
  With their {unread} the file adds up to {whole}.
- Split, because a bill has one supplier: {splits}.

Suppliers: {suppliers} vendors are created, none is held. Accounts and service areas are only read and mapped.

A second sync reads the same number, finds every record unchanged or still held, and writes nothing.

## What the reasons mean
| reason | means | what helps |
|---|---|---|
| `no_invoice_date`, `no_due_date` | BILL requires both, it has neither | a date in the ERP, or `--date-for-undated` |
| `nothing_to_pay` | the lines add up to zero | nothing to do: out, counted, no review |
| `too_many_lines` | more than 100 differently coded lines | split the invoice in the ERP |

## The flaws of the file
| flaw | count | what becomes of it |
|---|---:|---|
{flaws}

## Reproduce
```
python3 docs/ledger_expectation.py FILE                     # what must come out
./dev manage rehearse FILE --again                          # what comes out, twice
./dev test tests/journeys/test_ledger.py                    # both, compared
```
The test compares counts, amounts and lines; per supplier, bills and credits in BILL's stand-in and open review items in
our rows with the file, to the penny; per expenditure code and per day, what stands in BILL with the file. Any other
export works with `--ledger-mapping` on the first two commands: JSON that says which header holds what, for instance
`{{"transaction": "Payment No", "amount": "Net", "date_formats": ["%d-%b-%y"]}}`.
"""


def main() -> None:
    """Prints the expectation in the form asked for."""
    about = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("file", type=Path, help="the spend export: CSV, also .gz")
    parser.add_argument("--json", action="store_true", help="everything, as JSON")
    parser.add_argument("--markdown", action="store_true", help="the page docs/ledger.md")
    parser.add_argument("--ledger-mapping", type=json.loads, default={}, help="JSON: which header holds what")
    given = parser.parse_args()
    try:
        found = expectation(read(records(given.file), given.ledger_mapping))
    except (OSError, ValueError, csv.Error) as error:
        parser.error(str(error))
    if given.json:
        sys.stdout.write(json.dumps(found) + "\n")
    elif given.markdown:
        sys.stdout.write(page(found))
    else:
        sys.stdout.write("\n".join(summary(found)) + "\n")


if __name__ == "__main__":
    main()
