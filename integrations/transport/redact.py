"""Keeps secrets out of everything that is written down: error details, log lines, reprs."""

import base64
import json
import logging
import re
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "[redacted]"

_SHORTEST = 3  # a shorter "secret" would blank out ordinary words
_NAMES = (
    r"authorization|proxy-authorization|cookie|set-cookie|dev_?-?key|session_?-?id|pass_?word|passwd|pwd|credentials?"
    r"|[\w-]{0,30}secret[\w-]{0,30}|[\w-]{0,30}token|[\w-]{0,30}api_?-?key|private_?-?key|assertion|signature|remember_?me_?id"
    r"|tax_?id|routing_?number|account_?number|iban"
)
_SECRET_NAME = re.compile(rf"(?:{_NAMES})", re.IGNORECASE)
# "name": "value", also 'name': 'value' and \"name\": \"value\" (JSON inside JSON) ...
_QUOTED = re.compile(
    rf"""(?P<before>\b(?:{_NAMES})(?P<quote>\\*["'])\s*[:=]\s*(?P=quote))(?:(?!(?P=quote))(?:\\.|[^\\]))*""",
    re.IGNORECASE | re.DOTALL,
)
# ... and name=value, name: value, name: Bearer value, name="value", "name": 1.
_PLAIN = re.compile(
    rf"""(?P<before>\b(?:{_NAMES})(?:\s*[:=]\s*(?=["'])|(?:\\*["'])?\s*[:=]\s*(?!["'\\])))"""
    r"""(?:"[^"]*|'[^']*|(?:(?:bearer|basic|api-key)\s+)?[^"'&\s,;{}<>\\]+)""",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{6,}", re.IGNORECASE)
_JWT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{4,}\.?[\w-]*")
_HOOK = re.compile(r"(?<=/hooks/)([\w-]{1,40}/)[\w-]{16,}")  # the end of our own address is a secret too
_USERINFO = re.compile(r"(?<=://)[^/\s@\"']+@")


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` with every known secret (also quoted, escaped or in base64) and everything that looks like one masked."""
    for spelling in sorted(_spellings(secrets), key=len, reverse=True):
        text = text.replace(spelling, MASK)
    text = _USERINFO.sub(f"{MASK}@", text)
    text = _HOOK.sub(rf"\g<1>{MASK}", text)
    text = _JWT.sub(MASK, text)
    text = _QUOTED.sub(rf"\g<before>{MASK}", text)
    text = _PLAIN.sub(rf"\g<before>{MASK}", text)
    return _SCHEME.sub(rf"\1 {MASK}", text)


def one_line(text: str) -> str:
    """`text` without control, direction or lone surrogate characters: each becomes its visible escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def is_secret_name(name: str) -> bool:
    """Whether a header, query key, JSON key or log field of that name holds a secret."""
    return _SECRET_NAME.fullmatch(name) is not None


def _spellings(secrets: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for secret in secrets:
        if len(secret) < _SHORTEST:
            continue
        in_json = json.dumps(secret)[1:-1]
        found |= {secret, quote(secret, safe=""), quote_plus(secret), in_json, json.dumps(in_json)[1:-1]}
        found |= {json.dumps(secret, ensure_ascii=False)[1:-1], one_line(secret)}
        if len(secret) >= 6:
            found.add(base64.b64encode(secret.encode("utf-8", "surrogatepass")).decode("ascii").rstrip("="))
    return found


class RedactingFilter(logging.Filter):
    """Put on a handler: masks secrets in the finished message, its arguments and its traceback, in place."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._secrets = tuple(secrets)

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.msg, dict):  # structlog hands its event dictionary through
            record.msg = _clean(record.msg, self._secrets)
        else:
            record.msg, record.args = redact(record.getMessage(), self._secrets), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text, self._secrets)
        return True


class RedactingProcessor:
    """A structlog processor, put before the renderer: masks secrets in every value of the event, at any depth."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = tuple(secrets)

    def __call__(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        for name, value in list(event.items()):
            event[name] = _clean_member(name, value, self._secrets)
        return event


def _clean(value: Any, secrets: tuple[str, ...], depth: int = 6) -> Any:
    if isinstance(value, str):
        return redact(value, secrets)
    if isinstance(value, bytes):
        return redact(value.decode("utf-8", "backslashreplace"), secrets)
    if isinstance(value, int | float | bool) or value is None:
        return value
    if depth == 0:
        return MASK
    if isinstance(value, Mapping):
        return {k: _clean_member(k, v, secrets, depth - 1) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(v, secrets, depth - 1) for v in value]
    return value


def _clean_member(name: Any, value: Any, secrets: tuple[str, ...], depth: int = 6) -> Any:
    if isinstance(name, str) and isinstance(value, str | bytes) and is_secret_name(name):
        return MASK
    return _clean(value, secrets, depth)


def quiet_http_loggers() -> None:
    """httpx and httpcore print full URLs and headers at INFO and DEBUG; from now on only warnings."""
    for name in ("httpx", "httpcore", "hpack"):
        logging.getLogger(name).setLevel(logging.WARNING)
