"""Writes of many items: each is judged alone, and the answer is one result an item, at once or as a job."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import uuid4

from integrations.systems.avidxchange.simulator.call import Answer, Call
from integrations.systems.avidxchange.simulator.errors import invalid, missing, problem
from integrations.systems.avidxchange.simulator.wire import Json

_OWN = ("Id", "LastModifiedDate")
_COUNTS = {"Insert": "Inserts", "Update": "Updates", "NoUpdate": "NoUpdates", "": "Errors"}


def _nothing(call: Call, item: Json) -> list[str]:
    return []


@dataclass(frozen=True)
class ItemKind:
    """What one kind of item must be like.

    keys: the fields that name it, the last one is its ExternalCode in results. limits: characters of text fields,
    `Address.City` is inside Address. shared: known to all accounting systems of the customer. whole: an item replaces
    the stored one; otherwise fields not sent stay.
    """

    name: str
    keys: tuple[str, ...]
    required: tuple[str, ...]
    limits: Mapping[str, int]
    check: Callable[[Call, Json], list[str]] = _nothing
    shared: bool = False
    whole: bool = False

    def place(self, call: Call) -> str:
        """Where items of the call belong."""
        acct = call.acct
        return call.customer.id if self.shared else acct

    def problems(self, call: Call, item: Json) -> list[str]:
        """Everything that is wrong with an item, in words."""
        found = [f"{name} is required." for name in self.required if not str(item.get(name) or "").strip()]
        for path, limit in self.limits.items():
            value = _at(item, path)
            if value is not None and not isinstance(value, str):
                found.append(f"{path} must be text.")
            elif len(value or "") > limit:
                found.append(f"{path} must not be longer than {limit} characters.")
        return found or self.check(call, item)


def _at(item: Json, path: str) -> object:
    head, _, tail = path.partition(".")
    value = item.get(head)
    return value.get(tail) if tail and isinstance(value, dict) else None if tail else value


def upsert(call: Call, kind: ItemKind) -> Answer:
    """Insert or update every item of the body {"BatchId", "Items"}; 413 for too many."""
    body = call.object()
    items = body.get("Items")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise invalid("Items must be a list of objects.")
    if len(items) > call.config.max_items:
        raise problem(413, "RequestTooLarge", f"At most {call.config.max_items} items may be sent at once.")
    as_job = call.manners.write_answer == "job"
    apply = call.manners.job_applied or not as_job
    place = kind.place(call)
    results = [_result(call, kind, place, item, apply) for item in items]
    counts = Counter(_COUNTS[result["Action"] or ""] for result in results)
    summary = {name: counts[name] for name in ("Inserts", "Updates", "Deletes", "NoUpdates", "Errors")}
    if as_job:
        return _queue(call, body.get("BatchId"), results, summary)
    status = call.manners.refusal_status if counts["Errors"] else 200
    return Answer({"Results": results}, status)


def _result(call: Call, kind: ItemKind, place: str, item: Json, apply: bool) -> Json:
    keys = {name: item.get(name) for name in kind.keys}
    code = keys[kind.keys[-1]]
    problems = kind.problems(call, item)
    if problems:
        errors = [{"Message": text} for text in problems]
        return {"ExternalCode": code, "Successful": False, "Action": None, "Item": keys, "Errors": errors}
    key = "\x1f".join(str(value) for value in keys.values())
    stored = call.rows.get(place, kind.name, key)
    new = dict(item) if kind.whole or stored is None else {**stored, **item}
    new = {name: value for name, value in new.items() if name not in _OWN}
    if stored is None:
        action, number = "Insert", call.rows.next_id(kind.name)
    else:
        same = new == {name: value for name, value in stored.items() if name not in _OWN}
        action, number = "NoUpdate" if same else "Update", stored["Id"]
    if apply and action != "NoUpdate":
        call.rows.put(place, kind.name, key, {"Id": number, **new})
    return {"ExternalCode": code, "Successful": True, "Action": action, "Item": {"Id": number, **keys}, "Errors": []}


def _queue(call: Call, batch: object, results: list[Json], summary: Json) -> Answer:
    failed = summary["Errors"]
    end = "Success" if not failed else "Error" if failed == len(results) else "PartialSuccess"
    key = str(uuid4())
    polls = call.manners.job_polls
    job = {"JobId": key, "BatchId": batch, "Results": results, **summary, "End": end, "Polls": polls, "Seen": 0}
    call.rows.put(call.customer.id, "jobs", key, job)
    location = call.manners.href(call.manners.hrefs, call.base, f"/v1/jobs/{key}")
    return Answer({"JobId": key, "Status": "Queued"}, 202, headers={"location": location})


def job(call: Call) -> Answer:
    """GET /v1/jobs/{job}: queued first, then running, then with its results; every look brings it on."""
    key = call.parts["job"]
    row = call.rows.get(call.customer.id, "jobs", key)
    if row is None:
        raise missing(f"Job {key}")
    seen, polls = row["Seen"], row["Polls"]
    call.rows.put(call.customer.id, "jobs", key, {**row, "Seen": seen + 1})
    if polls is None or seen < polls:
        status = "Running" if seen else "Queued"
        return Answer({"JobId": key, "BatchId": row["BatchId"], "Status": status})
    hidden = ("End", "Polls", "Seen", "LastModifiedDate")
    shown = {name: value for name, value in row.items() if name not in hidden}
    return Answer({**shown, "Status": row["End"]})
