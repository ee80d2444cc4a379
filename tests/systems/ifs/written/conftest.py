import pytest

from tests.systems.ifs.written.books import Books


@pytest.fixture
def books() -> Books:
    return Books()
