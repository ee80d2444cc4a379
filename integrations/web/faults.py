"""Answers to faults of ours and to requests that nobody can read, on pages and, in the one shape, by the API."""

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.defaults import bad_request
from structlog.contextvars import get_contextvars


def fault(request: HttpRequest) -> HttpResponse:
    """For handler500, with a number that is in the log too. No row is read: that may have broken."""
    number = str(get_contextvars().get("request_id", ""))
    if _is_api(request):
        words = "A fault of ours; nothing was changed. Try again, and tell support this number if it comes back."
        return _error(500, "internal", words, number=[number])
    return HttpResponse(render_to_string("500.html", {"fault": number}), status=500)


def not_understood(request: HttpRequest, exception: Exception) -> HttpResponse:
    """For handler400: what Django itself refuses to read, such as a host that is not ours."""
    if _is_api(request):
        return _error(400, "parse_error", str(exception) if isinstance(exception, BadRequest) else "Not understood.")
    return bad_request(request, exception)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _error(status: int, code: str, words: str, **details: list[str]) -> JsonResponse:
    return JsonResponse({"error": {"code": code, "message": words, "details": details}}, status=status)
