"""What can go wrong, grouped by what happens next.

    SyncError
    ├── Retryable         provably not processed: wait `after` seconds and do it again
    ├── OutcomeUnknown    a write may have been processed: only the resolver may touch its intent
    ├── Rejected          the data is refused: a person decides, in the review queue
    └── ConnectionBroken  nothing works until a person mends the connection: stop the flow, tell the tenant

Anything else that is raised is a bug of ours: the record is held with code `internal` and the run goes on.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why a record cannot go, for a person: stable `code`, plain `message`, `field` and `value` at fault.

    `blocker` is (kind, key) when supplying that one thing (a mapping, a link) frees the record by itself.
    `urgent` puts it on top of the review queue (money may be paid wrongly).
    """

    code: str
    message: str
    field: str = ""
    value: str = ""
    blocker: tuple[str, str] | None = None
    urgent: bool = False


class SyncError(Exception):
    """Base of all expected failures. `code` is stable and may be shown; `message` tells an AP clerk what to do."""

    def __init__(self, message: str, *, code: str, detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.detail = detail  # what the vendor answered, redacted and shortened; never a secret


class Retryable(SyncError):
    """The request was provably not processed. `after` is the wait in seconds; None means by the usual back-off."""

    def __init__(self, message: str, *, code: str = "retryable", after: float | None = None, detail: str = "") -> None:
        super().__init__(message, code=code, detail=detail)
        self.after = after


class OutcomeUnknown(SyncError):
    """A write was sent and its answer is lost or unreadable: it may have been processed."""

    def __init__(self, message: str, *, code: str = "outcome_unknown", detail: str = "") -> None:
        super().__init__(message, code=code, detail=detail)


class Rejected(SyncError):
    """The other side (or our own rules) refuses this data; nothing was written. `problems` says all reasons at once."""

    def __init__(
        self, message: str, *, code: str = "rejected", problems: tuple[Problem, ...] = (), detail: str = ""
    ) -> None:
        super().__init__(message, code=code, detail=detail)
        self.problems = problems or (Problem(code, message),)


class ConnectionBroken(SyncError):
    """Credentials, rights, address or profile are wrong: no record can pass until a person mends the connection."""

    def __init__(self, message: str, *, code: str = "connection_broken", detail: str = "") -> None:
        super().__init__(message, code=code, detail=detail)
