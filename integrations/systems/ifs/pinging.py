"""The ping of an IFS Cloud connection: what works, what is missing, and what the person does next, within 10 s."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime
from typing import Any

from integrations.engine.errors import ConnectionBroken, SyncError
from integrations.systems.base import Check, Verdict
from integrations.systems.ifs import metadata, writable
from integrations.systems.ifs.metadata import Declared
from integrations.systems.ifs.profile import Profile, SetSpec
from integrations.transport.answer import Answer
from integrations.transport.client import ApiClient

SECONDS = 9.0
SKEW = 300.0  # seconds; beyond it the watermark of a poll suffers
_LANES = 6
_GRANT = "Grant the projection to the permission set of the service user, or correct the API profile."
_CORRECT = "Correct the names in the profile overrides of this connection."
_MARKS = "Needed only where sent records are marked in IFS: add the custom field, or correct write_back in the profile."
_AGAIN = "Ping again in a minute."
_ALLOW = "Add the company to the service user's Allowed Companies: without it IFS answers with empty lists."
_UNREACHED = {"unreachable", "tls", "cut_off", "egress_refused", "redirect", "web_page", "unreadable", "server_error"}


class Ping:
    """One ping. `page_size` and `per_minute` are the connection's limits, to be said."""

    def __init__(
        self, api: ApiClient, profile: Profile, root: str, now: Callable[[], datetime], page_size: int, per_minute: int
    ) -> None:
        self._api, self._profile, self._root, self._now = api, profile, root, now
        self._limits = (page_size, per_minute)

    def checks(self) -> Sequence[Check]:
        """Reach and sign-in first, then every set; lines in a fixed order. Never raises SyncError."""
        ends = time.monotonic() + SECONDS
        pool = ThreadPoolExecutor(max_workers=_LANES)
        try:
            company = self._profile.sets["company"]
            first = pool.submit(self._api.get, f"{self._root}/{company.set}", params="$top=100")
            wait([first], timeout=SECONDS)
            if not first.done():
                return [Check("Reach", Verdict.MISSING, f"IFS gave no answer within {SECONDS:.0f} s.", _AGAIN)]
            return self._after(first.result(), pool, ends)
        except SyncError as error:
            return _unreached(error)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _after(self, answer: Answer, pool: ThreadPoolExecutor, ends: float) -> Sequence[Check]:
        needed = [(name, spec) for name, spec in self._profile.needs() if name != "supplier_contact"]
        projections = dict.fromkeys([*(spec.projection for _, spec in needed), *writable.projections(self._profile)])
        declared = {each: pool.submit(self._declared, each) for each in projections}
        probes = {name: pool.submit(self._probe, spec) for name, spec in needed if name != "supplier_address_type"}
        waiting: list[Future[Any]] = [*declared.values(), *probes.values()]
        wait(waiting, timeout=max(0.0, ends - time.monotonic()))
        rows, per_minute = self._limits
        return [
            Check("Reach", Verdict.FOUND, f"{answer.host} answers."),
            Check("Sign-in", Verdict.FOUND, "The client is accepted and gets tokens."),
            _companies(answer, self._profile),
            _clock(answer, self._now()),
            Check(
                "Limits", Verdict.FOUND, f"Up to {rows} rows a page, {per_minute} requests a minute; both are settings."
            ),
            *(_set(name, spec, declared[spec.projection], probes.get(name)) for name, spec in needed),
            *(_marks(name, fields, self._profile.sets[name], declared) for name, fields in self._marked()),
            *writable.checks(self._profile, declared),
        ]

    def _marked(self) -> list[tuple[str, tuple[str, ...]]]:
        """Sets whose rows may be marked, with the fields for it."""
        return [(name, fields) for name, fields in self._profile.write_back.items() if fields]

    def _declared(self, projection: str) -> Declared | Check | None:
        """What `$metadata` of the projection declares; None when it cannot be read."""
        answer = self._api.get(f"{self._root}/{projection}.svc/$metadata", headers={"Accept": "application/xml"})
        if answer.status == 404:
            return Check("", Verdict.MISSING, f"IFS has no projection {projection}.", _GRANT)
        return metadata.declared(answer.body)

    def _probe(self, spec: SetSpec) -> bool:
        """Whether one row of the set can be asked for."""
        return self._api.get(f"{self._root}/{spec.set}", params="$top=1").status != 404


