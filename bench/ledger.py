"""The real ledger in one command: `manage.py rehearse`, watched from outside."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.meter import watch

FILE = Path(__file__).resolve().parent.parent / "../shared/data/ledger-2014-2016.csv.gz"


def rehearse(file: Path) -> dict[str, Any]:
    """Seconds of the whole command (stand-ins and set-up included), its peak memory, and what it said."""
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as complaints:
        began = time.monotonic()
        command = [sys.executable, "manage.py", "rehearse", str(file), "--json"]
        process = subprocess.Popen(command, stdout=said, stderr=complaints, text=True)
        peak = watch(process)
        seconds = time.monotonic() - began
        said.seek(0)
        complaints.seek(0)
        lines, wrong = said.read().splitlines(), complaints.read()
    if not lines:
        raise RuntimeError(f"The rehearsal failed (code {process.returncode}): {wrong[-2000:]}")
    flows = json.loads(lines[-1])["runs"][0]
    return {"seconds": seconds, "peak": peak, "code": process.returncode, "flows": flows}
