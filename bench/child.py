"""A measurement in a process of its own, so that its memory and CPU are nobody else's.

`python -m bench.child bench.pull:ours '{"erp": "http://..."}'` prints what the function returns as its last line.
"""

import importlib
import json
import os
import subprocess
import sys
from typing import Any

MARK = "bench:"


def start(where: str, **arguments: Any) -> "subprocess.Popen[str]":
    """The function `module:name` in a new process."""
    command = [sys.executable, "-m", "bench.child", where, json.dumps(arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def result(process: "subprocess.Popen[str]") -> Any:
    """What it returned. RuntimeError when it failed: its own words are on stderr."""
    said, _ = process.communicate(timeout=1500)
    answers = [line.removeprefix(MARK) for line in said.splitlines() if line.startswith(MARK)]
    if process.returncode or not answers:
        raise RuntimeError(f"The measurement failed (code {process.returncode}); the reason stands above.")
    return json.loads(answers[-1])


def measured(where: str, **arguments: Any) -> Any:
    """Start it and wait."""
    return result(start(where, **arguments))


def main(where: str, arguments: str) -> None:
    """Run one function; with Django set up unless its module says `BARE`."""
    name, _, function = where.partition(":")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mlconnector.settings")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    if not name.endswith("_bare"):
        importlib.import_module("django").setup()
    answer = getattr(importlib.import_module(name), function)(**json.loads(arguments))
    print(f"{MARK}{json.dumps(answer)}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
