"""How BILL says no: an array of errors, rarely an object.

Vendor page: https://developer.bill.com/docs/common-api-error-codes
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from integrations.systems.bill.simulator.wire import Json, encode, without_empty


@dataclass(frozen=True)
class ErrorItem:
    """One element of the error array; `code` is empty for plain validation messages."""

    message: str
    code: str = ""
    category: str = "DOWNSTREAM"

    def body(self, timestamp: str) -> Json:
        """The element as it is sent."""
        return without_empty(
            {
                "timestamp": timestamp,
                "code": self.code,
                "severity": "ERROR",
                "category": self.category,
                "message": self.message,
            }
        )


class Refusal(Exception):
    """A request that BILL refuses: an HTTP status and one or more error items.

    `keeps_writes`: what was written before stays (the partial-bulk fault); otherwise it is rolled back.
    """

    def __init__(self, status: int, items: Sequence[ErrorItem], *, keeps_writes: bool = False) -> None:
        super().__init__(f"{status} {[item.code or item.message for item in items]}")
        self.status = status
        self.items = tuple(items)
        self.keeps_writes = keeps_writes

    def body(self, timestamp: str) -> bytes:
        """The error array as JSON bytes."""
        return encode([item.body(timestamp) for item in self.items])


def refuse(status: int, code: str, message: str, category: str = "DOWNSTREAM") -> Refusal:
    """A refusal with a single coded error."""
    return Refusal(status, [ErrorItem(message, code, category)])


def invalid(messages: Iterable[str]) -> Refusal:
    """400 with one code-less item a message, as bean validation answers."""
    return Refusal(400, [ErrorItem(message, category="REQUEST") for message in messages])


def session_invalid() -> Refusal:
    """Missing, unknown and expired sessions look alike."""
    return refuse(401, "BDC_1109", "Session is invalid.  Please log in.")


def untrusted() -> Refusal:
    """The call needs a multi-factor session; signing in again does not help."""
    return refuse(403, "BDC_1361", "Untrusted session.")


def not_found(what: str = "") -> Refusal:
    """GET or change of an id that this organization does not have."""
    return refuse(404, "BDC_1205", f"{what} : No data found for the given id.".removeprefix(" : "))


def entity(status: int, message: str) -> Refusal:
    """Data that reads well but breaks a rule (BDC_1143)."""
    return refuse(status, "BDC_1143", message, "APPLICATION")


def rolled_back() -> ErrorItem:
    """What the good items of a refused bulk carry."""
    return ErrorItem("Operation was rolled back because another item of the bulk failed.", "BDC_1246")


def hourly_limit(status: int, allowed: int) -> Refusal:
    """The developer key has used up its clock hour."""
    return refuse(status, "BDC_1144", f"Max number of allowed requests per hour reached: {allowed}.", "REQUEST")


def concurrency_limit(status: int) -> Refusal:
    """More requests in flight than the organization may have."""
    message = "Max number of concurrent requests per organization reached."
    return refuse(status, "BDC_1322", message, "REQUEST")
