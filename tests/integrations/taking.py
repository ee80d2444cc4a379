"""Exports as whoever takes them reads them."""

import csv
import hashlib
import io
from dataclasses import dataclass
from typing import Any

from django.test import Client


@dataclass(frozen=True)
class Taken:
    """`facts` stand above the rows and below them; `rows` by the heads of their columns."""

    facts: dict[str, str]
    rows: list[dict[str, str]]
    totals: dict[str, str]
    content: bytes

    def column(self, name: str) -> list[str]:
        return [row[name] for row in self.rows]


def read(content: bytes) -> Taken:
    """The file, after its hash was compared."""
    body, last = content.rsplit(b'"SHA-256', 1)
    assert hashlib.sha256(body).hexdigest() in last.decode()
    lines = list(csv.reader(io.StringIO(content.decode().removeprefix("\ufeff"), newline="")))
    head = next(number for number, line in enumerate(lines) if len(line) > 3)
    columns = lines[head]
    rows = [dict(zip(columns, line, strict=True)) for line in lines[head + 1 :] if len(line) == len(columns)]
    below = lines[head + 1 + len(rows) :]
    totals = {" ".join(line[1:-1]): line[-1] for line in below if line[0] == "Total"}
    return Taken({line[0]: line[1] for line in (*lines[:head], *below)}, rows, totals, content)


def take(client: Client, key: str, query: str = "", *, under: str = "/audit/exports/{}.csv") -> Taken:
    answer: Any = client.get(under.format(key) + query)
    assert answer.status_code == 200, answer
    return read(b"".join(answer.streaming_content))
