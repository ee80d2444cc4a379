"""Create and change one or many: bean validation first, then each item's rules, then all writes or none."""

from collections.abc import Callable, Sequence

from integrations.systems.bill.simulator.call import Call
from integrations.systems.bill.simulator.checks import Checks
from integrations.systems.bill.simulator.errors import Refusal, invalid, not_found, rolled_back
from integrations.systems.bill.simulator.rows import Row
from integrations.systems.bill.simulator.wire import Json

Check = Callable[[Checks, Json, str], None]


def bulk(
    call: Call,
    items: Sequence[Json],
    check: Check,
    build: Callable[[Json], Row],
    store: Callable[[list[Row]], None],
) -> list[Row]:
    """Build and store every item, or none.

    400 with all validation messages; a broken rule: one error an item, BDC_1246 for those without fault of their own.
    """
    checks = Checks()
    for index, item in enumerate(items):
        check(checks, item, f"[{index}].")
    if checks.messages:
        raise invalid(checks.messages)
    rows: list[Row] = []
    failed: dict[int, Refusal] = {}
    for index, item in enumerate(items):
        try:
            rows.append(build(item))
        except Refusal as refusal:
            failed[index] = refusal
    if call.partial_bulk and not failed:
        failed[len(items) - 1] = not_found(rows.pop().id)
    if failed:
        if call.partial_bulk:
            store(rows)
        status = next(iter(failed.values())).status
        errors = [failed[index].items[0] if index in failed else rolled_back() for index in range(len(items))]
        raise Refusal(status, errors, keeps_writes=call.partial_bulk)
    store(rows)
    return rows


def single(item: Json, check: Check, build: Callable[[Json], Row]) -> Row:
    """The row for one item; its refusals as they are."""
    checks = Checks()
    check(checks, item, "")
    if checks.messages:
        raise invalid(checks.messages)
    return build(item)


def ids_of(call: Call) -> list[str]:
    """The `ids=a,b` of a bulk archive or restore."""
    ids = [key for key in call.query.get("ids", "").split(",") if key]
    if not ids:
        raise invalid(["ids: must not be empty"])
    return ids


def set_archived(call: Call, row: Row, archived: bool) -> bool:
    """Archive or restore; a repetition changes nothing. True when something changed."""
    if row.body["archived"] is archived:
        return False
    row.body["archived"] = archived
    call.world.rows.save(row)
    return True