def _set(name: str, spec: SetSpec, declaring: "Future[Any]", probing: "Future[bool] | None") -> Check:
    """Declared with the needed fields, and readable. What is optional is a warning, with what it costs."""
    words, _, part = name.partition(" ")
    title = f"{words.replace('_', ' ').capitalize()}{f' {part}' if part else ''} ({spec.set})"
    lack = Verdict.WARNING if spec.optional else Verdict.MISSING
    if not declaring.done() or (probing is not None and not probing.done()):
        return Check(title, Verdict.WARNING, "Not looked at: the answers took too long.", _AGAIN)
    try:
        found = declaring.result()
        readable = probing is None or probing.result()
    except SyncError as error:
        return Check(title, lack, error.message, _GRANT if isinstance(error, ConnectionBroken) else _AGAIN)
    if isinstance(found, Check):
        return Check(title, lack, found.why, _others(spec) or found.advice)
    if found is None:
        return Check(title, Verdict.WARNING, "Its $metadata cannot be read, so its names are not compared.", _AGAIN)
    if probing is None:
        return Check(title, Verdict.FOUND, "Read from the addresses of new and changed suppliers.")
    if missing := metadata.lacking(spec, found):
        there = spec.set.partition("/")[2] in found.sets
        return Check(title, lack, " ".join(missing), _CORRECT if there else _others(spec) or _CORRECT)
    if not readable:
        return Check(title, lack, "It is declared, but cannot be read.", _GRANT)
    if fields := metadata.unknown(spec, found):
        return Check(title, Verdict.WARNING, f"Can be read, but without {', '.join(fields)}.", _CORRECT)
    return Check(title, Verdict.FOUND, "Can be read.")


def _marks(name: str, fields: Sequence[str], spec: SetSpec, declaring: "Mapping[str, Future[Any]]") -> Check:
    """Whether the fields that say "this was sent" are there. Without them nothing can be marked, all else works."""
    title = f"Marks on {name.replace('_', ' ')}s ({spec.set})"
    answer = declaring[spec.projection]
    error = answer.exception() if answer.done() else None
    found = answer.result() if answer.done() and error is None else None
    if not isinstance(found, Declared):
        return Check(title, Verdict.WARNING, "Its $metadata cannot be read, so its fields are not known.", _AGAIN)
    here = found.sets.get(spec.set.partition("/")[2], frozenset())
    lacking = [field for field in fields if field not in here]
    if lacking:
        words = f"IFS has no {' and no '.join(lacking)}: nothing can be marked there."
        return Check(title, Verdict.WARNING, words, _MARKS)
    return Check(title, Verdict.FOUND, f"{' and '.join(fields)} can be written, where marking is switched on.")


def _others(spec: SetSpec) -> str:
    return f"It is read as {' or '.join(spec.alternatives)} where that exists. {_CORRECT}" if spec.alternatives else ""


def _unreached(error: SyncError) -> list[Check]:
    if error.code in _UNREACHED:
        advice = "Check the address of your IFS Cloud, and that it can be reached from the internet."
        return [Check("Reach", Verdict.MISSING, error.message, advice)]
    reached = Check("Reach", Verdict.FOUND, "IFS answers.")
    if error.code in ("forbidden", "profile"):
        signed = Check("Sign-in", Verdict.FOUND, "The client is accepted.")
        return [reached, signed, Check("Companies", Verdict.MISSING, error.message, _GRANT)]
    if not isinstance(error, ConnectionBroken):
        return [Check("Reach", Verdict.MISSING, error.message, _AGAIN)]
    advice = "Compare client ID, client secret and realm with the IAM client in IFS; replace the secret here if needed."
    return [reached, Check("Sign-in", Verdict.MISSING, error.message, advice)]


def _companies(answer: Answer, profile: Profile) -> Check:
    if answer.status == 404:
        spec = profile.sets["company"]
        return Check("Companies", Verdict.MISSING, f"IFS has no {spec.set}, or hides it.", _GRANT)
    body = answer.peek(dict) or {}
    rows = body.get("value")
    column = profile.sets["company"].fields["company"]
    names = [str(row.get(column, "")) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    if not names:
        return Check("Companies", Verdict.MISSING, "The service user may see no company.", _ALLOW)
    return Check("Companies", Verdict.FOUND, f"The service user may see {len(names)}: {', '.join(names[:10])}.")


def _clock(answer: Answer, now: datetime) -> Check:
    if answer.date is None:
        return Check("Clock", Verdict.WARNING, "IFS does not say its time.", "Nothing is lost; ours is used instead.")
    off = abs((answer.date - now).total_seconds())
    if off > SKEW:
        advice = "Nothing is lost, but late changes show up late. Have the clock set."
        return Check("Clock", Verdict.WARNING, f"The clocks differ by {off:.0f} s.", advice)
    return Check("Clock", Verdict.FOUND, "The clocks agree.")
