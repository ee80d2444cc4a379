"""BILL's refusals by what happens next. The BDC code decides, then the status; the text never does.

BILL answers an array of errors; its gateway may answer an object or HTML; all of them are read here.
https://developer.bill.com/docs/common-api-error-codes  https://developer.bill.com/v3/docs/api-rate-limits
"""

import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from integrations.engine.errors import ConnectionBroken, OutcomeUnknown, Problem, Rejected, Retryable, SyncError
from integrations.transport.answer import Answer
from integrations.transport.auth import SignInExpired
from integrations.transport.kit import Budget

SESSION_INVALID = "BDC_1109"
CONCURRENT = "BDC_1322"
HOURLY = "BDC_1144"
LOCKED_OUT = "BDC_1107"
DUPLICATE = "BDC_1171"
ROLLED_BACK = "BDC_1246"
UNTRUSTED = "BDC_1361"
WRONG_PATH = "BDC_1121"
NO_SUCH_RECORD = {"BDC_1120", "BDC_1205"}
BAD_FILTER = {"BDC_1130", "BDC_1131"}
LOCK_OUT_SECONDS = 900.0

# code -> (our code, what the person does). None of these is ever tried again: BILL locks logins out.
BROKEN = {
    "BDC_1101": (
        "wrong_credentials",
        "BILL refuses this user name or password (or token). Check both, and that they are of this environment.",
    ),
    "BDC_1102": (
        "developer_key",
        "BILL does not know this developer key. Copy it again, and check that it is of this environment.",
    ),
    "BDC_1103": ("developer_key", "This developer key is not active. Activate it in BILL or enter another one."),
    "BDC_1104": ("developer_terms", "The developer terms are not accepted. Accept them in BILL for this key."),
    "BDC_1105": ("api_off", "API access is off for this organization. Have an administrator turn it on in BILL."),
    "BDC_1110": ("login_locked", "BILL has locked this login. Unlock it in BILL, then ping again."),
    "BDC_1111": ("login_inactive", "This login is not an active user of BILL. Activate it or enter another one."),
    "BDC_1113": ("login_refused", "BILL refuses the sign-in. Check the login in BILL's web page, then ping again."),
    "BDC_1123": ("organization", "BILL does not know this organization ID for this login. Copy it again."),
    UNTRUSTED: (
        "untrusted",
        "BILL allows this only after a second factor. A new sign-in does not help; use a remembered sign-in.",
    ),
    WRONG_PATH: ("wrong_path", "BILL does not know the address asked for. Check the connection's environment."),
}

