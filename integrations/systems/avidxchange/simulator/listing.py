"""Lists: change filters by whole days, numbered pages, and the envelope around them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from integrations.systems.avidxchange.simulator.call import Answer, Call
from integrations.systems.avidxchange.simulator.errors import invalid
from integrations.systems.avidxchange.simulator.rows import Window
from integrations.systems.avidxchange.simulator.wire import Json, stamp

_DAY_END = "T23:59:59"


def changed(call: Call, window: Window, first: str = "lastModifiedFrom", last: str = "lastModifiedTo") -> Window:
    """The window cut to the days (or instants) that the query names, both inclusive. 400 for unreadable ones."""
    start, end = _moment(call, first), _moment(call, last)
    longest = call.config.max_window_days
    if start and end and longest is not None and end[0] - start[0] > timedelta(days=longest):
        raise invalid(f"{first} and {last} may be at most {longest} days apart.")
    by_day = call.config.granularity == "day"
    if start:
        window = replace(window, first=stamp(start[0])[:10] if by_day else stamp(start[0]))
    if end:
        whole = by_day or end[1]
        window = replace(window, last=stamp(end[0])[:10] + _DAY_END if whole else stamp(end[0]))
    return window


def _moment(call: Call, name: str) -> tuple[datetime, bool] | None:
    """A filter's time, and whether it is only a day; None when it is not given."""
    text = call.request.url.params.get(name, "")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(f"{name} is not a date.") from None
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return aware, len(text) == len("YYYY-MM-DD")


def _number(call: Call, name: str, default: int) -> int:
    text = call.request.url.params.get(name, str(default))
    if not text.isdecimal() or not text.isascii() or len(text) > 9 or int(text) < 1:
        raise invalid(f"{name} must be a positive number.")
    return int(text)


def answer(call: Call, window: Window, show: Callable[[Json], Json]) -> Answer:
    """The page of the window that the query asks for."""
    if call.row_moves and _number(call, "pageNumber", 1) > 1:
        _move_first(call, window)
    total = call.rows.count(window)
    return page(call, total, lambda offset, limit: [show(row) for row in call.rows.page(window, offset, limit)])


def page(call: Call, total: int, fetch: Callable[[int, int], list[Json]]) -> Answer:
    """One page of `total` rows, of which `fetch(offset, limit)` gets some. A page size above the most is that."""
    number = _number(call, "pageNumber", 1)
    size = min(_number(call, "pageSize", call.config.default_page), call.config.max_page)
    rows = fetch((number - 1) * size, size)
    pages = -(-total // size)
    links = [_link(call, "first", 1)] + ([_link(call, "next", number + 1)] if number < pages else [])
    paging = {"PageSize": size, "PageNumber": number, "PageCount": pages, "PageItems": len(rows)}
    return Answer({"Items": rows, "Paging": {**paging, "TotalItems": total, "Links": links}})


def _link(call: Call, rel: str, number: int) -> Json:
    path = call.request.url.copy_set_param("pageNumber", str(number)).raw_path.decode("ascii")
    return {"Rel": rel, "Href": call.manners.href(call.manners.hrefs, call.base, path)}


def _move_first(call: Call, window: Window) -> None:
    """Somebody changes the list's first row while it is being read: every later row moves one place forward."""
    key = call.rows.first_key(window)
    row = call.rows.get(window.place, window.kind, key)
    if row is not None:
        call.rows.put(window.place, window.kind, key, row)
