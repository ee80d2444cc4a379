"""Refusals of the product's own rules as answers: a sentence for people, a stable code for programs."""

from collections.abc import Iterator
from contextlib import contextmanager

from rest_framework import status
from rest_framework.exceptions import APIException, PermissionDenied

NOT_ALLOWED = "not_allowed"


class Conflict(APIException):
    """It cannot be done as things stand: a rule of the product, or somebody was faster."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "refused"


@contextmanager
def refused(*kinds: type[Exception]) -> Iterator[None]:
    """Answer exceptions of these kinds, whose text is a sentence for people: 409 with their code, or 403."""
    try:
        yield
    except kinds as error:
        code = getattr(error, "code", Conflict.default_code)
        raise (PermissionDenied(str(error)) if code == NOT_ALLOWED else Conflict(str(error), code)) from None
