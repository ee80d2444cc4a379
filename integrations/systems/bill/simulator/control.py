"""The control endpoints under /_sim/, for tests that talk to a simulator in another process."""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx

from integrations.systems.bill.simulator.faults import Fault
from integrations.systems.bill.simulator.wire import decode, encode

if TYPE_CHECKING:
    from integrations.systems.bill.simulator.simulator import Simulator

_ACTS = frozenset(
    [
        "approve", "deny", "assign", "edit_bill", "edit_vendor", "create_bill_by_hand",
        "create_vendor_by_hand", "merge_vendors", "archive", "pay", "advance", "fail", "void", "put_raw", "get",
    ]
)  # fmt: skip


def _reply(value: object, status: int = 200) -> httpx.Response:
    return httpx.Response(status, headers={"content-type": "application/json"}, content=encode(value))


def act(sim: "Simulator", order: dict[str, Any]) -> object:
    """One of a person's acts by name, with its arguments. ValueError for one that nobody knows."""
    order = dict(order)
    name = str(order.pop("act", ""))
    if name not in _ACTS:
        raise ValueError(f"unknown act {name[:40]!r}; known: {', '.join(sorted(_ACTS))}")
    done: Callable[..., object] = getattr(sim, name)
    if isinstance(order.get("amounts"), list):
        order["amounts"] = [Decimal(amount) for amount in order["amounts"]]
    return done(**order)


def control(sim: "Simulator", request: httpx.Request) -> httpx.Response:
    """Answer one control request.

    POST /_sim/faults (a fault or a list of them), DELETE /_sim/faults, POST /_sim/act ({"act": "approve", ...}: the
    arguments of the method of that name), POST /_sim/sessions/end, GET /_sim/ledger?since=, GET /_sim/stats,
    GET /_sim/dump?entity=&after=&max=.
    """
    path, query = request.url.path, request.url.params
    try:
        match request.method, path:
            case "POST", "/_sim/faults":
                planned = decode(request.content)
                for fault in planned if isinstance(planned, list) else [planned]:
                    sim.faults.add(Fault(**fault))
                return _reply({}, 201)
            case "DELETE", "/_sim/faults":
                sim.faults.clear()
                return _reply({})
            case "POST", "/_sim/act":
                return _reply({"result": act(sim, decode(request.content))})
            case "POST", "/_sim/sessions/end":
                sim.end_sessions()
                return _reply({})
            case "GET", "/_sim/ledger":
                return _reply(sim.ledger(int(query.get("since", "0"))))
            case "GET", "/_sim/stats":
                return _reply(sim.stats())
            case "GET", "/_sim/dump":
                size = min(int(query.get("max", "10000")), 50_000)
                found = sim.dump_page(query.get("entity", ""), int(query.get("after", "0")), size)
                rows = [{"seq": seq, "organizationId": place, **body} for seq, place, body in found]
                return _reply({"rows": rows, "next": rows[-1]["seq"] if len(rows) == size else None})
    except KeyError as error:
        return _reply({"message": f"not found: {error}"}, 404)
    except (ValueError, TypeError, ArithmeticError) as error:
        return _reply({"message": str(error)}, 400)
    return _reply({"message": "unknown control endpoint"}, 404)
