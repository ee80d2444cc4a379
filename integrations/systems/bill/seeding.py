"""Makes accounts and classification values on BILL, where a tenant allows it and to rehearse a go-live.

https://developer.bill.com/reference/createchartofaccounts
"""

from collections.abc import Sequence

from integrations.engine.records import Dimension, GLAccount
from integrations.systems.bill import drafts, records, wire
from integrations.systems.bill.lists import envelope
from integrations.systems.bill.resources import ACCOUNTS, BY_KIND, Resource
from integrations.transport.client import ApiClient


def create_accounts(api: ApiClient, accounts: Sequence[GLAccount]) -> list[GLAccount]:
    """Chart-of-accounts entries with these numbers and names, 50 a request; gives them as BILL stored them.

    `kind` is BILL's account type in lower case, EXPENSE when empty. Raises as any write.
    """
    bodies: list[drafts.Json] = [
        {"name": each.name, "account": {"type": each.kind.upper() or "EXPENSE", "number": each.number}}
        for each in accounts
    ]
    return [records.account(row) for row in _create(api, ACCOUNTS, bodies)]


def create_dimensions(api: ApiClient, values: Sequence[Dimension]) -> list[Dimension]:
    """Departments, locations, classes or jobs (all of one `kind`); their `value` becomes the short name."""
    if not values:
        return []
    resource = BY_KIND[values[0].kind]
    bodies: list[drafts.Json] = [{"name": each.name or each.value, "shortName": each.value} for each in values]
    return [records.dimension(row, resource.kind) for row in _create(api, resource, bodies)]


def _create(api: ApiClient, resource: Resource, bodies: Sequence[drafts.Json]) -> list[wire.WireClassification]:
    found: list[wire.WireClassification] = []
    for start in range(0, len(bodies), resource.bulk):
        answer = api.send("POST", f"{resource.path}/bulk", json=bodies[start : start + resource.bulk])
        _, rows = answer.page(envelope(resource.row, resource.wrapper), resource.row, resource.wrapper)
        found += [row for row in rows if isinstance(row, wire.WireClassification)]
    return found