_FIELD = re.compile(r"^\s*([A-Za-z_][\w.\[\]]{0,80}):\s+(.*)$", re.DOTALL)
_EMPTY = re.compile(r"must not be (?:blank|null|empty)|is required", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One error of an answer: its code ("" for validation errors, which have none) and BILL's text."""

    code: str
    message: str


def refusals(body: bytes) -> tuple[Refusal, ...]:
    """The errors in an answer's body: of the array, of an object, or none of what is not BILL's JSON. Never raises."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return ()
    if isinstance(found, dict):
        inner = found.get("errors")
        found = inner if isinstance(inner, list) else [found]
    if not isinstance(found, list):
        return ()
    return tuple(
        Refusal(str(item.get("code") or ""), str(item.get("message") or "")) for item in found if isinstance(item, dict)
    )


def reasons(found: Sequence[Refusal]) -> tuple[Problem, ...]:
    """The reasons for a person. Items that BILL only rolled back with their bulk give none of their own."""
    own = [refusal for refusal in found if refusal.code != ROLLED_BACK] or list(found)
    return tuple(dict.fromkeys(_reason(refusal) for refusal in own))


def _reason(refusal: Refusal) -> Problem:
    if refusal.code == DUPLICATE:
        return Problem("duplicate_number", "BILL already has this number for this vendor.", "number")
    if refusal.code == ROLLED_BACK:
        return Problem("rolled_back", "BILL refused another record of the same request.")
    if refusal.code in NO_SUCH_RECORD:
        return Problem(
            "not_found", "BILL does not know an id in this record; it may have been removed or renamed there."
        )
    match = _FIELD.match(refusal.message)
    if match and _EMPTY.search(match[2]):
        return Problem("field_missing", f"BILL needs a value for {match[1]}.", match[1])
    if match:
        return Problem("field_refused", f"BILL does not accept the value of {match[1]}.", match[1])
    return Problem(refusal.code.lower() or "rejected", "BILL refuses this record; its own words are in the details.")


class Classifier:
    """What a BILL answer means: a SyncError, or None to leave it to the transport's table of statuses.

    Closes the budgets when BILL says "too many": `developer` counts under the developer key (None for sign-ins, whose
    own allowance may be used up while requests still pass), `lanes` under key and organization. `now` is aware UTC.
    """

    def __init__(self, developer: Budget | None, lanes: Budget, now: Callable[[], datetime]) -> None:
        self._developer = developer
        self._lanes = lanes
        self._now = now

    def __call__(self, answer: Answer, is_write: bool) -> SyncError | None:
        if answer.status < 400:
            return None
        found = refusals(answer.body)
        codes = {refusal.code for refusal in found}
        return self._limit(answer, codes) or _broken(answer, codes) or _by_status(answer, found, codes, is_write)

    def _limit(self, answer: Answer, codes: set[str]) -> SyncError | None:
        """BILL's limits and lock-outs: nothing was processed, whatever the status."""
        if CONCURRENT in codes:
            return Retryable(
                "BILL is busy with other requests of this organization.",
                code="concurrent_limit",
                after=random.uniform(1, 8),  # noqa: S311 - spreads load, guards nothing
                detail=answer.text(),
            )
        if HOURLY in codes:
            wait = self._until_next_hour()
            if self._developer is not None:
                self._developer.close_for(wait)
            return Retryable(
                "The hourly allowance of this developer key is used up; it goes on in the next hour.",
                code="hourly_limit",
                after=wait,
                detail=answer.text(),
            )
        if LOCKED_OUT in codes or answer.status == 423:
            self._lanes.close_for(LOCK_OUT_SECONDS)
            return Retryable(
                "BILL has locked the organization for some minutes.",
                code="locked_out",
                after=LOCK_OUT_SECONDS,
                detail=answer.text(),
            )
        return None

    def _until_next_hour(self) -> float:
        now = self._now()
        hour = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        return (hour - now).total_seconds() + random.uniform(1, 60)  # noqa: S311 - spreads load, guards nothing


def _broken(answer: Answer, codes: set[str]) -> SyncError | None:
    """What only a person can mend; and a session that ended, which one new sign-in mends."""
    for code in codes & BROKEN.keys():
        ours, advice = BROKEN[code]
        return ConnectionBroken(advice, code=ours, detail=answer.text())
    if SESSION_INVALID in codes:
        return SignInExpired(answer.host, detail=answer.text())
    if answer.status == 403:
        return ConnectionBroken(
            "This BILL login may not do that. Have an administrator grant it the right, or use another login.",
            code="forbidden",
            detail=answer.text(),
        )
    return None


def _by_status(answer: Answer, found: tuple[Refusal, ...], codes: set[str], is_write: bool) -> SyncError | None:
    """4xx with a known or unknown code: the data is refused. 401, 429 and 5xx are the transport's table's business."""
    if answer.status in (401, 429) or answer.status >= 500:
        return None
    if answer.status == 404 and not is_write:
        return None
    if answer.status == 404 and not codes & NO_SUCH_RECORD:
        return OutcomeUnknown(  # no word of BILL's: some gateway's, before or after BILL
            "BILL's gateway does not know what was sent. What became of it is looked up by itself.",
            code="wrong_path",
            detail=answer.text(),
        )
    problems = reasons(found) or (Problem("rejected", "BILL refuses this record; its own words are in the details."),)
    code = "bad_filter" if codes & BAD_FILTER else problems[0].code
    return Rejected(problems[0].message, code=code, problems=problems, detail=answer.text())
