"""Finds the systems: every folder of this package that declares SYSTEM. A new one needs no edit elsewhere.

Only the package's own folder is looked into, never `sys.path`, a variable or an entry point: whatever is found here is
handed revealed credentials. A process that wants another folder says so itself, by `__path__` (a test does).
"""

import importlib
import pkgutil
from functools import cache

from integrations import systems as package
from integrations.engine.errors import ConnectionBroken
from integrations.systems.base import System


@cache
def systems() -> dict[str, System]:
    """Every system by its key, in alphabetical order of their folders."""
    found = {}
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
        if module.ispkg:
            system = getattr(importlib.import_module(f"{package.__name__}.{module.name}"), "SYSTEM", None)
            if isinstance(system, System):
                found[system.key] = system
    return found


def get(key: str) -> System:
    """The system of this key. Raises ConnectionBroken for one that is not installed, or not any more."""
    found = systems().get(key)
    if found is None:
        words = f"The system “{key}” is not installed here any more: nothing is read from it and nothing sent to it."
        raise ConnectionBroken(words, code="not_installed")
    return found
