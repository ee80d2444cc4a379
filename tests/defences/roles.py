"""Defence: who may do what. The table of roles, tried out: by the pages, the API and the admin, judged by the rows.

Each act is tried by a person with one role; what counts is whether the tenant's rows changed, not the answer alone.
"""

from collections.abc import Iterable, Iterator

from django.test import Client

from tenants.models import Role
from tests.defences.proposals import key_of
from tests.defences.stranger import ask, body_of
from tests.defences.table import API_KEY
from tests.defences.trials import mapping, people, setting_up, working
from tests.factories import Cast, join, person, signed_in
from tests.integrations.factories import Desk

READING = (
    *("/", "/connections/", "/integrations/", "/runs/", "/records/", "/records.csv", "/review/", "/mappings/"),
    *("/audit/exports/", "/audit/exports/overrides/", "/audit/exports/random-records.csv"),
    *("/api/v1/exports/", "/api/v1/exports/payees/", "/api/v1/exports/vouchers/file/", "/api/v1/statements/"),
    *("/audit/", "/settings/", "/settings/members/", "/admin/", "/admin/integrations/glmapping/"),
    *(
        "/api/v1/status/",
        "/api/v1/connections/",
        "/api/v1/connection-changes/",
        "/api/schema/",
        "/api/v1/integrations/",
        "/api/v1/flows/",
    ),
    *("/api/v1/runs/", "/api/v1/records/", "/api/v1/review-items/", "/api/v1/plans/", "/api/v1/audit/"),
    *("/reconciliation/", "/reconciliation/statements/", "/reconciliation/cut-off/", "/api/v1/reconciliation/"),
    *("/settlements/", "/settlements.csv", "/api/v1/settlements/", "/mappings/rule/", "/mappings/files/"),
    *("/review/reasons/", "/api/v1/reasons/", "/api/v1/review-items/causes/"),
    *("/api/v1/gl-mappings/", "/api/v1/field-mappings/", "/api/v1/mapping-sets/", "/api/v1/second-person/"),
    *(
        "/settings/second-person/",
        "/admin/integrations/reviewitem/",
        "/admin/audit/auditentry/",
    ),
    *("/settings/alerts/", "/settings/alerts/log/", "/api/v1/webhooks/"),
)

TRIALS = (*setting_up.TRIALS, *mapping.TRIALS, *working.TRIALS, *people.TRIALS)


def findings(cast: Cast, desk: Desk, roles: Iterable[str] = (*Role.values, API_KEY)) -> list[str]:
    """Every difference from the table, in one sentence each; empty: none."""
    return [finding for role in roles for finding in _of(role, cast, desk)]


def _of(role: str, cast: Cast, desk: Desk) -> Iterator[str]:
    client = key_of(cast, cast.owner) if role == API_KEY else _browser(cast, Role(role))
    for path in READING if role != API_KEY else [path for path in READING if path.startswith("/api/v1/")]:
        answer = ask(client, "get", path)
        body_of(answer)
        if answer.status_code != 200:
            yield f"{role} cannot read {path}: {answer.status_code}"
    for trial in TRIALS:
        done = trial.attempt(client, desk)
        if done != (role in trial.allowed):
            yield f"{role} {'can' if done else 'cannot'} {trial.name}"


def _browser(cast: Cast, role: Role) -> Client:
    user = person()
    join(user, cast.tenant, role)
    client = signed_in(user)
    client.raise_request_exception = False
    return client
