"""`POST /hooks/<system>/<token>/`: what a connected system tells by itself. No session, no cookie, no tenant but the
one whose address it is. https://docs.djangoproject.com/en/5.2/ref/csrf/#django.views.decorators.csrf.csrf_exempt
"""

import structlog
from django.contrib.auth.decorators import login_not_required
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from integrations.runner import receiving
from tenants.keys import Unreadable
from tenants.web.middleware import global_view

LARGEST = 256 * 1024  # bytes; events have a few thousand
log = structlog.get_logger(__name__)


@csrf_exempt
@login_not_required
@global_view
@require_POST
def hook(request: HttpRequest, system: str, token: str) -> HttpResponse:
    """200 once it is stored; 401 for a wrong address, signature or organization alike; 503 when it cannot be stored."""
    if request.headers.get("Content-Encoding", "identity") != "identity":
        return _answer(415, "Send it as it is, not compressed.")
    try:
        body = _body(request)
    except OSError:  # the sender left in the middle
        return _answer(400, "The body is not whole.")
    if body is None:
        return _answer(413, "That is too large for an event.")
    try:
        stored = receiving.receive(system, token, body, request.headers)
    except (Error, Unreadable):
        log.warning("event_not_stored", exc_info=True)
        return _answer(503, "Try again later.")
    return _answer(200, "") if stored else _answer(401, "Unknown address or wrong signature.")


def _answer(status: int, words: str) -> HttpResponse:
    return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")


def _body(request: HttpRequest) -> bytes | None:
    """The raw body; None when it is, or says it is, longer than we take. A chunked one does not say."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if length.isascii() and length.isdigit():
        return request.read() if len(length) < 10 and int(length) <= LARGEST else None
    if not request.META.get("wsgi.input_terminated"):
        return b""
    body: bytes = request.META["wsgi.input"].read(LARGEST + 1)
    return body if len(body) <= LARGEST else None
