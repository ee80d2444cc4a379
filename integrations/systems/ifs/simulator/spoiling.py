"""Faults that spoil a real answer after the request was processed."""

import time
from collections.abc import Callable, Iterator

import httpx
import msgspec

from integrations.systems.ifs.simulator.answers import Answer, Body, encode
from integrations.systems.ifs.simulator.faults import Fault

_RAW = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Dripping(Body):
    """A body that arrives a few bytes at a time."""

    def __init__(self, content: bytes, seconds: float, size: int) -> None:
        super().__init__(content)
        self.seconds, self.size = seconds, size

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self.content), self.size):
            time.sleep(self.seconds)
            yield self.content[start : start + self.size]


class Truncated(Body):
    """A body shorter than its Content-Length."""

    def __iter__(self) -> Iterator[bytes]:
        yield self.content
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


def spoil(fault: Fault, answer: Answer, link: str, vanish: Callable[[str, bytes], None]) -> None:
    """Edit an answer in the making. link: the request relative to its projection; vanish: deletes a row."""
    page, params = answer.page, fault.params
    if fault.kind == "omit_etag":
        answer.headers.pop("etag", None)
        _each_row(answer, lambda row: {key: value for key, value in row.items() if key != "@odata.etag"})
    if fault.kind == "bad_field":
        _inject(fault, answer)
    if fault.kind == "encoding":
        answer.body, answer.page = answer.content().decode().encode(params.get("codec", "utf-16")), None
    if page is None:
        return
    match fault.kind:
        case "foreign_next_link":
            page.next_link = str(params.get("url", f"https://elsewhere.example/{link}"))
        case "loop_next_link":
            page.next_link = link
        case "empty_page_with_next":
            page.rows, page.next_link = [], link
        case "repeat_row":
            page.rows = [*page.rows, *page.rows[-1:]]
        case "wrong_count":
            page.count = int(params.get("count", len(page.rows) + 7))
        case "vanish_row_between_pages" if page.rows:
            vanish(answer.entity, page.rows[0])


def transmit(faults: list[Fault], response: httpx.Response) -> None:
    """Replace the body's way over the wire."""
    for fault in faults:
        stream = response.stream
        if not isinstance(stream, Body):
            continue
        if fault.kind == "drip":
            params = fault.params
            response.stream = Dripping(stream.content, float(params.get("seconds", 0.3)), int(params.get("size", 1)))
        if fault.kind == "truncate_body":
            keep = int(fault.params.get("keep", len(stream.content) // 2))
            response.stream = Truncated(stream.content[:keep])


def _inject(fault: Fault, answer: Answer) -> None:
    """Put raw JSON text into a field of one row (`row`, default 0) or of all (`row` None)."""
    params = fault.params
    raw = str(params["raw"]).encode() if "raw" in params else encode(params.get("value"))
    wanted = params.get("row", 0)
    name = str(params["field"])
    position = -1

    def change(row: dict[str, bytes]) -> dict[str, bytes]:
        nonlocal position
        position += 1
        return {**row, name: raw} if wanted in (None, position) else row

    _each_row(answer, change)


def _each_row(answer: Answer, change: Callable[[dict[str, bytes]], dict[str, bytes]]) -> None:
    if answer.page is not None:
        answer.page.rows = [_changed(row, change) for row in answer.page.rows]
    elif b'"@odata.etag":' in answer.body[:1000]:
        answer.body = _changed(answer.body, change)


def _changed(row: bytes, change: Callable[[dict[str, bytes]], dict[str, bytes]]) -> bytes:
    members = {key: bytes(value) for key, value in _RAW.decode(row).items()}
    return b"{" + b",".join(encode(key) + b":" + value for key, value in change(members).items()) + b"}"
