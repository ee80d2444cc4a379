"""One shape for every error: {"error": {"code", "message", "details"}}."""

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
        found = error.detail if isinstance(error.detail, dict) else {"": error.detail}
        return "invalid", "Some values are not usable; see the details.", {k: _texts(v) for k, v in found.items()}
    detail = error.detail
    code = detail.code if isinstance(detail, ErrorDetail) else error.default_code
    return str(code), str(detail), {}


def _texts(detail: Any) -> list[str]:
    return [str(part) for part in detail] if isinstance(detail, list) else [str(detail)]


def nothing_here(request: HttpRequest, rest: str = "") -> JsonResponse:
    """For addresses under /api/ that do not exist."""
    return JsonResponse(body("not_found", "There is nothing here."), status=404)
