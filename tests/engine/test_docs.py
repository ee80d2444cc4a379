"""The page of rules says what the engine does: every code it can give and every setting with its default."""

import ast
import re
from pathlib import Path

import pytest

from integrations.engine.settings import SPECS
from integrations.engine.spec import Spec

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "ap-rules.md").read_text()
ROWS = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]*) \|", PAGE, flags=re.MULTILINE))
NONE = {"()": "none", "[]": "none", "": "none", "None": "none", "True": "yes", "False": "no"}
OUT = re.compile(r'Out\(reason="(\w+)"')


def shown(value: object) -> str:
    """A default as the page writes it."""
    text = ", ".join(value) if isinstance(value, list | tuple) and value else str(value)
    return NONE.get(text, text)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_every_setting_stands_on_the_page_with_its_default(spec: Spec) -> None:
    assert ROWS.get(spec.name) == shown(spec.default)


def choices() -> set[str]:
    """The keys of all choices, as the source says them."""
    tree = ast.parse("\n".join(path.read_text() for path in sorted((ROOT / "integrations/engine").glob("*.py"))))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "Choice"]
    return {str(call.args[0].value) for call in calls if isinstance(call.args[0], ast.Constant)}


@pytest.mark.parametrize("key", sorted(choices()))
def test_every_choice_stands_on_the_page(key: str) -> None:
    assert f"`{key}`" in PAGE


@pytest.mark.parametrize("path", sorted((ROOT / "integrations/engine").glob("*.py")), ids=lambda path: path.stem)
def test_every_reason_to_leave_a_record_out_stands_on_the_page(path: Path) -> None:
    missing = [reason for reason in OUT.findall(path.read_text()) if f"`{reason}`" not in PAGE]
    assert missing == []
