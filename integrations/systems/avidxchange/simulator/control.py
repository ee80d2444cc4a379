"""The control endpoints under /_sim/, for tests that talk to a simulator in another process."""

from typing import TYPE_CHECKING, Any

import httpx

from integrations.systems.avidxchange.simulator.faults import Fault
from integrations.systems.avidxchange.simulator.wire import Json, decode, encode

if TYPE_CHECKING:
    from integrations.systems.avidxchange.simulator.simulator import Simulator

ACTS = frozenset(
    (
        *("create_invoice", "edit_invoice", "approve_invoice", "reject_invoice", "void_invoice", "touch_invoice"),
        *("close_batch", "reopen_batch", "close_again"),
        *("make_payment", "advance", "issue", "clear", "void", "fail", "reissue", "edit_vendor", "get"),
    )
)


def act(sim: "Simulator", order: Json) -> object:
    """One of a person's acts by name, with its arguments. ValueError for one that nobody knows."""
    arguments = dict(order)
    name = str(arguments.pop("act", ""))
    if name not in ACTS:
        raise ValueError(f"unknown act {name[:40]!r}; known: {', '.join(sorted(ACTS))}")
    return getattr(sim, name)(**arguments)


def control(sim: "Simulator", request: httpx.Request) -> httpx.Response:
    """Answer one control request.

    POST /_sim/faults (a fault or a list of them), DELETE /_sim/faults, POST /_sim/act ({"act": "issue", "payment": 1}:
    the arguments of the hand of that name), POST /_sim/tokens/expire, GET /_sim/ledger?since=, GET /_sim/stats,
    GET /_sim/dump?kind=&after=&max=.
    """
    try:
        value = _value(sim, f"{request.method} {request.url.path}", request)
    except KeyError as error:
        return _reply({"message": f"not found: {error}"}, 404)
    except (ValueError, TypeError, ArithmeticError) as error:
        return _reply({"message": str(error)}, 400)
    return _reply(value, 200) if value is not None else _reply({"message": "unknown control endpoint"}, 404)


def _value(sim: "Simulator", address: str, request: httpx.Request) -> object:
    query = request.url.params
    match address:
        case "POST /_sim/faults":
            planned = decode(request.content)
            sim.faults.add(*(Fault(**each) for each in (planned if isinstance(planned, list) else [planned])))
        case "DELETE /_sim/faults":
            sim.faults.clear()
        case "POST /_sim/act":
            return {"result": act(sim, decode(request.content))}
        case "POST /_sim/tokens/expire":
            sim.expire_tokens()
        case "GET /_sim/ledger":
            return sim.ledger(int(query.get("since", "0")))
        case "GET /_sim/stats":
            return sim.stats()
        case "GET /_sim/dump":
            most = min(int(query.get("max", "10000")), 50_000)
            found = sim.dump_page(query.get("kind", ""), int(query.get("after", "0")), most)
            rows: list[dict[str, Any]] = [{"seq": seq, "place": place, **body} for seq, place, body in found]
            return {"rows": rows, "next": rows[-1]["seq"] if len(rows) == most else None}
        case _:
            return None
    return {}


def _reply(value: object, status: int) -> httpx.Response:
    return httpx.Response(status, headers={"content-type": "application/json"}, content=encode(value))
