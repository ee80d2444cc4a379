"""Who may come in: sign-in, sessions with a sliding idle time, and the limits per developer key.

Vendor pages: https://developer.bill.com/reference/login https://developer.bill.com/docs/token-based-sign-in
https://developer.bill.com/docs/api-rate-limits
"""

import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from integrations.systems.bill.simulator.checks import Checks
from integrations.systems.bill.simulator.config import Credential, Organization, SimulatorConfig
from integrations.systems.bill.simulator.errors import (
    Refusal,
    concurrency_limit,
    hourly_limit,
    invalid,
    refuse,
    session_invalid,
)
from integrations.systems.bill.simulator.wire import Json

_HOUR = 3_600_000


@dataclass
class Session:
    """A signed-in user or token of one organization; bound to the developer key it was made with."""

    id: str
    organization: Organization
    dev_key: str
    credential: Credential
    trusted: bool
    last_used: int  # milliseconds since 1970


class Access:
    """Sessions and counters, in memory: a restart signs everybody out."""

    def __init__(self, config: SimulatorConfig) -> None:
        self.config = config
        self.organizations = {organization.id: organization for organization in config.organizations}
        self.sessions: dict[str, Session] = {}
        self.in_flight: Counter[tuple[str, str]] = Counter()
        self.logins = 0
        self._used: Counter[tuple[str, str, int]] = Counter()

    def login(self, body: Json, now: int) -> Json:
        """A new session for the credentials of a POST /v3/login body; 401 when any of them is wrong."""
        checks = Checks()
        names = ("username", "password", "organizationId", "devKey")
        username, password, organization_id, dev_key = (checks.text(body, name, "", required=True) for name in names)
        if bool(body.get("rememberMeId")) != bool(body.get("device")):
            checks.add("device", "rememberMeId and device must be given together")
        if checks.messages:
            raise invalid(checks.messages)
        self._count("login", dev_key, now, self.config.logins_per_hour, self.config.limit_status)
        status = self.config.login_failure_status
        if not any(dev_key in organization.dev_keys for organization in self.organizations.values()):
            raise refuse(status, "BDC_1102", "Developer key is invalid.")
        organization = self.organizations.get(organization_id)
        if organization is None or dev_key not in organization.dev_keys:
            raise refuse(status, "BDC_1123", "Organization id is invalid.")
        for credential in organization.credentials:
            if credential.username == username and secrets.compare_digest(
                credential.password.encode(), password.encode()
            ):
                break
        else:
            raise refuse(status, "BDC_1101", "Invalid username or password.")
        device = organization.remembered_devices.get(str(body.get("rememberMeId")))
        trusted = credential.kind == "user" and device is not None and device == body.get("device")
        session = Session(secrets.token_hex(24), organization, dev_key, credential, trusted, now)
        self.sessions[session.id] = session
        self.logins += 1
        return {
            "sessionId": session.id,
            "organizationId": organization.id,
            "userId": credential.user_id,
            "trusted": trusted,
        }

    def session(self, headers: Mapping[str, str], now: int) -> Session:
        """The live session of a request; each use restarts its idle time. 401 BDC_1109 for any other."""
        session = self.sessions.get(headers.get("sessionid", ""))
        if session is None or session.dev_key != headers.get("devkey", ""):
            raise session_invalid()
        config = self.config
        token = session.credential.kind == "token"
        idle = config.token_session_seconds if token else config.user_session_seconds
        if now - session.last_used > idle * 1000:
            self.sessions.pop(session.id, None)
            raise session_invalid()
        session.last_used = now
        return session

    def end(self, session_id: str) -> None:
        """Forget one session."""
        self.sessions.pop(session_id, None)

    def end_all(self, organization_id: str = "") -> None:
        """Forget every session, or those of one organization."""
        self.sessions = {
            key: session
            for key, session in self.sessions.items()
            if organization_id not in ("", session.organization.id)
        }

    def lane(self, headers: Mapping[str, str], login: Json | None) -> tuple[str, str]:
        """The (developer key, organization) a request counts under, as far as it says one."""
        if login is not None:
            return str(login.get("devKey", "")), str(login.get("organizationId", ""))
        session = self.sessions.get(headers.get("sessionid", ""))
        return headers.get("devkey", ""), session.organization.id if session else ""

    def enter(self, lane: tuple[str, str], *, events: bool) -> Refusal | None:
        """Take one of the slots in flight; the refusal when there is none left."""
        if lane[1] and self.in_flight[lane] >= self.config.max_in_flight:
            return concurrency_limit(self.config.events_limit_status if events else self.config.limit_status)
        self.in_flight[lane] += 1
        return None

    def leave(self, lane: tuple[str, str]) -> None:
        """Give the slot back."""
        self.in_flight[lane] -= 1

    def count_request(self, dev_key: str, now: int, *, events: bool) -> None:
        """Count one request of the developer key in its clock hour; raises BDC_1144 when the hour is used up."""
        status = self.config.events_limit_status if events else self.config.limit_status
        self._count("request", dev_key, now, self.config.requests_per_hour, status)

    def _count(self, what: str, dev_key: str, now: int, allowed: int, status: int) -> None:
        key = (what, dev_key, now // _HOUR)
        if self._used[key] >= allowed:
            raise hourly_limit(status, allowed)
        self._used[key] += 1
