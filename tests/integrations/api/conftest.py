"""Who calls in the API's tests: an owner by session, programs by keys of any scope."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from integrations.models import ApiKey
from integrations.store import access
from tests.factories import Cast, signed_in
from tests.integrations.factories import Desk

Program = Callable[..., Client]


@pytest.fixture
def quiet() -> Iterator[None]:
    """No log lines: some thousand requests would write them, and nobody reads them here."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def desk(cast: Cast) -> Desk:
    return Desk(cast.tenant.pk, cast.owner)


@pytest.fixture
def owner(cast: Cast) -> Client:
    return signed_in(cast.owner)


def make_key(cast: Cast, *scopes: str, user: Any = None, ends: datetime | None = None) -> tuple[ApiKey, str]:
    """A key of the cast's tenant (or of `user`'s) and its text."""
    place = cast.place(user or cast.owner)
    with place.scope():
        return access.make(place, "a program", scopes, ends)


def with_key(text: str, scheme: str = "Api-Key") -> Client:
    """A program that shows this key."""
    return Client(SERVER_NAME="127.0.0.1", HTTP_AUTHORIZATION=f"{scheme} {text}")


@pytest.fixture
def program(cast: Cast, desk: Desk) -> Program:
    """`program("read", "retry")`: a client with a key of these scopes."""
    return lambda *scopes: with_key(make_key(cast, *scopes)[1])


def error_of(response: Any) -> dict[str, Any]:
    """The one shape of errors."""
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "details"}
    found: dict[str, Any] = body["error"]
    return found
