"""One request under way: its total deadline and whether its first byte has left, known to the socket that sends it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar["Exchange | None"] = ContextVar("exchange", default=None)


class Exchange:
    """`before_first_byte` may raise to keep the request from leaving; `sent` turns True right after it let go."""

    __slots__ = ("_before_first_byte", "_ends", "sent")

    def __init__(self, seconds: float, before_first_byte: Callable[[], None]) -> None:
        self._ends = time.monotonic() + seconds
        self._before_first_byte = before_first_byte
        self.sent = False

    def left(self) -> float:
        """Seconds until the deadline, zero when it has passed."""
        return max(0.0, self._ends - time.monotonic())

    def start(self) -> None:
        """Called by whoever puts bytes on the wire, before each of them."""
        if not self.sent:
            self._before_first_byte()
            self.sent = True

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Makes this the exchange that the sockets of this thread obey."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)


def current() -> Exchange | None:
    """The exchange that this thread is in."""
    return _current.get()
