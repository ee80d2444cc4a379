"""Requests are read as UTF-8, whatever they say of their charset; a body that says it is something else is refused.

Django takes a request's charset for its own, for the address too. "base64", which Python knows as a codec though not of
text, then raises before any middleware could answer.
"""

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponseBase
from django.utils.http import parse_header_parameters

Handler = Callable[[HttpRequest], HttpResponseBase]


class UTF8Request(WSGIRequest):
    """A request as `wsgi.py` makes it."""

    def _set_content_type_params(self, meta: dict[str, str]) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except ValueError:  # x*=no''y
            self.content_type, self.content_params = "", {"charset": "unknown"}


def utf8_only(get_response: Handler) -> Handler:
    """Middleware: a body in another charset is a 400."""

    def read(request: HttpRequest) -> HttpResponseBase:
        said = (request.content_params or {}).get("charset", "utf-8")
        if said.lower() not in ("utf-8", "utf8") and request.method not in ("GET", "HEAD", "OPTIONS"):
            raise BadRequest("Send UTF-8, and say so or nothing of a charset.")
        return get_response(request)

    return read
