"""The answer to a fault of ours. Its number is in the log too, so that what happened can be found."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from structlog.contextvars import get_contextvars


def fault(request: HttpRequest) -> HttpResponse:
    """For handler500: a page, or the API's one error shape. No row is read: that may have broken."""
    number = str(get_contextvars().get("request_id", ""))
    if request.path.startswith("/api/"):
        words = "A fault of ours; nothing was changed. Try again, and tell support this number if it comes back."
        error = {"code": "internal", "message": words, "details": {"number": [number]}}
        return JsonResponse({"error": error}, status=500)
    return HttpResponse(render_to_string("500.html", {"fault": number}), status=500)
