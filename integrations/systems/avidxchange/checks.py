"""The ping of an AvidXchange connection, and the check of its API profile against what really comes, within 10 s.

Nobody publishes this API: so each list is asked for one row, and its fields are compared with those of the profile.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from integrations.engine.errors import ConnectionBroken, Retryable, SyncError
from integrations.systems.avidxchange import windows, wire
from integrations.systems.avidxchange.batches import LIST as BATCHES
from integrations.systems.avidxchange.lists import opened
from integrations.systems.avidxchange.records import Canon
from integrations.systems.avidxchange.rules import NEEDED
from integrations.systems.avidxchange.service import Service
from integrations.systems.avidxchange.settings import Options
from integrations.systems.base import Check, Verdict
from integrations.transport.answer import Answer
from integrations.transport.rows import BadRow

REQUEST_SECONDS = 4.0  # for one request of a ping
_SECONDS = 9.0  # for the whole ping
_SKEW = 300.0
_LANES = 2
_UNREACHED = {"unreachable", "tls", "cut_off", "egress_refused", "redirect", "web_page", "server_error", "wrong_path"}
_AGAIN = "Ping again in a minute."
_PROFILE = "Correct the names in the profile overrides of this connection."
_WRITES = (
    ("Vendors, written", "vendors.upsert"),
    ("Accounts and dimensions, written", "codes.upsert"),
    ("Purchase orders, written", "purchase_orders.upsert"),
)
# Records within records: the kind of the inner one, by the field that holds it.
_INNER = {"invoice.distributions": "distribution", "distribution.codes": "code", "payment.invoices": "paid"}


@dataclass(frozen=True, slots=True)
class Ping:
    """One ping of a connection; `now` is aware UTC."""

    options: Options
    service: Service
    canon: Canon
    now: Callable[[], datetime]

    def checks(self) -> Sequence[Check]:
        """Reach and sign-in first, then every call; lines in a fixed order. Never raises SyncError."""
        ends = time.monotonic() + _SECONDS
        try:
            answer = self.service.list("ping", {})
            first = [
                Check("Reach", Verdict.FOUND, f"{answer.host} answers."),
                Check("Sign-in", Verdict.FOUND, f"The credentials are accepted; sent as {self._headers()}."),
                self._system(answer),
                *self._company(),
                _clock(answer, self.now()),
            ]
        except SyncError as error:
            return _unreached(error)
        lists = self._lists()
        pool = ThreadPoolExecutor(_LANES, thread_name_prefix="avidxchange-ping")
        futures: list[Future[Check]] = [pool.submit(self._list, *each) for each in lists]
        wait(futures, timeout=max(0.0, ends - time.monotonic()))
        pool.shutdown(wait=False, cancel_futures=True)
        found = [
            future.result() if future.done() and not future.cancelled() else _late(title)
            for future, (title, _, _) in zip(futures, lists, strict=True)
        ]
        return [*first, *found, *(self._written(title, name) for title, name in _WRITES)]

    def _headers(self) -> str:
        """Their names; no value is shown."""
        return ", ".join(self.options.headers) or "no header at all"

    def _system(self, answer: Answer) -> Check:
        """Whether the accounting system that is chosen is one of those that the credentials may see."""
        _, rows = opened(answer, self.service.profile.paging)
        trees = [row for row in rows if not isinstance(row, BadRow)]
        seen = {str(self.canon.get(row, "system.key")): self.canon.get(row, "system.name") for row in trees}
        listed = ", ".join(f"{key} ({name})" for key, name in list(seen.items())[:10])
        if not seen:
            advice = "Ask AvidXchange to set up an accounting system for these credentials."
            return Check("Accounting system", Verdict.MISSING, "The credentials may see none.", advice)
        if self.options.acct in seen:
            return Check("Accounting system", Verdict.FOUND, f"{self.options.acct} is one of {len(seen)}: {listed}.")
        advice = f"Enter one of these as accounting system: {listed}."
        return Check("Accounting system", Verdict.MISSING, f"{self.options.acct or 'None'} is not one of them.", advice)

    def _company(self) -> list[Check]:
        spec = self.service.profile.company
        if not self.options.company_id or spec.send_as == "none":
            return []
        return [
            Check("Company", Verdict.FOUND, f"{self.options.company_id} is accepted as {spec.send_as} {spec.name}.")
        ]

    def _lists(self) -> list[tuple[str, str, str]]:
        """(title, operation, kind of its rows) of every list that is read."""
        closed = self.service.profile.invoices.read_mode == "closed_batches"
        invoices = ("Closed batches", BATCHES, "batch") if closed else ("Invoices", "invoices.list", "invoice")
        return [("Vendors", "vendors.list", "vendor"), invoices, ("Payments", "payments.list", "payment")]

    def _list(self, title: str, name: str, kind: str) -> Check:
        if not self.service.profile.offers(name):
            return _not_offered(title)
        try:
            answer = self.service.list(name, self._narrow(name))
            _, rows = opened(answer, self.service.profile.paging)
            row = next((each for each in rows if not isinstance(each, BadRow)), None)
        except SyncError as error:
            advice = _AGAIN if isinstance(error, Retryable) else _PROFILE
            return Check(title, Verdict.MISSING, error.message, advice)
        if row is None:
            return Check(title, Verdict.FOUND, "Can be read; there is none of late to compare its fields with.")
        return _compared(title, row, kind, self.service.profile.fields)

    def _narrow(self, name: str) -> Mapping[str, str]:
        """One row, of what changed of late."""
        profile, today = self.service.profile, windows.today(self.now())
        operation = profile.operations[name]
        begin = today.latest - timedelta(days=profile.dates.max_window_days - 1)
        at = windows.window(begin if name != "vendors.list" else None, today, profile.dates)
        one = {profile.paging.page_param: str(profile.paging.first), profile.paging.size_param: "1"}
        return one | dict(windows.filters(at, operation, profile.dates) if operation else {})

    def _written(self, title: str, name: str) -> Check:
        if not self.service.profile.offers(name):
            return _not_offered(title)
        try:
            return Check(title, Verdict.FOUND, f"Go to {self.service.path(name)}; nothing was sent now.")
        except ConnectionBroken as error:
            return Check(title, Verdict.WARNING, error.message, "Choose the accounting system, then ping again.")


def _compared(title: str, row: Any, kind: str, fields: Mapping[str, Sequence[str]]) -> Check:
    """Found, missing and unknown fields of one row."""
    missing = list(_missing(row, kind, fields))
    known = {path.split(".")[0].split("[")[0].casefold() for name in fields if _of(name, kind) for path in fields[name]}
    unknown = sorted(set(row) - known)
    found = sum(_of(name, kind) and name not in missing for name in fields)
    words = f"Can be read; {found} fields found."
    if unknown:
        words += f" Not used: {', '.join(unknown[:20])}."
    if missing:
        words += f" Not there: {', '.join(missing)}."
    if NEEDED & set(missing):
        return Check(title, Verdict.MISSING, words, _PROFILE)
    return Check(title, Verdict.FOUND, words)


def _missing(row: Any, kind: str, fields: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The fields of which no path is there, not even empty; of records within too."""
    for name, paths in fields.items():
        if not _of(name, kind) or not paths:
            continue
        if not any(wire.has(row, path) for path in paths):
            yield name
        elif name in _INNER and (inner := wire.many(wire.first(row, paths))):
            yield from _missing(inner[0], _INNER[name], fields)


