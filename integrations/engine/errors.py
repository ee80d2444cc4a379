"""What can go wrong, grouped by what happens next.

    SyncError
    ├── Retryable         provably not processed: wait `after` seconds and do it again
    │   ├── Stale         the record changed between our read and our write: read and decide it again, alone
    │   └── Aside         this record alone cannot go now: the others do, and it comes again later
    ├── OutcomeUnknown    a write may have been processed: only the resolver may touch its intent
    │   └── Underway      it was accepted as a job: the resolver asks for the result when it is due
    ├── Rejected          the data is refused: a person decides, in the review queue
    └── ConnectionBroken  nothing works until a person mends the connection: stop the flow, tell the tenant

Anything else that is raised is a bug of ours: the record is held with code `internal` and the run goes on.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer a person may give to a problem: a stable `key`, what it says on the button, who may give it.

    `act` names a row of the table of roles (work, ignore, override, payee ...). The answer takes a reason.
    """

    key: str
    label: str
    act: str = "work"


@dataclass(frozen=True, slots=True)
class Sides:
    """One field on both sides, as text for people: as the ERP has it, as was agreed last, as the target has it now."""

    field: str
    ledger: str
    agreed: str
    target: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why a record cannot go, for a person: stable `code`, plain `message`, `field` and `value` at fault.

    `blocker` is (kind, key) when supplying that one thing (a mapping, a link) frees the record by itself.
    `urgent` puts it on top of the review queue (money may be paid wrongly). `choices` are what a person may answer;
    an answer counts while the source record and `subject` (what exactly was asked about) stay the same. `once`: one
    review item for all records with this code and value, not one each. `sides`: what differs, to be compared.
    """

    code: str
    message: str
    field: str = ""
    value: str = ""
    blocker: tuple[str, str] | None = None
    urgent: bool = False
    choices: tuple[Choice, ...] = ()
    subject: str = ""
    once: bool = False
    sides: tuple[Sides, ...] = ()


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


class Stale(Retryable):
    """The record on the other side is not the one we decided about any more; nothing was written."""

    def __init__(self, message: str, *, code: str = "stale_version", detail: str = "") -> None:
        super().__init__(message, code=code, after=0.0, detail=detail)


class Aside(Retryable):
    """What this one record needs cannot be had now; nothing was written. The wait doubles with each try."""

    def __init__(self, message: str, *, code: str, after: float = 60.0, detail: str = "") -> None:
        super().__init__(message, code=code, after=after, detail=detail)


class OutcomeUnknown(SyncError):
    """A write was sent and its answer is lost or unreadable: it may have been processed."""

    def __init__(self, message: str, *, code: str = "outcome_unknown", detail: str = "") -> None:
        super().__init__(message, code=code, detail=detail)


class Underway(OutcomeUnknown):
    """The other side took the writes as `job` and works on them; ask for the result in `after` seconds."""

    def __init__(self, message: str, *, job: str, after: float, code: str = "underway", detail: str = "") -> None:
        super().__init__(message, code=code, detail=detail)
        self.job, self.after = job, after


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
