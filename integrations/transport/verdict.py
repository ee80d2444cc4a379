"""What a status or a broken connection means, unless the system knows better: one table for reads and writes.

answer                       read                        write
2xx, 404                     fine (the caller decides)   fine (the caller decides)
3xx                          ConnectionBroken redirect   OutcomeUnknown redirect
401                          renew once, then ConnectionBroken sign_in
403, 407                     ConnectionBroken forbidden  ConnectionBroken forbidden
408, 5xx                     Retryable                   OutcomeUnknown
412                          Retryable stale_version     Retryable stale_version
425, 429                     Retryable (Retry-After)     Retryable (Retry-After)
428                          Rejected precondition       Rejected precondition
other 4xx                    Rejected                    Rejected
no connection                Retryable unreachable       Retryable unreachable
wrong certificate            ConnectionBroken tls        ConnectionBroken tls
cut off after the 1st byte   Retryable                   OutcomeUnknown
"""

import logging
import ssl
from datetime import datetime

import httpx

from integrations.engine.errors import ConnectionBroken, OutcomeUnknown, Rejected, Retryable, SyncError
from integrations.transport.answer import Answer
from integrations.transport.auth import SignInExpired
from integrations.transport.retry import retry_after

log = logging.getLogger(__name__)


def meaning(answer: Answer, now: datetime) -> SyncError | None:
    """The error that this answer means by the table above; None when there is none."""
    status, host = answer.status, answer.host
    if 200 <= status < 300 or status == 404:
        return None
    detail = f"status {status}; {answer.text(450)}"
    if status == 401:
        return SignInExpired(host, detail=detail)
    if status in (403, 407):
        return ConnectionBroken(
            f"{host} does not allow this. Ask its administrator to give the connection's user the rights it needs.",
            code="forbidden",
            detail=detail,
        )
    if status in (425, 429):
        return Retryable(
            f"{host} asks to slow down. It is tried again by itself.",
            code="too_many_requests",
            after=retry_after(answer.headers, now),
            detail=detail,
        )
    if status == 412:
        return Retryable(
            f"The record was changed in {host} meanwhile. It is read again and retried by itself.",
            code="stale_version",
            after=0,
            detail=detail,
        )
    if status == 408 or status >= 500:
        return _no_answer(host, answer, now, detail)
    if 400 <= status < 500:
        code = "precondition" if status == 428 else "rejected"
        return Rejected(f"{host} refused this (status {status}). See the details.", code=code, detail=detail)
    if answer.is_write:  # a web server may well point elsewhere after it has done what it was asked for
        return OutcomeUnknown(
            f"{host} points to another address instead of confirming. What became of it is looked up by itself.",
            code="redirect",
            detail=f"status {status}",
        )
    return ConnectionBroken(
        f"{host} points to another address instead of answering. Enter its final address in the connection's settings.",
        code="redirect",
        detail=f"status {status}",
    )


def broken(error: httpx.HTTPError | OSError, host: str, *, sent: bool, is_write: bool) -> SyncError:
    """The error that a broken connection means; `sent` says that at least one byte of the request has left."""
    detail = type(error).__name__
    if _wrong_certificate(error):
        return ConnectionBroken(
            f"{host} does not prove its identity: its certificate is expired, self-signed or for another name. "
            "Check the address; if it is right, its administrator has to renew the certificate.",
            code="tls",
            detail=detail,
        )
    if not sent:
        log.info("no connection to %s: %s", host, detail)
        return unreachable(host)
    if is_write:
        return OutcomeUnknown(
            f"The connection to {host} broke before it confirmed. What became of it is looked up by itself.",
            detail=detail,
        )
    return Retryable(f"The connection to {host} broke. It is tried again by itself.", code="cut_off", detail=detail)


def unreachable(host: str) -> Retryable:
    """Refused, filtered, not found or not allowed: one and the same answer, so that nobody scans a network with us."""
    return Retryable(
        f"{host} cannot be reached. It is tried again by itself; if it stays so, check the address in the connection's "
        "settings and whether the server is up.",
        code="unreachable",
    )


def _no_answer(host: str, answer: Answer, now: datetime, detail: str) -> SyncError:
    if answer.is_write:
        return OutcomeUnknown(
            f"{host} failed before it confirmed (status {answer.status}). What became of it is looked up by itself.",
            code="server_error",
            detail=detail,
        )
    return Retryable(
        f"{host} has trouble (status {answer.status}). It is tried again by itself.",
        code="server_error",
        after=retry_after(answer.headers, now),
        detail=detail,
    )


def _wrong_certificate(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
