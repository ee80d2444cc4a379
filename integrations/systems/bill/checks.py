"""The ping of a BILL connection: what works, what is missing, and what the person does next, within 10 s."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime

from integrations.engine.errors import Retryable, SyncError
from integrations.systems.base import Check, Verdict
from integrations.systems.bill import resources, wire
from integrations.systems.bill.budget import LANES
from integrations.systems.bill.settings import Options
from integrations.transport.answer import Answer
from integrations.transport.client import ApiClient

SECONDS = 9.0  # for the whole ping
REQUEST_SECONDS = 4.0  # for one request of it
SKEW = 120.0  # seconds; beyond it cursors and the deadline of a write suffer

# What went wrong before BILL itself answered.
NOT_REACHED = {"unreachable", "tls", "cut_off", "egress_refused", "redirect", "web_page", "wrong_path"}


@dataclass(frozen=True, slots=True)
class Probe:
    """One harmless read: where, and how bad it is when it is refused."""

    name: str
    api: ApiClient
    path: str
    params: str
    lack: Verdict
    advice: str


def ping(options: Options, data: ApiClient, events: ApiClient, now: Callable[[], datetime]) -> Sequence[Check]:
    """Signs in, then looks at each resource; never raises SyncError. Lines come in a fixed order."""
    ends = time.monotonic() + SECONDS
    try:
        answer = data.get("/v3/login/session")
        session = answer.decode(wire.WireSession)
    except SyncError as error:
        return [*_unreached(error), *(_skipped(probe.name) for probe in _probes(data, events))]
    checks = [
        Check("Reach", Verdict.FOUND, f"{answer.host} answers."),
        _signed_in(options),
        _organization(options, session),
        _clock(answer, now()),
    ]
    return checks + _look(_probes(data, events), ends)


def _unreached(error: SyncError) -> list[Check]:
    """Which of the first two steps failed: reaching BILL, or signing in."""
    reached = error.code not in {
        "unreachable",
        "tls",
        "cut_off",
        "egress_refused",
        "redirect",
        "web_page",
        "wrong_path",
    }
    if not reached:
        advice = "Check the environment (or the own address) of this connection, then ping again."
        return [Check("Reach", Verdict.MISSING, error.message, advice), _skipped("Sign-in")]
    advice = "Correct it in this connection or in BILL, then ping again."
    if isinstance(error, Retryable):
        advice = "Ping again in a few minutes."
    return [Check("Reach", Verdict.FOUND, "BILL answers."), Check("Sign-in", Verdict.MISSING, error.message, advice)]


def _signed_in(options: Options) -> Check:
    if options.sync_token:
        return Check("Sign-in", Verdict.FOUND, "Signed in with a sync token; the session lasts 48 hours without use.")
    return Check(
        "Sign-in",
        Verdict.WARNING,
        "Signed in as a user; the session lasts 35 minutes without use.",
        "Prefer a sync token: it survives password changes and cannot move money.",
    )


def _organization(options: Options, session: wire.WireSession) -> Check:
    if session.organization_id == options.organization_id:
        return Check("Organization", Verdict.FOUND, f"The session is for {options.organization_id}.")
    return Check(
        "Organization",
        Verdict.MISSING,
        f"The session is for {session.organization_id or 'no organization'}.",
        "Copy the organization ID from Settings, Sync & Integrations, Manage Developer Keys in BILL.",
    )


def _clock(answer: Answer, now: datetime) -> Check:
    if answer.date is None:
        return Check("Clock", Verdict.WARNING, "BILL did not say what time it is.")
    skew = (answer.date - now).total_seconds()
    if abs(skew) <= SKEW:
        return Check("Clock", Verdict.FOUND, "The clocks agree.")
    return Check(
        "Clock",
        Verdict.WARNING,
        f"BILL's clock and ours differ by {abs(skew):.0f} seconds.",
        "Changes are still found, by BILL's clock; have our server's clock checked.",
    )


def _probes(data: ApiClient, events: ApiClient) -> list[Probe]:
    grant = "Have an administrator of BILL grant this login the right to it, or use a login that has it."
    one = "max=1"
    found = [
        Probe(resource.label.capitalize(), data, resource.path, one, Verdict.MISSING, grant)
        for resource in resources.RESOURCES
        if resource.kind in ("vendor", "bill", "credit", "account")
    ]
    found += [
        Probe(resource.label.capitalize(), data, resource.path, one, Verdict.WARNING, grant)
        for resource in resources.DIMENSIONS
    ]
    found.append(Probe("Payments", data, "/v3/payments", one, Verdict.WARNING, grant))
    found.append(
        Probe(
            "Webhooks",
            events,
            "/v3/events/catalog",
            "",
            Verdict.WARNING,
            "Nothing to do: without webhooks changes are found by polling, a little later.",
        )
    )
    return found


def _look(probes: Sequence[Probe], ends: float) -> list[Check]:
    pool = ThreadPoolExecutor(LANES, thread_name_prefix="bill-ping")
    futures: list[Future[Check]] = [pool.submit(_probe, probe) for probe in probes]
    wait(futures, timeout=max(0.0, ends - time.monotonic()))
    pool.shutdown(wait=False, cancel_futures=True)
    return [
        future.result() if future.done() and not future.cancelled() else _late(probe.name)
        for future, probe in zip(futures, probes, strict=True)
    ]


def _probe(probe: Probe) -> Check:
    try:
        answer = probe.api.get(probe.path, params=probe.params)
    except SyncError as error:
        advice = "Ping again in a minute." if isinstance(error, Retryable) else probe.advice
        return Check(probe.name, probe.lack, error.message, advice)
    if answer.status == 404:
        return Check(probe.name, probe.lack, "BILL does not know this address.", probe.advice)
    return Check(probe.name, Verdict.FOUND, "Can be read.")


def _skipped(name: str) -> Check:
    return Check(name, Verdict.WARNING, "Not looked at, because the step before failed.")


def _late(name: str) -> Check:
    return Check(name, Verdict.WARNING, "BILL was too slow to look at this in time.", "Ping again in a minute.")
