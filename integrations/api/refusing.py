"""Refusals of the product's own rules as answers: a sentence for people, a stable code for programs."""

from collections.abc import Iterator
from contextlib import contextmanager

from rest_framework import status
from rest_framework.exceptions import APIException


class Conflict(APIException):
    """It cannot be done as things stand: a rule of the product, or somebody was faster."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "refused"


@contextmanager
def refused(*kinds: type[Exception]) -> Iterator[None]:
    """Answer exceptions of these kinds, whose text is a sentence for people, as 409 `refused`."""
    try:
        yield
    except kinds as error:
        raise Conflict(str(error)) from None
