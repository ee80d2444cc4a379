from collections.abc import Iterator

import pytest
import stamina

from tests.contract.case import Case, load


@pytest.fixture(autouse=True)
def _no_pauses() -> Iterator[None]:
    """Reads are repeated in place as often as ever, without the pauses in between."""
    with stamina.set_testing(True, attempts=4):
        yield


@pytest.fixture
def case(system: str) -> Case:
    """A fresh, filled simulator of `system` and what reaches it."""
    return load(system)()
