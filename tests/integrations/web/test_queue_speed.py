"""The queue with a hundred thousand open items: few questions in pages and API, times told; 10,000 retried at once."""

import time
from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.test import Client

from integrations.models import OutboxItem, ReviewItem
from integrations.store import bulk
from tenants.scope import tenant_scope
from tests.integrations.factories import Desk
from tests.integrations.web.test_admin_lists import MANY, asked, seed

FEW = 10  # questions to the database
TRIES = 5  # the quickest counts: the machine that measures does other things too
DEEP = quote("1_2027-01-01_-100.000000_50000")
PLACES = (
    *("/review/", "/review/?owner=me", "/review/?sort=amount", "/review/?sort=oldest", f"/review/?after={DEEP}"),
    *(
        "/review/?code=no_due_date&currency=USD&least=100&most=200",
        "/review/?assignee=nobody&age=1",
        "/review/?urgent=on",
    ),
    *("/review/?q=inv-50000", "/review/reasons/", "/api/v1/review-items/", "/api/v1/review-items/?order=risk"),
    *("/api/v1/review-items/?owner=clerk&order=due", "/api/v1/review-items/causes/"),
)


@pytest.mark.slow
def test_the_queue_is_there_soon_with_a_hundred_thousand_open_items(
    owner: Client, clerk: Client, desk: Desk, tell: Callable[[str], None]
) -> None:
    seed(desk, MANY)
    taken = {place: min(_seconds(owner, place) for _ in range(TRIES)) for place in PLACES}
    questions = {place: asked(owner, place)[0] for place in PLACES}
    start = time.perf_counter()
    clerk.post("/review/retry/", {"every": "on", "code": "no_due_date"})
    retried = time.perf_counter() - start
    tell(f"queue of {MANY:,}: {taken}; questions {questions}; 10,000 retried in {retried:.1f} s")
    assert {place: n for place, n in questions.items() if n > FEW} == {}
    with tenant_scope(desk.tenant_id):
        ready = OutboxItem.objects.filter(state="ready").count()
        assert bulk.MOST * 0.99 <= ready <= bulk.MOST  # those that are being looked up are left
        assert ReviewItem.objects.filter(status="resolved", resolution="retried").count() == ready


def _seconds(client: Client, place: str) -> float:
    start = time.perf_counter()
    assert client.get(place).status_code == 200, place
    return time.perf_counter() - start