def _of(name: str, kind: str) -> bool:
    return name.startswith(f"{kind}.")


def _unreached(error: SyncError) -> list[Check]:
    """Which of the first two steps failed: reaching AvidXchange, or signing in."""
    if error.code in _UNREACHED:
        advice = "Check the API address of this connection, and the prefix in its API profile."
        return [Check("Reach", Verdict.MISSING, error.message, advice)]
    advice = _AGAIN if isinstance(error, Retryable) else "Correct it in this connection, then ping again."
    return [
        Check("Reach", Verdict.FOUND, "AvidXchange answers."),
        Check("Sign-in", Verdict.MISSING, error.message, advice),
    ]


def _clock(answer: Answer, now: datetime) -> Check:
    if answer.date is None:
        return Check("Clock", Verdict.WARNING, "AvidXchange does not say its time.", "Nothing is lost; ours is used.")
    off = abs((answer.date - now).total_seconds())
    if off > _SKEW:
        advice = "Nothing is lost, since whole days are read again; have the clock of our server checked."
        return Check("Clock", Verdict.WARNING, f"The clocks differ by {off:.0f} s.", advice)
    return Check("Clock", Verdict.FOUND, "The clocks agree.")


def _not_offered(title: str) -> Check:
    words = "Not available with this API profile."
    return Check(title, Verdict.WARNING, words, "Leave its flow off, or add the call to the profile overrides.")


def _late(title: str) -> Check:
    return Check(title, Verdict.WARNING, "AvidXchange was too slow to look at this in time.", _AGAIN)
