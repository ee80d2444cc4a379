"""The page for a fault of ours. Its number stands on the page and in the log, so that what happened can be found."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from structlog.contextvars import get_contextvars


def fault(request: HttpRequest) -> HttpResponse:
    """For handler500. The number is on each log line of the request. No row is read: that may have broken."""
    number = get_contextvars().get("request_id", "")
    return HttpResponse(render_to_string("500.html", {"fault": number}), status=500)
