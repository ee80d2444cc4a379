"""Runs `manage.py rehearse` for real and gathers what came of it: in BILL's stand-in, and in our rows."""

import json
import os
import signal
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import connections

from integrations.models import MirrorRecord, OutboxItem, ReviewItem, SyncRun
from tenants.scope import tenant_scope

SCRIPT = settings.BASE_DIR / "docs" / "ledger_expectation.py"
LONGEST = 600  # seconds
ZERO = Decimal("0.00")
Json = dict[str, Any]


@dataclass(frozen=True)
class Standing:
    """An invoice that did not go: outcome, the codes of every problem, and what the file says it is worth."""

    outcome: str
    reasons: str
    supplier: str
    amount: Decimal


@dataclass
class Rehearsal:
    """What two syncs left behind.

    said: what the loader reported; polls: entity -> counts of each poll, in order, zeros left out (a schedule may poll
    once more in the middle of a sync); late: the requests that BILL saw in the second sync.
    """

    runs: list[dict[str, Json]]
    held: Json
    said: str
    standing: list[Standing] = field(default_factory=list)
    accounts: dict[str, str] = field(default_factory=dict)
    polls: dict[str, list[dict[str, int]]] = field(default_factory=lambda: defaultdict(list))
    late: list[Json] = field(default_factory=list)

    def signed(self) -> list[tuple[Json, Decimal]]:
        """Every bill and credit with its amount as in the file: a credit is negative there."""
        bills = [(row, Decimal(str(row["amount"]))) for row in self.held["bills"]]
        return bills + [(row, -Decimal(str(row["amount"]))) for row in self.held["vendor-credits"]]

    def outcomes(self) -> dict[tuple[str, str], tuple[int, Decimal]]:
        """(outcome, reasons) -> (count, amount)."""
        found = [("bill" if "dueDate" in row else "vendor credit", "", amount) for row, amount in self.signed()]
        found += [(each.outcome, each.reasons, each.amount) for each in self.standing]
        sums: dict[tuple[str, str], tuple[int, Decimal]] = defaultdict(lambda: (0, ZERO))
        for name, reasons, amount in found:
            count, total = sums[name, reasons]
            sums[name, reasons] = count + 1, total + amount
        return dict(sums)

    def numbers(self) -> dict[str, list[tuple[str, Decimal]]]:
        """Supplier id -> (number, amount) of its bills and credits."""
        supplier = {row["id"]: row["shortName"] for row in self.held["vendors"]}
        found: dict[str, list[tuple[str, Decimal]]] = defaultdict(list)
        for row, amount in self.signed():
            number = row["invoice"]["invoiceNumber"] if "invoice" in row else row["referenceNumber"]
            found[supplier[row["vendorId"]]].append((number, amount))
        return found

    def lines(self) -> list[tuple[str, str, Decimal]]:
        """(expenditure code, due date, amount) of every line of bills and credits, signed as in the file."""
        found = []
        for row, amount in self.signed():
            sign = -1 if amount < 0 else 1
            for line in row.get("billLineItems") or row["vendorCreditLineItems"]:
                code = self.accounts[line["classifications"]["chartOfAccountId"]]
                day = row.get("dueDate") or row["creditDate"]
                found.append((code, day, sign * Decimal(str(line["amount"]))))
        return found


def rehearse(file: Path, folder: Path, mapping: Json | None = None) -> Rehearsal:
    """Rehearse `file` with a second sync, in the test database; `folder` is for the dump."""
    dump = folder / "dump.json"
    options = ["--ledger-mapping", json.dumps(mapping)] if mapping else []
    printed, said = manage(
        folder / "said.txt", "rehearse", str(file), "--again", "--json", "--dump", str(dump), *options
    )
    answer = json.loads(printed.splitlines()[-1])
    found = Rehearsal(answer["runs"], json.loads(dump.read_text("utf-8")), said)
    with tenant_scope(UUID(answer["tenant"])):
        _rows(found)
    return found


def manage(log: Path, *arguments: str, **settings_: str) -> tuple[str, str]:
    """What `manage.py` prints and says, on the database of the tests; interrupted when it takes too long.

    `settings_` are further environment variables.
    """
    name = connections["default"].settings_dict["NAME"]
    address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    env = {**os.environ, "DATABASE_URL": address, "COLUMNS": "200", **settings_}
    command = [sys.executable, "manage.py", *arguments]
    with (
        log.open("w", encoding="utf-8") as said,  # a file: what it starts would keep a pipe open after its death
        subprocess.Popen(command, cwd=settings.BASE_DIR, env=env, stdout=subprocess.PIPE, stderr=said, text=True) as it,
    ):
        try:
            printed, _ = it.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            it.send_signal(signal.SIGINT)  # so that it stops what it started
            it.communicate(timeout=30)
            raise AssertionError(f"More than {LONGEST} s: {log.read_text('utf-8')[-2000:]}") from None
    text = log.read_text("utf-8")
    assert it.returncode == 0, f"Exit code {it.returncode}: {text[-2000:]}{printed[-3000:]}"
    return printed, text


def _rows(found: Rehearsal) -> None:
    """What our own rows say, of the one tenant in whose scope we are."""
    problems = {
        review.item_id: " + ".join(problem["code"] for problem in review.problems)
        for review in ReviewItem.objects.filter(status=ReviewItem.Status.OPEN)
    }
    items = OutboxItem.objects.filter(flow__entity="invoice").exclude(state=OutboxItem.State.DONE)
    for item in items.select_related("source"):
        reasons = problems.get(item.pk, "no review item") if item.state == "held" else item.reason
        found.standing.append(Standing(item.state, reasons, item.source.party, item.source.amount))
    found.accounts = dict(MirrorRecord.objects.filter(entity="gl_account").values_list("target_id", "number"))
    for run in SyncRun.objects.filter(kind="poll").select_related("flow").order_by("started_at"):
        counts = {"read": run.taken, **run.counts}
        found.polls[run.flow.entity].append({name: count for name, count in counts.items() if count})
    # Accounts come first in every sync, so their last poll is where the second sync begins.
    second = SyncRun.objects.filter(flow__entity="gl_account", kind="poll").latest("started_at").started_at
    found.late = [each for each in found.held["requests"] if each["received"] >= second.timestamp() * 1000]


def expected(file: Path, mapping: Json | None = None) -> Json:
    """What the script beside the documentation computes from the file alone."""
    options = ["--ledger-mapping", json.dumps(mapping)] if mapping else []
    found: Json = json.loads(script(file, "--json", *options))
    return found


def script(file: Path, *options: str) -> str:
    """What the script prints."""
    command = [sys.executable, str(SCRIPT), str(file), *options]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
