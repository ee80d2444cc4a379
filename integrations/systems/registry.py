"""Finds the systems: every folder here that declares SYSTEM. A new one needs no edit elsewhere."""

import importlib
import pkgutil
from functools import cache
from pathlib import Path

from integrations.systems.base import System


@cache
def systems() -> dict[str, System]:
    """Every system by its key, in alphabetical order of their folders."""
    found = {}
    for module in sorted(pkgutil.iter_modules([str(Path(__file__).parent)]), key=lambda m: m.name):
        if module.ispkg:
            system = getattr(importlib.import_module(f"{__package__}.{module.name}"), "SYSTEM", None)
            if isinstance(system, System):
                found[system.key] = system
    return found


def get(key: str) -> System:
    """The system of this key; KeyError for one that is not here."""
    return systems()[key]
