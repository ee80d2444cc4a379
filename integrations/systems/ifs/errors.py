"""What an answer of IFS means: by status, then by the code in its envelope; business refusals arrive as 500.

https://docs.ifs.com/techdocs/24r1/040_tailoring/300_extensibility/020_api_explorer/050_responses_and_status_codes/
"""

import re

import msgspec

from integrations.engine.errors import ConnectionBroken, Problem, Rejected, Retryable, SyncError
from integrations.transport.answer import Answer
from integrations.transport.redact import one_line, redact

TOO_SLOW = "operation_timeout"
_PROJECTION = re.compile(r"/([A-Za-z0-9_]+)\.svc/([A-Za-z0-9_$]*)")


class _Text(msgspec.Struct):
    value: str = ""


class _Detail(msgspec.Struct):
    code: str | int | None = None
    message: str | _Text | None = None


class _Error(msgspec.Struct):
    code: str | int | None = None
    message: str | _Text | None = None
    details: list[_Detail] | None = None


class _Envelope(msgspec.Struct):
    error: _Error


class Unsupported(ConnectionBroken):
    """The set refuses a query option (400, 405, 501): a reader may ask in another way."""


def classify(answer: Answer, is_write: bool) -> SyncError | None:
    """The error this answer means; None leaves it to the general table (401, 404, 412, 428, 429 and plain 5xx)."""
    if answer.status < 400 or answer.status in (401, 404, 412, 428, 429):
        return None
    code, said = _said(answer)
    if code == "MI_MODIFIED_ERROR":  # the call was not carried out: IFS asks for the very same one again
        words = "IFS refreshes its metadata. It is tried again by itself."
        return Retryable(words, code="metadata_refreshed", after=2.0, detail=answer.text())
    if answer.status == 403:
        return _forbidden(answer, code)
    if answer.status == 423:
        return Retryable(
            "The record is locked in IFS. It is tried again by itself.", code="locked", detail=answer.text()
        )
    return _write_error(answer, code, said) if is_write else _read_error(answer, code, said)


def place(answer: Answer) -> str:
    """The projection and set an answer is about, for messages."""
    found = _PROJECTION.search(answer.url)
    return f"{found[1]}.svc/{found[2]}".rstrip("/") if found else answer.host


def _forbidden(answer: Answer, code: str) -> ConnectionBroken:
    if code == "CSRF_ERROR":
        words = "IFS treats us as a browser. Check that the IAM client is a confidential one with a service account."
    else:
        words = (
            f"IFS does not allow {place(answer)}. Grant the projection to the permission set of the service user, and "
            "add the company to its Allowed Companies."
        )
    return ConnectionBroken(words, code="forbidden", detail=answer.text())


def _read_error(answer: Answer, code: str, said: str) -> SyncError | None:
    if answer.status in (400, 405, 501):
        words = (
            f"IFS does not understand what we ask of {place(answer)}: {said or code or answer.status}. Check the names "
            "in the API profile."
        )
        return Unsupported(words, code="profile", detail=answer.text())
    if answer.status == 504:
        words = f"{place(answer)} takes too long for so many rows. Fewer are asked for by itself."
        return Retryable(words, code=TOO_SLOW, detail=answer.text())
    return None


def _write_error(answer: Answer, code: str, said: str) -> SyncError | None:
    if (answer.status == 500 and code == "DATABASE_ERROR") or answer.status in (400, 405, 409, 501):
        refusal = said or f"no reason given (status {answer.status})"
        words = f"IFS refused it: {refusal}"
        return Rejected(words, code="refused", problems=(Problem("refused", words),), detail=answer.text())
    return None


def _said(answer: Answer) -> tuple[str, str]:
    """(code, what IFS said) of the envelope; both "" when there is none: gateways answer HTML or nothing."""
    envelope = answer.peek(_Envelope)
    if envelope is None:
        return "", ""
    error = envelope.error
    texts = [_text(error.message), *(_text(detail.message) for detail in error.details or ())]
    return str(error.code or ""), one_line(redact(" ".join(filter(None, texts)), answer.secrets))[:400]


def _text(message: str | _Text | None) -> str:
    return message.value if isinstance(message, _Text) else message or ""
