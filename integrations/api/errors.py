"""One shape for every error: {"error": {"code", "message", "details"}}."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import serializers
from rest_framework.exceptions import APIException, ErrorDetail, NotFound, ParseError, ValidationError
from rest_framework.exceptions import PermissionDenied as Forbidden
from rest_framework.response import Response
from rest_framework.views import set_rollback


class ErrorBody(serializers.Serializer[Any]):
    """What went wrong: a stable code, a sentence, and per field the details if there are any."""

    code = serializers.CharField()
    message = serializers.CharField()
    details = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))


class ErrorSerializer(serializers.Serializer[Any]):
    """Every answer from 400 up."""

    error = ErrorBody()


def body(code: str, message: str, details: dict[str, list[str]] | None = None) -> dict[str, Any]:
    """The JSON of an error."""
    return {"error": {"code": code, "message": message, "details": details or {}}}


def shaped(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler (https://www.django-rest-framework.org/api-guide/exceptions/): None = a bug, a 500."""
    known = _known(error)
    if known is None:
        return None
    set_rollback()
    sign_in = getattr(known, "auth_header", None)
    headers = {"WWW-Authenticate": str(sign_in)} if sign_in else {}
    if wait := getattr(known, "wait", None):
        headers["Retry-After"] = f"{wait:.0f}"
    code, message, details = _words(known)
    return Response(body(code, message, details), status=known.status_code, headers=headers)


def _known(error: Exception) -> APIException | None:
    match error:
        case APIException():
            return error
        case Http404():
            return NotFound("There is nothing here.")
        case PermissionDenied():
            return Forbidden("Your role does not allow this.")
        case SuspiciousOperation():
            return ParseError("The request was not understood.")
    return None


def _words(error: APIException) -> tuple[str, str, dict[str, list[str]]]:
    if isinstance(error, ValidationError):
        return "invalid", "Some values are not usable; see the details.", dict(_details(error.detail))
    detail = error.detail
    code = detail.code if isinstance(detail, ErrorDetail) else error.default_code
    return str(code), str(detail), {}


def _details(detail: Any, place: str = "") -> Iterator[tuple[str, list[str]]]:
    """(place, what is wrong there) of everything refused: "reason", within a body or a list "filter.code", "ids.3"."""
    if isinstance(detail, list) and not any(isinstance(part, list | dict) for part in detail):
        yield place, [str(part) for part in detail]
        return
    for name, inner in detail.items() if isinstance(detail, dict) else enumerate(detail):
        deeper = inner if isinstance(inner, list | dict) else [inner]
        yield from _details(deeper, f"{place}.{name}" if place else str(name))


def nothing_here(request: HttpRequest) -> JsonResponse:
    """For addresses under /api/ that do not exist."""
    return JsonResponse(body("not_found", "There is nothing here."), status=404)
