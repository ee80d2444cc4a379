"""AvidXchange's refusals by what happens next: of the application, of its WSO2 gateway, as JSON, XML or a web page.

https://apim.docs.wso2.com (error handling): 9008xx too many requests, 900901 to 900903 who are you, 900906 no such
resource, 900908 and 900910 not allowed. Its XML is searched, not parsed.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from integrations.engine.errors import ConnectionBroken, Problem, Rejected, Retryable, Stale, SyncError
from integrations.systems.avidxchange.cards import masked
from integrations.systems.avidxchange.wire import Tree, first, lowered, many
from integrations.transport import verdict
from integrations.transport.answer import Answer
from integrations.transport.auth import SignInExpired
from integrations.transport.kit import Budget
from integrations.transport.redact import one_line, redact
from integrations.transport.retry import pause, retry_after

WRONG_PATH = "wrong_path"
TOO_BIG = "too_big"
_WHO = range(900901, 900904)
_NO_RESOURCE = 900906
_NOT_ALLOWED = (900908, 900910)
_THROTTLED = range(900800, 900900)
_LONGEST_WAIT = 300.0
_SAID = 200  # characters of their words in a message
_XML_CODE = re.compile(rb"<(?:\w+:)?code>\s*(\d{6})\s*</")
_CODES = ("fault.code", "code")
_MESSAGES = ("fault.description", "fault.message", "exception.detail", "exception.reason", "detail", "reason")
_MORE_MESSAGES = ("error_description", "message", "error")


class Answered(Rejected):
    """A refusal that says of each item what became of it: whoever sent the items reads `tree`."""

    def __init__(self, message: str, tree: Tree, detail: str) -> None:
        super().__init__(message, code="rejected", detail=detail)
        self.tree = tree


@dataclass(frozen=True, slots=True)
class Fault:
    """What an error's body says: the gateway's code (0: none), the words, the whole tree where it is JSON."""

    code: int
    words: str
    tree: Tree


def fault(answer: Answer) -> Fault:
    """The fault in a body of any shape; an empty one for what says nothing. Never raises."""
    try:
        tree = lowered(answer.peek(dict) or {})
    except ValueError:
        tree = {}
    found = _XML_CODE.search(answer.body[:65_536])
    code = str(first(tree, _CODES) or (found[1].decode() if found else ""))
    words = first(tree, (*_MESSAGES, *_MORE_MESSAGES, "errors.message"))
    return Fault(int(code) if re.fullmatch(r"\d{1,9}", code, re.ASCII) else 0, said(words, answer.secrets), tree)


def said(words: Any, secrets: tuple[str, ...] = ()) -> str:
    """Their words, fit for a person's screen: short, on one line, no secret, no card number."""
    return masked(one_line(redact(str(words or ""), secrets)))[:_SAID].strip()


class Classifier:
    """What an answer means: a SyncError, or None when it is an answer like any other.

    `results` is where a write's answer lists its items; `secrets()` are the tokens that it may repeat. Closes `budget`
    when the gateway says "too many".
    """

    def __init__(
        self, budget: Budget, now: Callable[[], datetime], results: str, secrets: Callable[[], tuple[str, ...]]
    ) -> None:
        self._budget, self._now, self._results, self._secrets = budget, now, results, secrets

    def __call__(self, answer: Answer, is_write: bool) -> SyncError | None:
        if answer.status < 400:
            return None
        answer = replace(answer, secrets=(*answer.secrets, *self._secrets()))
        found = fault(answer)
        if answer.status == 429 or found.code in _THROTTLED:
            return self._too_many(answer)
        ours = _who_or_where(answer, found) or self._data(answer, found, is_write)
        return ours or verdict.meaning(answer, self._now())

    def _too_many(self, answer: Answer) -> Retryable:
        """Nothing was processed, whatever the status."""
        asked = retry_after(answer.headers, self._now())
        after = asked if asked is not None else pause(4, cap=_LONGEST_WAIT)
        self._budget.close_for(after)
        words = f"{answer.host} asks to slow down. It is tried again by itself."
        return Retryable(words, code="too_many_requests", after=after, detail=answer.text())

    def _data(self, answer: Answer, found: Fault, is_write: bool) -> SyncError | None:
        """What is refused because of what was sent; 404, 5xx and the rest are the table's business."""
        status, detail = answer.status, answer.text()
        if status == 409 and is_write:
            return Stale("AvidXchange is changing this record just now. It is read and decided again.", code="conflict")
        if status == 413:
            return Rejected("AvidXchange finds this request too big.", code=TOO_BIG, detail=detail)
        if status in (400, 422):
            words = f"AvidXchange refuses this: {found.words}" if found.words else "AvidXchange refuses this."
            if is_write and many(first(found.tree, (self._results,))):
                return Answered(words, found.tree, detail)
            return Rejected(words, problems=(Problem("rejected", words),), detail=detail)
        return None


def _who_or_where(answer: Answer, found: Fault) -> SyncError | None:
    """Credentials, rights and addresses: what a person mends, after one new token."""
    if answer.status == 401 or found.code in _WHO:
        return SignInExpired(answer.host, detail=answer.text())
    if answer.status == 403 or found.code in _NOT_ALLOWED:
        words = "AvidXchange does not allow this. Ask AvidXchange to grant the connection the right to it."
        return ConnectionBroken(words, code="forbidden", detail=answer.text())
    if found.code == _NO_RESOURCE:
        return no_such_address(answer, "this request")
    return None


def no_such_address(answer: Answer, what: str) -> ConnectionBroken:
    """An address of the profile that leads nowhere."""
    words = f"AvidXchange has no address for {what}: it is not available with this API profile. Correct the profile."
    return ConnectionBroken(words, code=WRONG_PATH, detail=masked(answer.text()))
