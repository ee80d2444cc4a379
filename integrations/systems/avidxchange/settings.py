"""What an AvidXchange connection asks for, where a person finds each value, and the same values made ready for use."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import cast, get_args
from urllib.parse import urlsplit

from integrations.engine.errors import ConnectionBroken
from integrations.systems.avidxchange import rules
from integrations.systems.avidxchange.profile import PRESETS, Mode, Profile, load
from integrations.systems.base import Setting

_ENVIRONMENTS = (("production", "Production"), ("sandbox", "Sandbox"), ("simulator", "Simulator"))
_MODES = (
    ("token_pair", "Company token and user token"),
    ("oauth2_client_credentials", "Client ID and secret (partners)"),
    ("gateway_login", "Gateway key and user login"),
)
_PRESET_LABELS = ("Assumed API, version 1", "AvidSuite of 2019 (closed batches, nothing is written)", "Simulator")
# What each way of signing in cannot do without.
NEEDED: Mapping[Mode, tuple[str, ...]] = {
    "token_pair": ("company_token", "user_token"),
    "oauth2_client_credentials": ("client_id", "client_secret", "company_id"),
    "gateway_login": ("gateway_key", "username", "password"),
}
SECRETS = ("company_token", "user_token", "client_secret", "gateway_key", "password")
_MOST_DAYS = 3650

SETTINGS = (
    Setting(
        "environment",
        "Environment",
        "Which of AvidXchange's environments the address and the credentials are of.",
        kind="choice",
        choices=_ENVIRONMENTS,
        default="production",
        leads=True,
    ),
    Setting(
        "base_url",
        "API address",
        "The root of the API, without /v1. AvidXchange tells it after onboarding; it is not published.",
        kind="url",
        leads=True,
    ),
    Setting(
        "auth_mode",
        "Signs in with",
        "Customers have a company token and a user token; partners a client ID and secret.",
        required=False,
        kind="choice",
        choices=_MODES,
        default="token_pair",
    ),
    Setting(
        "company_token",
        "Company token",
        "In AvidSuite: System Setup, Account Information, Connections, API.",
        secret=True,
        required=False,
    ),
    Setting("user_token", "User token", "On the same page of AvidSuite.", secret=True, required=False),
    Setting("client_id", "Client ID", "Only for partners: from AvidXchange's onboarding.", required=False),
    Setting("client_secret", "Client secret", "Only for partners.", secret=True, required=False),
    Setting("gateway_key", "Gateway key", "Only with a user login.", secret=True, required=False),
    Setting("username", "User name", "Only with a gateway key.", required=False),
    Setting("password", "Password", "Only with a gateway key.", secret=True, required=False),
    Setting(
        "company_id",
        "Company ID",
        "AvidXchange's own id of your company; partners need it, customers only if AvidXchange says so.",
        required=False,
        leads=True,
    ),
    Setting(
        "acct",
        "Accounting system",
        "The id of the accounting system in AvidXchange. Leave it empty and ping: the ping lists them.",
        required=False,
        leads=True,
    ),
    Setting(
        "backfill_days",
        "Days to look back at first",
        "How far back invoices and payments are read the first time; 0 begins today.",
        required=False,
        default="30",
        kind="number",
        advanced=True,
    ),
    Setting(
        "preset",
        "API profile",
        "Which version of the API this is. AvidXchange does not publish it, so every name can be changed below.",
        required=False,
        default="assumed-v1",
        kind="choice",
        choices=tuple(zip(PRESETS, _PRESET_LABELS, strict=True)),
        advanced=True,
        leads=True,
    ),
    Setting(
        "profile",
        "Profile overrides",
        "JSON laid over the API profile where your document of the API has other names. Never put a secret here.",
        required=False,
        kind="json",
        advanced=True,
        leads=True,
    ),
)

STEPS = (
    "In AvidSuite open System Setup, Account Information, Connections, API.",
    "Generate a company token and a user token there, and copy both: they are sent with every call.",
    "Ask AvidXchange for the address of the API of your environment.",
    "Enter them here, save, and ping: the ping lists the accounting systems. Enter the id of yours and ping again.",
)


@dataclass(frozen=True, slots=True)
class Options:
    """One connection's settings, trimmed and parsed. `slots` are the values that headers may name."""

    base_url: str
    mode: Mode
    profile: Profile
    acct: str
    company_id: str
    backfill_days: int
    client_id: str
    username: str
    client_secret: str = field(repr=False)
    password: str = field(repr=False)
    slots: Mapping[str, str] = field(repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values that no log line, error or repr may show."""
        held = (self.client_secret, self.password, *(self.slots[name] for name in SECRETS if name in self.slots))
        return tuple(filter(None, held))

    @property
    def digest(self) -> str:
        """Tells the credentials of one connection from another's, and from its own older ones."""
        parts = (self.base_url, self.mode, self.company_id, self.client_id, self.username, *self.secrets)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers that sign a request, as templates."""
        return self.profile.auth.headers.get(self.mode, {})


def options(settings: Mapping[str, str]) -> Options:
    """The settings as a person typed them -> Options; no IO. Raises ConnectionBroken when they do not fit together."""
    values = _filled(settings)
    if against := faults(settings):
        raise ConnectionBroken(" ".join(against.values()), code="profile" if "profile" in against else "settings")
    return Options(
        base_url=values["base_url"],
        mode=cast(Mode, values["auth_mode"]),
        profile=load(values["preset"], values["profile"]),
        acct=values["acct"],
        company_id=values["company_id"],
        backfill_days=int(values["backfill_days"]),
        client_id=values["client_id"],
        username=values["username"],
        client_secret=values["client_secret"],
        password=values["password"],
        slots={name: values[name] for name in ("company_token", "user_token", "gateway_key", "company_id")},
    )


def faults(settings: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the values beyond being missing: by mode, by profile."""
    values, found = _filled(settings), dict[str, str]()
    labels = {setting.name: setting.label for setting in SETTINGS}
    mode = values["auth_mode"]
    for name in NEEDED[cast(Mode, mode)] if mode in get_args(Mode) else ():
        if not values[name]:
            found[name] = f"{labels[name]} is needed to sign in with: {dict(_MODES)[mode]}."
    days = values["backfill_days"]
    if not (days.isascii() and days.isdigit() and int(days) <= _MOST_DAYS):
        found["backfill_days"] = f"Enter a whole number from 0 to {_MOST_DAYS}."
    try:
        against = rules.faults(values["preset"], values["profile"])
    except ConnectionBroken as error:
        against = [error.message]
    if against:
        found["profile"] = " ".join(dict.fromkeys(against))
    return found


def environment(settings: Mapping[str, str]) -> str:
    """production, sandbox or simulator; an address of this machine is always a simulator's."""
    host = urlsplit(settings.get("base_url", "")).hostname or ""
    try:
        local = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        local = False
    return "simulator" if local else settings.get("environment", "") or "production"


def _filled(settings: Mapping[str, str]) -> dict[str, str]:
    """Every setting, trimmed (a stray blank in a stored token looks like a wrong one), with its default."""
    values = {each.name: settings.get(each.name, "").strip() or each.default for each in SETTINGS}
    if not settings.get("auth_mode", "").strip() and values["preset"] in PRESETS:
        values["auth_mode"] = load(values["preset"]).auth.mode
    values["base_url"] = values["base_url"].rstrip("/")
    return values
