"""`./dev bench [--long] [--only pull,job]`: measure, print a row as soon as it is known, write docs/benchmarks.md."""

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench.database import own_database
from bench.plan import LONG, NORMAL, TINY, Plan
from bench.rows import Row, line, table
from bench.sections import SECTIONS

DOCS = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
FAILED = "FAILED"
_HEAD = """# What it costs

Written by `{name}` on {day}: {machine}. Ratios and CPU seconds say more than wall times, which differ
from machine to machine and from hour to hour. CPU counts this product's process and all of PostgreSQL's; simulators run
in processes of their own and are not counted. `MISSED` is a target that this run did not reach.

"""
_NOTES = """
How it is measured

- Every figure comes from a process of its own, in a database of its own that is dropped afterwards.
- Pull: an invoice is a header with three lines, four postings and a ledger item, as IFS sends them: a set each,
  5,000 rows a page. The stand-in answers a repeated read from memory, so that it holds nobody up. One round
  warms it up, then medians of {repeat}.
- The hand loop (`bench/hand_bare.py`) is a raw socket, msgspec and bare psycopg, and leaves the same rows in the same
  tables under the same policies with the same audit chain, search terms included; the bench compares them.
- dlt gets the easier half: headers and lines into plain tables, no postings, no search terms, no audit.
- The best that a long line allows: every request to IFS after the other, those to BILL in {lanes} lanes, our own work
  for nothing.
- The limiter's judge is a process of its own with a strict sliding window on its own clock.
- Dispatcher: four dispatchers at once, 40,000 flows of 2,000 tenants. A tick is idle when none of them is due.
- Webhooks: gunicorn with two workers as `./dev up` starts it, a sender with 64 connections that keeps to its times; an
  event's time runs from when it was due; a first second that opens what is needed is not counted.
- Search: eight terms a record, all of one tenant; each question is the median of five.
- Reconciliation: of ten records seven are invoices with their bills, three payments with their vouchers, all of one
  integration; some are ignored, differ, or are paid and open. The page is looked at 40 times after one that is not
  counted, signed in, through every middleware, in the process that has just reckoned; queries are those that ask for
  rows.
"""


def main(arguments: Sequence[str]) -> int:
    """0 also when targets are missed (the table says which); 1 when a measurement failed."""
    parser = argparse.ArgumentParser("./dev bench")
    parser.add_argument(
        "--long", action="store_true", help="a pull of 200,000, ten minutes of limiter, 1,000,000 entries"
    )
    parser.add_argument("--only", help=f"some sections, by comma: {', '.join(SECTIONS)}; writes no document")
    parser.add_argument("--tiny", action="store_true", help="seconds only, to see that it works; writes no document")
    options = parser.parse_args(arguments)
    chosen = options.only.split(",") if options.only else list(SECTIONS)
    if unknown := set(chosen) - SECTIONS.keys():
        parser.error(f"unknown section {', '.join(sorted(unknown))}")
    plan = LONG if options.long else TINY if options.tiny else NORMAL
    began = time.monotonic()
    with own_database():
        rows = [row for name in chosen for row in _section(name, plan)]
    broken = [row for row in rows if row.figure.startswith(FAILED)]
    print(f"\n{table(rows)}\n\n{time.monotonic() - began:.0f} s in all", flush=True)
    if not options.only and not options.tiny:
        DOCS.write_text(_document(plan, rows), encoding="utf-8")
        print(f"Written to {DOCS.relative_to(DOCS.parent.parent)}", flush=True)
    return 1 if broken else 0


def _section(name: str, plan: Plan) -> list[Row]:
    """Its rows; a measurement that failed is a row too, and the others go on."""
    began = time.monotonic()
    print(f"{name} ...", flush=True)
    rows = []
    try:
        for row in SECTIONS[name](plan):
            rows.append(row)
            print(line(row), flush=True)
    except (RuntimeError, subprocess.SubprocessError) as error:
        rows.append(Row(name, f"{FAILED}: {str(error).splitlines()[0][:200]}", met=False))
        print(line(rows[-1]), flush=True)
    print(f"  {time.monotonic() - began:.0f} s", flush=True)
    return rows


def _document(plan: Plan, rows: Sequence[Row]) -> str:
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    head = _HEAD.format(name=plan.name, day=time.strftime("%Y-%m-%d"), machine=machine)
    return head + table(rows) + "\n" + _NOTES.format(repeat=plan.repeat, lanes=3)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
