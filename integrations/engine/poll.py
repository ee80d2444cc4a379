"""Read what changed and stage it, page by page."""

from collections.abc import Callable

from integrations.engine.ports import Scope, Source, Store
from integrations.engine.records import Entity


def poll(source: Source, entity: Entity, scope: Scope, store: Store, time_is_up: Callable[[], bool]) -> bool:
    """Stage pages after the stored cursor until the scan ends (True) or time is up (False: go on from the cursor).

    Retryable and ConnectionBroken are left to the caller: what was staged stands, the cursor with it.
    """
    for page in source.read(entity, store.cursor(), scope):
        store.stage(page)
        if not page.more:
            return True
        if time_is_up():
            return False
    return True
