"""No vendor's word is code outside its own folder: a system more is a folder more, and nothing else."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import integrations
from integrations.systems import registry

ROOT = Path(integrations.__path__[0]).parent
NEUTRAL = ("engine", "transport", "models", "store", "runner", "web", "api", "admin.py", "tasks.py")
# "bill" is an English word too: in sentences for people it means a payable, as a name it would mean the vendor.
WORDS = re.compile(rf"avid|bill\.com|\b(?:{'|'.join(registry.systems())})\b", re.IGNORECASE)
PARTS = re.compile(rf"avid|^bill$|(?:^|_)(?:{'|'.join(set(registry.systems()) - {'bill'})})(?:_|$)", re.IGNORECASE)
QUOTED = re.compile(rf"['\"](?:{'|'.join(registry.systems())})['\"]", re.IGNORECASE)


def sources() -> Iterator[Path]:
    for name in NEUTRAL:
        place = ROOT / "integrations" / name
        yield from [place] if place.is_file() else place.rglob("*.py")


def names(node: ast.AST) -> Iterator[str]:
    """Whatever the node names: a variable, an attribute, an argument, a function, a class, a module."""
    for field in ("id", "attr", "arg", "name", "asname", "module"):
        if isinstance(value := getattr(node, field, None), str):
            yield value


def spoken(text: str) -> bool:
    """A sentence for people, or a statement for the database: several words, and no vendor's key in quotes."""
    return " " in text.strip() and not QUOTED.search(text)


def found_in(source: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(source)):
        found += [name for name in names(node) if PARTS.search(name)]
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and not spoken(node.value):
            found += [node.value] if WORDS.search(node.value) else []
    return found


def test_no_vendor_is_named_by_code() -> None:
    assert {
        str(path.relative_to(ROOT)): found for path in sources() if (found := found_in(path.read_text("utf-8")))
    } == {}


def test_no_vendor_is_named_by_a_template() -> None:
    pages = [path for path in (ROOT / "templates").rglob("*.*") if WORDS.search(path.read_text("utf-8"))]
    assert pages == []


@pytest.mark.parametrize(
    "source",
    [
        "if system == 'bill': pass",
        "bill = 1",
        "from integrations.systems import ifs",
        "ifs_url = ''",
        "run(sql=\"SELECT 1 WHERE system = 'bill'\")",
        "AvidClient()",
        "address = 'https://api.bill.com'",
    ],
)
def test_what_would_be_found(source: str) -> None:
    assert found_in(source)


def test_a_sentence_may_say_bill() -> None:
    assert not found_in("words = 'Archive its bill.'")
