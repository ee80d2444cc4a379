"""What an answer of IFS means: by status, then by the code in its envelope; business refusals arrive as 500.

https://docs.ifs.com/techdocs/24r1/040_tailoring/300_extensibility/020_api_explorer/050_responses_and_status_codes/
"""

import re

import msgspec

from integrations.engine.errors import ConnectionBroken, OutcomeUnknown, Problem, Rejected, Retryable, SyncError
from integrations.transport.answer import Answer

_PROJECTION = re.compile(r"/([A-Za-z0-9_]+)\.svc/([A-Za-z0-9_$]*)")


class _Text(msgspec.Struct):
    value: str = ""


class _Detail(msgspec.Struct):
    code: str = ""
    message: str | _Text | None = None


class _Error(msgspec.Struct):
    code: str = ""
    message: str | _Text | None = None
    details: list[_Detail] = []


class _Envelope(msgspec.Struct):
    error: _Error


class Unsupported(ConnectionBroken):
    """The set refuses a query option (400, 501): a reader may ask in another way."""


def classify(answer: Answer, is_write: bool) -> SyncError | None:
    """The error this answer means; None leaves it to the general table."""
    if answer.status < 400 or answer.status in (401, 404, 412, 429):
        return None
    envelope = answer.peek(_Envelope)
    code, said = _said(envelope)
    where = place(answer)
    if code == "MI_MODIFIED_ERROR":
        if is_write:
            return OutcomeUnknown(
                "IFS refreshed its metadata during a write; what became of it is looked up.", code=code
            )
        return Retryable("IFS refreshes its metadata. It is tried again by itself.", code=code, after=2.0)
    if answer.status == 403:
        words = f"IFS does not allow {where}. Grant the projection to the permission set of the service user."
        return ConnectionBroken(words, code="forbidden", detail=answer.text())
    if answer.status in (400, 501) and not is_write:
        words = (
            f"IFS does not understand what we ask of {where}: {said or code or answer.status}. Check the API profile."
        )
        return Unsupported(words, code="profile", detail=answer.text())
    if answer.status == 500 and code == "DATABASE_ERROR":
        refusal = said or "IFS refused it."
        return Rejected(f"IFS refused it: {refusal}", code="refused", problems=(Problem("refused", refusal),))
    return None


def place(answer: Answer) -> str:
    """The projection and set an answer is about, for messages."""
    found = _PROJECTION.search(answer.url)
    return f"{found[1]}.svc/{found[2]}".rstrip("/") if found else answer.host


def _said(envelope: _Envelope | None) -> tuple[str, str]:
    if envelope is None:
        return "", ""
    texts = [_text(envelope.error.message), *(_text(detail.message) for detail in envelope.error.details)]
    return envelope.error.code, " ".join(text for text in texts if text)[:400]


def _text(message: str | _Text | None) -> str:
    return message.value if isinstance(message, _Text) else message or ""
