"""Lists: max, sort, filters, and opaque page tokens that are bound to their query.

Vendor page: https://developer.bill.com/docs/search-op-with-lists
"""

import base64
import hashlib
import hmac
import math
import secrets
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from integrations.systems.bill.simulator.call import Answer, Call
from integrations.systems.bill.simulator.checks import LARGEST
from integrations.systems.bill.simulator.errors import invalid, refuse
from integrations.systems.bill.simulator.wire import decode, encode, parse_timestamp

_COLUMNS = {
    "id": ("r.id", "text"),
    "createdTime": ("r.created", "time"),
    "updatedTime": ("r.updated", "time"),
    "archived": ("r.archived", "flag"),
    "vendorId": ("r.vendor", "text"),
    "name": ("r.name", "text"),
    "dueDate": ("r.day", "text"),
    "processDate": ("r.day", "text"),
    "amount": ("r.amount", "money"),
}
_COMMON = frozenset({"id", "createdTime", "updatedTime", "archived"})
_CODING = tuple(
    f"classifications.{name}Id" for name in ("chartOfAccount", "accountingClass", "department", "location", "item")
)
FILTERS: Mapping[str, frozenset[str]] = {
    "bills": _COMMON
    | {
        "payFromChartOfAccountId",
        "vendorId",
        "amount",
        "dueDate",
        "paymentStatus",
        "approvalStatus",
        *_CODING,
    },
    "vendors": _COMMON | {"name", "accountType", "billCurrency", "shortName", "accountNumber", "email"},
    "payments": _COMMON | {"vendorId", "status", "disbursementType", "processDate", "amount"},
    "vendor-credits": _COMMON | {"vendorId"},
}
SORTS: Mapping[str, frozenset[str]] = {
    "bills": frozenset({"createdTime", "updatedTime", "archived", "dueDate", "amount"}),
    "vendors": frozenset({"createdTime", "updatedTime", "name"}),
    "payments": frozenset({"createdTime", "updatedTime", "processDate", "amount"}),
    "vendor-credits": frozenset({"createdTime", "updatedTime"}),
}
_CLASSIFICATION = (_COMMON | {"name", "parentId"}, frozenset({"createdTime", "updatedTime", "name"}))
_COMPARE = {"eq": "=", "ne": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def page_size(call: Call) -> int:
    """The `max` of a list call: 1 to 100, 20 when left out."""
    text = call.query.get("max", "20")
    if not text.isascii() or not text.removeprefix("-").isdigit():
        raise invalid(["max: Failed to convert property value of type 'java.lang.String' to required type 'int'"])
    size = int(text[:12])
    if size < 1:
        raise invalid(["max: must be greater than or equal to 1"])
    if size > 100:
        raise invalid(["max: must be less than or equal to 100"])
    return size


def _pieces(text: str) -> list[str]:
    """Split on commas outside double quotes."""
    pieces, quoted = [""], False
    for letter in text:
        quoted ^= letter == '"'
        if letter == "," and not quoted:
            pieces.append("")
        else:
            pieces[-1] += letter
    return pieces


def _value(kind: str, text: str, name: str) -> object:
    try:
        if kind == "time":
            return parse_timestamp(text)
        if kind == "flag":
            return {"true": 1, "false": 0}[text]
        if kind == "money":
            amount = Decimal(text)
            return int(amount.scaleb(6)) if abs(amount) < LARGEST else math.copysign(math.inf, amount)
    except (ValueError, KeyError, ArithmeticError):
        raise refuse(400, "BDC_1129", f"Invalid value for filter {name}.", "REQUEST") from None
    return text


def _field(name: str, known: frozenset[str]) -> tuple[str, str]:
    if name not in known:
        raise refuse(400, "BDC_1130", f"Invalid field: {name[:60]}.", "REQUEST")
    return _COLUMNS.get(name, (f"COALESCE(json_extract(r.body, '$.{name}'), '')", "text"))


def _filters(text: str, known: frozenset[str]) -> tuple[list[str], list[object]]:
    clauses: list[str] = []
    values: list[object] = []
    for piece in _pieces(text) if text else []:
        name, _, rest = piece.partition(":")
        operator, separator, given = rest.partition(":")
        expression, kind = _field(name.strip(), known)
        given = given.strip().removeprefix('"').removesuffix('"')
        if operator in _COMPARE and separator:
            clauses.append(f"{expression} {_COMPARE[operator]} ?")
            values.append(_value(kind, given, name))
        elif operator in ("in", "nin") and separator:
            wanted = [_value(kind, item.strip(), name) for item in given.split(",")]
            marks = ",".join("?" * len(wanted))
            clauses.append(f"{expression} {'NOT IN' if operator == 'nin' else 'IN'} ({marks})")
            values.extend(wanted)
        elif operator == "sw" and separator and kind == "text":
            clauses.append(f"substr({expression}, 1, ?) = ?")
            values.extend((len(given), given))
        else:
            raise refuse(400, "BDC_1131", f"Invalid filter operator: {operator[:20]}.", "REQUEST")
    return clauses, values


def _sort(text: str, known: frozenset[str]) -> list[tuple[str, bool]]:
    """[(SQL expression, descending)], ending with the row's own number."""
    keys: list[tuple[str, bool]] = []
    for piece in text.split(",") if text else []:
        name, _, direction = piece.strip().partition(":")
        if direction not in ("asc", "desc"):
            raise refuse(400, "BDC_1131", f"Invalid sort direction: {direction[:20]}.", "REQUEST")
        keys.append((_field(name, known)[0], direction == "desc"))
    return [*keys, ("r.seq", keys[-1][1] if keys else False)]


def _digest(call: Call) -> str:
    text = "\n".join([call.organization, call.path, *(call.query.get(name, "") for name in ("max", "sort", "filters"))])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def make_token(call: Call, place: list[Any], backwards: bool = False, nonce: str = "") -> str:
    """A page token for a place in this very query."""
    issued = call.world.rows.now()
    body = encode({"query": _digest(call), "place": place, "back": backwards, "at": issued, "nonce": nonce})
    mark = hmac.new(call.world.page_secret, body, hashlib.sha256).digest()[:9]
    return base64.urlsafe_b64encode(mark + body).decode().rstrip("=")


def read_token(call: Call, token: str) -> tuple[list[Any], bool]:
    """(place, backwards) of a page token; 400 when it is forged, too old or made for another query."""
    wrong = refuse(400, "BDC_1129", "Page token is invalid or has expired.", "REQUEST")
    try:
        data = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        raise wrong from None
    mark, body = data[:9], data[9:]
    if not hmac.compare_digest(mark, hmac.new(call.world.page_secret, body, hashlib.sha256).digest()[:9]):
        raise wrong
    content = decode(body)
    age = call.world.rows.now() - content["at"]
    if content["query"] != _digest(call) or age > call.world.config.page_token_seconds * 1000:
        raise wrong
    return content["place"], content["back"]


def _seek(keys: list[tuple[str, bool]], place: list[Any], backwards: bool) -> tuple[str, list[object]]:
    """SQL for "after this place" in the given order (before it, when backwards)."""
    choices, values = [], []
    for index, (expression, descending) in enumerate(keys):
        equal = [f"{earlier} = ?" for earlier, _ in keys[:index]]
        choices.append(" AND ".join([*equal, f"{expression} {'<' if descending != backwards else '>'} ?"]))
        values.extend(place[: index + 1])
    return "(" + " OR ".join(f"({choice})" for choice in choices) + ")", values


def _as_stored(body: str, _vendor_name: str) -> str:
    return body


def list_rows(call: Call, kind: str, show: Callable[[str, str], str] = _as_stored) -> Answer:
    """One page of a resource. `show(body, vendor's name)` may change the JSON text of a row."""
    for name in call.query:
        if name not in ("max", "page", "sort", "filters"):
            raise refuse(400, "BDC_1002", f"Unknown parameter: {name[:40]}.", "REQUEST")
    size = page_size(call)
    clauses, values = _filters(call.query.get("filters", ""), FILTERS.get(kind, _CLASSIFICATION[0]))
    keys = _sort(call.query.get("sort", ""), SORTS.get(kind, _CLASSIFICATION[1]))
    place: list[Any] = []
    backwards = False
    if call.query.get("page"):
        place, backwards = read_token(call, call.query["page"])
    if call.fault is not None and call.fault.kind == "empty_page_with_next":
        return Answer.of({"results": [], "nextPage": make_token(call, place, backwards, secrets.token_hex(4))})
    if place:
        seek, sought = _seek(keys, place, backwards)
        clauses.append(seek)
        values.extend(sought)
    order = ", ".join(f"{expression} {'DESC' if descending != backwards else 'ASC'}" for expression, descending in keys)
    query = (
        f"SELECT r.body, COALESCE(v.name, ''), {', '.join(expression for expression, _ in keys)}"
        " FROM record r LEFT JOIN record v ON v.id = r.vendor"
        " WHERE r.organization = ? AND r.kind = ? AND r.visible <= ?"
        f"{''.join(' AND ' + clause for clause in clauses)} ORDER BY {order} LIMIT ?"
    )
    now = call.world.rows.now()
    found = call.world.rows.sql.execute(query, [call.organization, kind, now, *values, size + 1]).fetchall()
    more = len(found) > size
    page = found[:size]
    if backwards:
        page.reverse()
    text = '{"results":[' + ",".join(show(row[0], row[1]) for row in page) + "]"
    if page and (more if not backwards else True):
        text += f',"nextPage":"{make_token(call, list(page[-1][2:]))}"'
    if page and (bool(place) if not backwards else more):
        text += f',"prevPage":"{make_token(call, list(page[0][2:]), True)}"'
    if call.fault is not None and call.fault.kind == "loop_page":
        token = call.query.get("page") or make_token(call, place)
        text = text.partition('],"nextPage"')[0].removesuffix("]") + f'],"nextPage":"{token}"'
    return Answer(200, (text + "}").encode())
