"""The ping of an IFS Cloud connection: what works, what is missing, and what the person does next, within 10 s."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException

from integrations.engine.errors import ConnectionBroken, SyncError
from integrations.systems.base import Check, Verdict
from integrations.systems.ifs import metadata
from integrations.systems.ifs.auth import BearerAuth
from integrations.systems.ifs.profile import Profile, SetSpec
from integrations.transport.answer import Answer
from integrations.transport.client import ApiClient

SECONDS = 9.0
SKEW = 300.0  # seconds; beyond it the watermark of a poll suffers
_GRANT = "Grant the projection to the permission set of the service user, or correct the API profile."
_UNREACHED = {"unreachable", "tls", "cut_off", "egress_refused", "redirect", "web_page"}


def ping(api: ApiClient, auth: BearerAuth, profile: Profile, root: str, now: Callable[[], datetime]) -> Sequence[Check]:
    """Reach and sign-in first, then every set; lines in a fixed order."""
    ends = time.monotonic() + SECONDS
    company = profile.sets["company"]
    try:
        answer = api.get(f"{root}/{company.set}", params="$top=100")
    except SyncError as error:
        return _unreached(error)
    checks = [
        Check("Reach", Verdict.FOUND, f"{answer.host} answers."),
        Check("Sign-in", Verdict.FOUND, "The client is accepted and gets tokens."),
        _companies(answer),
        _clock(answer, now()),
    ]
    with ThreadPoolExecutor(max_workers=6) as pool:
        needed = [each for each in profile.needs() if each[0] != "supplier_contact"]
        checks += pool.map(lambda each: _set(api, root, each[0], each[1], ends), needed)
    return checks


def _unreached(error: SyncError) -> list[Check]:
    if error.code in _UNREACHED:
        advice = "Check the address of your IFS Cloud, and that it can be reached from the internet."
        return [Check("Reach", Verdict.MISSING, error.message, advice)]
    reached = Check("Reach", Verdict.FOUND, "IFS answers.")
    if error.code in ("forbidden", "profile"):
        signed = Check("Sign-in", Verdict.FOUND, "The client is accepted.")
        return [reached, signed, Check("Companies", Verdict.MISSING, error.message, _GRANT)]
    advice = "Compare client ID, client secret and realm with the IAM client in IFS; replace the secret here if needed."
    return [reached, Check("Sign-in", Verdict.MISSING, error.message, advice)]


def _companies(answer: Answer) -> Check:
    body = answer.peek(dict) or {}
    names = [str(row.get("Company", "")) for row in body.get("value", []) if isinstance(row, dict)]
    if answer.status == 404:
        return Check("Companies", Verdict.MISSING, "IFS has no such set for companies.", "Correct the API profile.")
    if not names:
        advice = "Add the company to the service user's Allowed Companies: without it IFS answers with empty lists."
        return Check("Companies", Verdict.MISSING, "The service user may see no company.", advice)
    return Check("Companies", Verdict.FOUND, f"The service user may see {len(names)}: {', '.join(names[:10])}.")


def _clock(answer: Answer, now: datetime) -> Check:
    if answer.date is None:
        return Check("Clock", Verdict.WARNING, "IFS does not say its time.", "")
    off = abs((answer.date - now).total_seconds())
    if off > SKEW:
        advice = "Nothing is lost, but late changes show up late. Have the clock set."
        return Check("Clock", Verdict.WARNING, f"The clocks differ by {off:.0f} s.", advice)
    return Check("Clock", Verdict.FOUND, "The clocks agree.")


def _set(api: ApiClient, root: str, name: str, spec: SetSpec, ends: float) -> Check:
    """Declared with the needed fields, and readable."""
    title = f"{name.replace('_', ' ').capitalize()} ({spec.set})"
    lack = Verdict.WARNING if spec.optional else Verdict.MISSING
    if time.monotonic() > ends:
        return Check(title, Verdict.WARNING, "Not looked at: the other checks took too long.", "Ping again.")
    if spec.navigation and name == "supplier_address_type":
        return Check(title, Verdict.FOUND, "Read from each address of new and changed suppliers.")
    try:
        answer = api.get(f"{root}/{spec.projection}.svc/$metadata", headers={"Accept": "application/xml"})
        if answer.status == 404:
            return Check(title, lack, f"IFS has no projection {spec.projection}.", _GRANT)
        missing = metadata.lacking(spec, metadata.sets_of(answer.body))
        if missing:
            return Check(title, lack, " ".join(missing), "Correct the name in the profile overrides.")
        probe = api.get(f"{root}/{spec.set}", params="$top=1")
    except (ParseError, DefusedXmlException, ValueError):
        return Check(title, lack, "Its $metadata cannot be read.", "Ask the administrator of IFS.")
    except SyncError as error:
        return Check(title, lack, error.message, _GRANT if isinstance(error, ConnectionBroken) else "Ping again.")
    if probe.status == 404:
        return Check(title, lack, "It is declared, but cannot be read.", _GRANT)
    return Check(title, Verdict.FOUND, "Can be read.")
