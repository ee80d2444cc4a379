"""Control endpoints for tests against a port: ``/_sim/...``. Only there when the configuration says so."""

from typing import TYPE_CHECKING, Any

import httpx
import msgspec

from integrations.systems.ifs.simulator import hands
from integrations.systems.ifs.simulator.answers import Answer, Refusal, json_answer
from integrations.systems.ifs.simulator.faults import Fault
from integrations.systems.ifs.simulator.query import options

if TYPE_CHECKING:
    from integrations.systems.ifs.simulator.simulator import Simulator

PREFIX = "/_sim/"


def answer(simulator: "Simulator", request: httpx.Request, path: str) -> Answer:
    """faults (GET, POST one or a list, DELETE), ledger?since=, stats, dump?entity=, edit, insert, delete (POST).

    POST do: {"act": a name of hands.ACTS, **its arguments}, all rows of the invoice kept in step.
    """
    given = options(request.url.query.decode())
    try:
        return _answer(simulator, request, path.removeprefix(PREFIX), given)
    except (KeyError, ValueError, TypeError) as error:
        return json_answer(400, {"error": f"{type(error).__name__}: {error}"})
    except Refusal as refusal:
        return json_answer(409, {"error": str(refusal.details or refusal)})


def _answer(simulator: "Simulator", request: httpx.Request, name: str, given: dict[str, str]) -> Answer:
    match request.method, name:
        case "GET", "faults":
            return json_answer(200, simulator.faults.shown())
        case "POST", "faults":
            found = msgspec.json.decode(request.content)
            simulator.faults.add(*(Fault(**each) for each in (found if isinstance(found, list) else [found])))
            return json_answer(201, simulator.faults.shown())
        case "DELETE", "faults":
            simulator.faults.clear()
            return Answer(204)
        case "GET", "ledger":
            return json_answer(200, simulator.ledger(int(given.get("since", "0"))))
        case "GET", "stats":
            return json_answer(200, simulator.stats())
        case "GET", "dump":
            return json_answer(200, simulator.rows(given["entity"]))
        case "POST", "edit" | "insert" | "delete":
            return json_answer(200, _user(simulator, name, msgspec.json.decode(request.content, type=dict)))
        case "POST", "do":
            order = msgspec.json.decode(request.content, type=dict)
            act = hands.ACTS[order.pop("act")]
            with simulator.store.transaction():
                return json_answer(200, {"done": act(simulator, **order)})
    return json_answer(404, {"error": "unknown control endpoint"})


def _user(simulator: "Simulator", name: str, body: dict[str, Any]) -> Any:
    match name:
        case "edit":
            return simulator.edit(body["entity"], body["key"], **body["fields"])
        case "insert":
            return simulator.insert(body["entity"], body["row"])
    simulator.delete(body["entity"], body["key"])
    return {}
