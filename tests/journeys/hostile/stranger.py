"""A server that answers like AvidXchange on its bad days: rows as raw text, and any answer to any address.

Written from the contract alone; it shares nothing with the stand-in of `simulate`.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PDF = b"%PDF-1.4 an invoice"
Odd = Callable[["Handler"], None]


class Stranger(ThreadingHTTPServer):
    """`invoices` and `payments` are rows as they go out, id -> JSON text; `odd` answers addresses that hold a text."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.invoices: dict[str, str] = {}
        self.payments: dict[str, str] = {}
        self.vendors: dict[str, Any] = {}
        self.odd: dict[str, Odd] = {}
        self.asked: list[str] = []

    @property
    def host(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    server: Stranger

    def do_GET(self) -> None:
        """Lists, one record, an image."""
        parts, asked = urlsplit(self.path), parse_qs(urlsplit(self.path).query)
        if self._oddly():
            return
        *_, last = parts.path.split("/")
        if last == "accountingSystems":
            self.page(['{"ID": 4711, "Name": "Stranger"}'], asked)
        elif last == "image":
            self.say(PDF, "application/pdf")
        elif last == "vendors":
            self.page([json.dumps(each) for each in self.server.vendors.values()], asked)
        elif last == "invoices":
            self.page(list(self.server.invoices.values()), asked)
        elif last == "payments":
            wanted = asked.get("paymentIds")
            rows = self.server.payments
            self.page([rows[key] for key in wanted if key in rows] if wanted else list(rows.values()), asked)
        elif last in self.server.invoices:
            self.say(self.server.invoices[last])
        else:
            self.say("{}", status=404)

    def do_POST(self) -> None:
        """Takes whatever comes, and says so of each item."""
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
        if self._oddly():
            return
        results = []
        for item in body["Items"]:
            key = item.get("ExternalVendorCode") or item.get("ExternalCode") or item.get("CodeValue")
            if "ExternalVendorCode" in item:
                self.server.vendors[key] = item
            results.append({"ExternalCode": key, "Successful": True, "Item": item})
        self.say(json.dumps({"Results": results}))

    def page(self, rows: list[str], asked: dict[str, list[str]]) -> None:
        """A page of rows in the envelope of the contract."""
        number, size = int(asked.get("pageNumber", ["1"])[0]), int(asked.get("pageSize", ["500"])[0])
        pages = max(1, -(-len(rows) // size))
        paging = json.dumps({"PageNumber": number, "PageCount": pages, "TotalItems": len(rows)})
        shown = ",".join(rows[(number - 1) * size : number * size])
        self.say(f'{{"Items": [{shown}], "Paging": {paging}}}')

    def say(self, body: str | bytes, kind: str = "application/json", status: int = 200, **headers: str) -> None:
        """An answer, whole."""
        content = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Silent."""

    def _oddly(self) -> bool:
        self.server.asked.append(f"{self.command} {self.path}")
        odd = next((act for text, act in self.server.odd.items() if text in f"{self.command} {self.path}"), None)
        if odd is not None:
            odd(self)
        return odd is not None


@contextmanager
def stranger() -> Iterator[Stranger]:
    """One that listens."""
    server = Stranger()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
