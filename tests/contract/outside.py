"""`pytest -p tests.contract.outside --outside FOLDER`: also tests systems that lie in FOLDER as they would lie here.

Only this process sees them. The application has no such option: it runs no code but that of its own folder.
"""

from pathlib import Path

import pytest

from integrations import systems
from tests import contract


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option is there only when this plugin is asked for."""
    parser.addoption("--outside", type=Path, required=True, help="holds integrations/systems/ and tests/contract/")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Before anybody asks which systems there are."""
    folder: Path = early_config.known_args_namespace.outside
    systems.__path__.append(str(folder / "integrations" / "systems"))
    contract.__path__.append(str(folder / "tests" / "contract"))
