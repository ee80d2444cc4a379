"""What a BILL connection asks for, where a person finds each value, and the same values made ready for use.

https://developer.bill.com/docs/environmental-differences  https://developer.bill.com/docs/bill-keys-tokens
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from integrations.systems.base import Setting
from integrations.systems.bill.drafts import FieldLimits

HOSTS = {"production": "https://gateway.prod.bill.com", "sandbox": "https://gateway.stage.bill.com"}
OWN_URL = "own"

SETTINGS = (
    Setting(
        "environment",
        "Environment",
        "Production and sandbox share nothing: a key or login of one does not work on the other.",
        kind="choice",
        choices=(("production", "Production"), ("sandbox", "Sandbox"), (OWN_URL, "Own address")),
        default="production",
        leads=True,
    ),
    Setting(
        "organization_id",
        "Organization ID",
        "In BILL: Settings, Sync & Integrations, Manage Developer Keys, at the bottom. It starts with 008.",
        leads=True,
    ),
    Setting(
        "dev_key",
        "Developer key",
        "In BILL: Settings, Sync & Integrations, Manage Developer Keys.",
        secret=True,
    ),
    Setting(
        "credential_kind",
        "Signs in with",
        "A sync token survives password changes and cannot move money. A user needs a BILL login of its own.",
        kind="choice",
        choices=(("sync_token", "Sync token (recommended)"), ("user", "User name and password")),
        default="sync_token",
    ),
    Setting(
        "username",
        "Token name or user name",
        "For a token: its name in Settings, Sync & Integrations, Tokens. For a user: the e-mail used to sign in.",
    ),
    Setting(
        "password",
        "Token value or password",
        "BILL shows a token's value once, when it is made; if it is lost, make a new token.",
        secret=True,
    ),
    Setting(
        "base_url",
        "Own address",
        "Only for the environment “Own address”: the gateway's root, such as https://gateway.stage.bill.com.",
        required=False,
        kind="url",
        advanced=True,
        leads=True,
    ),
    Setting(
        "device",
        "Device name",
        "Only with a remembered sign-in: the device it was made for, at most 20 characters.",
        required=False,
        advanced=True,
    ),
    Setting(
        "remember_me_id",
        "Remembered sign-in",
        "The rememberMeId of a second-factor challenge; reading and writing bills works without it.",
        secret=True,
        required=False,
        advanced=True,
    ),
    Setting(
        "search_lag",
        "Seconds until lists show new records",
        "BILL does not say. A lost answer is looked up only after this time, and once more after it.",
        required=False,
        default="30",
        kind="number",
        advanced=True,
    ),
    Setting(
        "max_lines",
        "Most lines on a bill",
        "BILL does not publish its limit. Invoices with more lines are held.",
        required=False,
        default="100",
        kind="number",
        advanced=True,
    ),
    Setting(
        "max_number_length",
        "Longest invoice number",
        "BILL does not publish its limit. Longer invoice and order numbers are held, never cut.",
        required=False,
        default="100",
        kind="number",
        advanced=True,
    ),
)

STEPS = (
    "In BILL, sign in as an administrator of the organization and open Settings, Sync & Integrations.",
    "Under Tokens choose New, name the token ml-connector, and copy its value at once: it is shown only then.",
    "Under Manage Developer Keys copy the developer key, and the organization ID at the bottom of that page.",
    "Enter them here, save, and ping: every line should be found.",
)


@dataclass(frozen=True, slots=True)
class Options:
    """One connection's settings, trimmed (a stray blank in a stored key looks like a wrong key) and parsed."""

    root: str
    organization_id: str
    dev_key: str = field(repr=False)
    username: str
    password: str = field(repr=False)
    sync_token: bool = True
    device: str = ""
    remember_me_id: str = field(default="", repr=False)
    limits: FieldLimits = field(default_factory=FieldLimits)

    @property
    def data_url(self) -> str:
        """The gateway of the records."""
        return f"{self.root}/connect"

    @property
    def events_url(self) -> str:
        """The gateway that administers webhooks: a sibling of the data gateway, never below it."""
        return f"{self.root}/connect-events"

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values that no log line, error or repr may show."""
        return tuple(filter(None, (self.dev_key, self.password, self.remember_me_id)))

    @property
    def developer_limit(self) -> str:
        """The key under which BILL counts requests and sign-ins: the developer key, whoever uses it."""
        return f"bill:{hashlib.sha256(self.dev_key.encode()).hexdigest()[:16]}"

    @property
    def session_name(self) -> str:
        """Where the shared session is kept: another key, login or organization is another session."""
        parts = (self.root, self.organization_id, self.dev_key, self.username, self.password, self.remember_me_id)
        return f"bill-session:{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:32]}"


def options(settings: Mapping[str, str]) -> Options:
    """The settings as a person typed them -> Options; defaults where nothing was typed. No IO."""
    values = {s.name: settings.get(s.name, "").strip() or s.default for s in SETTINGS}
    root = HOSTS.get(values["environment"]) or values["base_url"].rstrip("/")
    return Options(
        root=root,
        organization_id=values["organization_id"],
        dev_key=values["dev_key"],
        username=values["username"],
        password=values["password"],
        sync_token=values["credential_kind"] != "user",
        device=values["device"],
        remember_me_id=values["remember_me_id"],
        limits=FieldLimits(lines=int(values["max_lines"]), number=int(values["max_number_length"])),
    )


def faults(settings: Mapping[str, str]) -> dict[str, str]:
    """What the form can say beyond "is needed": values that cannot be right together or in their form."""
    values = {name: value.strip() for name, value in settings.items()}
    found: dict[str, str] = {}
    if values.get("environment") == OWN_URL and not urlsplit(values.get("base_url", "")).hostname:
        found["base_url"] = "With an own address, enter it: the gateway's root, such as https://gateway.stage.bill.com."
    if values.get("organization_id", "008")[:3] != "008":
        found["organization_id"] = "An organization ID starts with 008; copy it from Manage Developer Keys in BILL."
    if bool(values.get("device")) != bool(values.get("remember_me_id")):
        found["device"] = "A device name and a remembered sign-in go together: enter both or neither."
    if len(values.get("device", "")) > 20:
        found["device"] = "Use a device name of at most 20 characters; BILL refuses long ones."
    for name in ("max_lines", "max_number_length", "search_lag"):
        value = values.get(name) or "1"
        if not (value.isascii() and value.isdigit() and 0 < int(value) <= 10_000):
            found[name] = "Enter a whole number from 1 to 10000."
    return found


def environment(settings: Mapping[str, str]) -> str:
    """production, sandbox or simulator, for the badge beside the connection's name."""
    chosen = settings.get("environment", "") or "production"
    host = urlsplit(HOSTS.get(chosen) or settings.get("base_url", "")).hostname or ""
    if host == urlsplit(HOSTS["production"]).hostname:
        return "production"
    return "sandbox" if host == urlsplit(HOSTS["sandbox"]).hostname else "simulator"
