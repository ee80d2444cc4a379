"""Lists ask the database a constant and small number of questions, however many rows they show."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.models import Answer
from tenants.scope import tenant_scope
from tests.factories import Cast
from tests.integrations.factories import Desk
from tests.integrations.web.test_plans import plan_of

LISTS = (
    "/records/",
    "/records/?q=inv",
    "/review/",
    "/review/?q=inv",
    "/review/?q=inv+supplier",
    "/review/proposals/",
    "/runs/",
    "/plan/",
)


def asked(client: Client, path: str) -> int:
    """Queries for our own rows; session, sign-in and scope come on top of any page."""
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return sum('"integrations_' in query["sql"] or "FROM integrations_" in query["sql"] for query in seen)


def fill(desk: Desk, cast: Cast, count: int) -> str:
    """So many held records with a proposal each, runs and lines of a plan; where the plan's lines are."""
    items = [desk.record("held", code="no_due_date") for _ in range(count)]
    with tenant_scope(desk.tenant_id):
        Answer.objects.bulk_create(
            Answer(
                item=item,
                code="no_due_date",
                choice="send",
                reason="x",
                fingerprint=item.source.fingerprint,
                status="proposed",
                made_by=cast.colleague,
                made_at=timezone.now(),
            )
            for item in items
        )
    for _ in range(count):
        desk.run(taken=1, counts={"created": 1})
    return f"/plans/{plan_of(desk, *((item, 'hold', 'x') for item in items)).uuid}/?entity=invoice&kind=hold&code=x"


@pytest.mark.parametrize("path", LISTS)
def test_more_rows_are_no_more_questions(owner: Client, cast: Cast, desk: Desk, path: str) -> None:
    few_lines = fill(desk, cast, 2)
    few = asked(owner, few_lines if path == "/plan/" else path)
    more_lines = fill(desk, cast, 12)
    more = asked(owner, more_lines if path == "/plan/" else path)
    assert more <= few + 1
    assert more <= (10 if "q=" in path else 8)  # a search asks for the words' records, and for what the page is of them
