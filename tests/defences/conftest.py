"""What the defences share."""

import logging
from collections.abc import Iterator

import pytest

from tests.factories import Cast
from tests.integrations.factories import Desk


@pytest.fixture
def desk(cast: Cast) -> Desk:
    """An integration of the cast's tenant."""
    return Desk(cast.tenant.pk, cast.owner)


@pytest.fixture
def quiet() -> Iterator[None]:
    """No log lines: some thousand requests would write them, and nobody reads them here."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
