"""Two people at the same moment, without luck: the second begins while the first has not committed."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWaiting
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.db import connections

from tenants.scope import tenant_scope

HEAD_START = 0.5  # seconds that the second has while the first is open: enough to pass what does not stop it


def beside(tenant_id: UUID, first: Callable[[], Any], second: Callable[[], Any]) -> Exception | None:
    """Do `first`, and `second` in a transaction of its own before the first one's ends; what the second ran into."""

    def other() -> None:
        try:
            with tenant_scope(tenant_id):
                second()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with tenant_scope(tenant_id):
            first()
            asked: Future[None] = pool.submit(other)
            with suppress(StillWaiting):
                asked.exception(HEAD_START)
        found = asked.exception(30)
    assert found is None or isinstance(found, Exception)
    return found
