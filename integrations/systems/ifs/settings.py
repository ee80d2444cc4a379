"""What an IFS Cloud connection asks for, and where a person finds each value.

https://docs.ifs.com/techdocs/24r1/040_tailoring/300_extensibility/010_get_started/400_quickstarts/010_auth/
"""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from integrations.engine.errors import ConnectionBroken
from integrations.systems.base import Setting
from integrations.systems.ifs import profile

SETTINGS = (
    Setting(
        "base_url",
        "Address of your IFS Cloud",
        "What stands in the browser when you use IFS, up to the first slash, such as https://acme.ifs.cloud.",
        kind="url",
        leads=True,
    ),
    Setting(
        "realm",
        "Realm",
        "Also called namespace: the part after /realms/ in the token address. It is not derived from the address.",
        leads=True,
    ),
    Setting("client_id", "Client ID", "Solution Manager, Users and Permissions, IAM Client: the client's ID."),
    Setting("client_secret", "Client secret", "On the same page, after the client is saved.", secret=True),
    Setting(
        "scope",
        "Scope",
        "Only if your administrator gave you another one.",
        required=False,
        default="openid microprofile-jwt",
        advanced=True,
    ),
    Setting(
        "profile",
        "API profile",
        "Which projections, sets and fields your release has. Ping says what does not fit.",
        required=False,
        default="default",
        kind="choice",
        choices=tuple((name, name.capitalize()) for name in profile.PRESETS),
        advanced=True,
        leads=True,
    ),
    Setting(
        "profile_overrides",
        "Profile overrides",
        "JSON laid over the profile where your tenant has other names.",
        required=False,
        kind="json",
        advanced=True,
        leads=True,
    ),
    Setting(
        "endpoint",
        "Endpoint",
        "main unless your administrator tells you to use the integration endpoint.",
        required=False,
        default="main",
        kind="choice",
        choices=(("main", "main"), ("int", "int")),
        advanced=True,
        leads=True,
    ),
    Setting(
        "page_size",
        "Rows per page",
        "At most 5000.",
        required=False,
        default="5000",
        kind="number",
        advanced=True,
    ),
    Setting(
        "requests_per_minute",
        "Requests per minute",
        "What your environment allows us; we stay 2 % below it.",
        required=False,
        default="1000",
        kind="number",
        advanced=True,
    ),
    Setting(
        "use_select",
        "Ask for needed fields only",
        "Switch off if your projections refuse $select.",
        required=False,
        default="yes",
        kind="choice",
        choices=(("yes", "Yes"), ("no", "No")),
        advanced=True,
    ),
)

STEPS = (
    "In IFS Solution Manager open Users and Permissions, Identity and Access Manager, IAM Client.",
    "Make a confidential client there, with service accounts switched on.",
    "Name the service user in the client's Username field.",
    "Give the user a permission set that grants the projections we read and write (ping lists them).",
    "Add the company to the service user's Allowed Companies: without it IFS answers with empty lists.",
    "Copy client ID, client secret and the realm into this form, save, and ping.",
)
_WORD = re.compile(r"[A-Za-z0-9._-]{1,100}\Z")


def filled(settings: Mapping[str, str]) -> dict[str, str]:
    """Every setting, trimmed, with its default where nothing was typed."""
    values = {each.name: settings.get(each.name, "").strip() or each.default for each in SETTINGS}
    values["base_url"] = values["base_url"].rstrip("/")
    return values


def faults(settings: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the values beyond being missing."""
    values, found = filled(settings), {}
    if values["realm"] and not _WORD.match(values["realm"]):
        found["realm"] = "A realm holds letters, digits, dots, dashes and underscores only."
    for name, most in (("page_size", 5000), ("requests_per_minute", 100_000)):
        if not values[name].isascii() or not values[name].isdigit() or not 1 <= int(values[name]) <= most:
            found[name] = f"Enter a whole number from 1 to {most}."
    try:
        profile.load(values["profile"], values["profile_overrides"])
    except ConnectionBroken as error:
        found["profile_overrides"] = error.message
    return found


def environment(settings: Mapping[str, str]) -> str:
    """ "simulator" for an address of this machine, else "production"."""
    host = urlsplit(settings.get("base_url", "")).hostname or ""
    if host == "localhost":
        return "simulator"
    try:
        return "simulator" if ip_address(host).is_loopback else "production"
    except ValueError:
        return "production"
