"""AvidXchange's JSON as trees: keys without case, one object where a list should be, booleans as text.

Two generations of the API spell keys in two ways, so every key is read in lower case.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from typing import Any

import msgspec

Tree = dict[str, Any]

PATH = re.compile(r"[A-Za-z_]\w*(?:\[0\])?(?:\.[A-Za-z_]\w*(?:\[0\])?)*")
_DEEPEST = 32  # levels of a row; theirs have five
_encode = msgspec.json.Encoder(order="sorted", decimal_format="number").encode
_TRUE, _FALSE = {"true", "1", "yes"}, {"false", "0", "no"}


class Unfit(ValueError):
    """Nested beyond anything that is meant, or saying two things at once."""


def lowered(value: Any, depth: int = _DEEPEST) -> Any:
    """The same value with every key in lower case. Raises Unfit."""
    if isinstance(value, dict):
        found: Tree = {}
        for key, inner in value.items():
            name, below = key.casefold(), lowered(inner, _less(depth))
            if found.setdefault(name, below) != below:
                raise Unfit(f"has {key[:40]!r} twice, in two spellings, with two values")
        return found
    if isinstance(value, list):
        return [lowered(inner, _less(depth)) for inner in value]
    return value


def first(tree: Any, paths: Iterable[str]) -> Any:
    """What the first of the dotted `paths` that holds something leads to; None when none does."""
    for path in paths:
        found = _walk(tree, path)
        if found is not None and found != "":
            return found
    return None


def has(tree: Any, path: str) -> bool:
    """Whether the key that `path` ends in is there, be it with null."""
    *way, last = _steps(path)
    owner = _down(tree, way)
    owner = owner[0] if isinstance(owner, list) and owner else owner
    return isinstance(owner, dict) and last in owner


def many(value: Any) -> list[Any]:
    """A list as it is, nothing as an empty one, anything else as a list of one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def truth(value: Any) -> bool | None:
    """A boolean, be it written as text or number; None for what is none."""
    word = str(value).strip().casefold()
    return True if word in _TRUE else False if word in _FALSE else None


def _walk(tree: Any, path: str) -> Any:
    return _down(tree, _steps(path))


def _down(tree: Any, steps: Iterable[str]) -> Any:
    """`[0]` and a name both pass through a list to its first member, so that one object and a list of it are alike."""
    for step in steps:
        if isinstance(tree, list):
            tree = tree[0] if tree else None
        if not isinstance(tree, dict):
            return None
        tree = tree.get(step)
    return tree


@lru_cache(maxsize=1024)
def _steps(path: str) -> tuple[str, ...]:
    return tuple(step.removesuffix("[0]") for step in path.casefold().split("."))


def _less(depth: int) -> int:
    if depth <= 0:
        raise Unfit("is nested too deep")
    return depth - 1


def digest(content: bytes) -> str:
    """SHA-256, in hex digits."""
    return sha256(content).hexdigest()


def change_token(tree: Tree) -> str:
    """What changes whenever the row does: a digest of its canonical JSON."""
    return digest(_encode(tree))
