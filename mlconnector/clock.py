"""Celery's clock, which also says that it ticks: a silent beat and a silent worker are told apart."""

import time
from typing import Any

import structlog
from celery.beat import PersistentScheduler
from django.db import DatabaseError, close_old_connections

from integrations.runner import dispatch

EVERY = 5.0  # seconds
log = structlog.get_logger(__name__)


class Clock(PersistentScheduler):
    """Notes its own heartbeat; a database that is away costs the note, never a tick."""

    _noted = float("-inf")

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Hand out what is due; seconds until the next time."""
        if time.monotonic() - self._noted >= EVERY:
            self._noted = time.monotonic()
            try:
                close_old_connections()
                dispatch.alive("beat")
            except DatabaseError as error:
                log.warning("heartbeat_not_noted", error=type(error).__name__)
        wait: float = super().tick(*args, **kwargs)
        return wait
