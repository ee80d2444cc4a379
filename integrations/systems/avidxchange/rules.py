"""What a profile may say: secrets only in slots of headers, paths that stay where they are, no expression language."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from integrations.systems.avidxchange.profile import Operation, Profile, load
from integrations.systems.avidxchange.wire import PATH
from integrations.transport.redact import is_secret_name

HEADER_SLOTS = frozenset({"company_token", "user_token", "access_token", "gateway_key", "company_id"})
PATH_SLOTS = frozenset({"acct", "company_id", "id", "job"})
SLOT = re.compile(r"\{(\w*)\}")
NEEDED = frozenset({"invoice.key", "payment.key", "vendor.key", "system.key", "invoice.gross", "payment.amount"})

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # a header name, RFC 9110 section 5.6.2
_PARAM = re.compile(r"[A-Za-z_$][\w.$-]*", re.ASCII)
_SEGMENTS = re.compile(r"(?:/(?:[\w.~-]|\{\w+\})+)+", re.ASCII)
_SECRET_LIKE = re.compile(r"(?=[\w+/=.~-]*[0-9])(?=[\w+/=.~-]*[A-Za-z])[\w+/=.~-]{16,}", re.ASCII)
_FORMAT = re.compile(r"(?:%[YmdHMS]|[-/: TZ.])+")


def faults(preset: str, overrides: str) -> list[str]:
    """Every sentence against the profile. Raises ConnectionBroken when it has not even the shape of one."""
    profile = load(preset, overrides)
    known = load(preset)
    return [
        *_header_faults(profile),
        *_operation_faults(profile, known),
        *_field_faults(profile, known),
        *_number_faults(profile),
        *_address_faults(profile),
    ]


def _header_faults(profile: Profile) -> Iterator[str]:
    """Rule 1: a header's value is made of slots and plain words."""
    headers = [pair for mode in profile.auth.headers.values() for pair in mode.items()]
    names = [*(name for name, _ in headers), *filter(None, (profile.writes.idempotency_header, profile.company.name))]
    yield from (f"'{name}' is not a header name." for name in names if not _TOKEN.fullmatch(name))
    for name, value in headers:
        yield from (f"The header {name} has a slot '{slot}' that does not exist." for slot in _strange(value))
        if secret_like(value) or (is_secret_name(name) and not SLOT.search(value)):
            yield f"The header {name} seems to hold a secret: put a slot such as {{user_token}} in its place."


def _operation_faults(profile: Profile, known: Profile) -> Iterator[str]:
    """Rule 4: a path is a template of named parameters."""
    for name, operation in profile.operations.items():
        if name not in known.operations:
            yield f"'{name}' is not an operation this product knows."
        if operation is not None:
            yield from (f"{name}: {fault}" for fault in _call_faults(operation))
    if not profile.offers("ping"):
        yield "The operation 'ping' is needed."
    if profile.invoices.read_mode == "closed_batches" and not profile.offers("invoice_batches.closed"):
        yield "To read closed batches, the operation 'invoice_batches.closed' is needed."
    yield from (f"'{path}' is not a path." for path in _prefixes(profile) if not _path(path))


def _call_faults(operation: Operation) -> Iterator[str]:
    if not _path(operation.path):
        yield f"'{operation.path}' is not a path such as /accountingSystems/{{acct}}/vendors."
    places = [operation.path, *operation.params.values()]
    yield from (
        f"the slot '{slot}' may not stand outside a header."
        for place in places
        for slot in SLOT.findall(place)
        if slot not in PATH_SLOTS
    )
    for key, value in operation.params.items():
        if secret_like(value) or is_secret_name(key):
            yield f"the parameter '{key}' seems to hold a secret, which belongs into a header's slot."
    names = [*operation.params, *filter(None, (operation.id_param, operation.from_param, operation.to_param))]
    yield from (f"'{name}' is not the name of a parameter." for name in names if not _PARAM.fullmatch(name))


def _field_faults(profile: Profile, known: Profile) -> Iterator[str]:
    """Rule 5: a field is a list of dotted paths."""
    yield from (f"'{name}' is not a field this product knows." for name in profile.fields if name not in known.fields)
    yield from (f"The field '{name}' is needed." for name in sorted(NEEDED) if not profile.fields.get(name))
    paging, writes = profile.paging, profile.writes
    names = (paging.items, paging.links, writes.results, writes.ok, writes.key, writes.item, writes.errors)
    paths = [*names, *paging.page_count, *paging.total, *writes.message]
    paths += [path for found in profile.fields.values() for path in found]
    yield from (f"'{path}' is not a field name such as Address.City or Groups[0].Name." for path in paths if _odd(path))


def _number_faults(profile: Profile) -> Iterator[str]:
    bounds = {
        "paging.size": (profile.paging.size, 1, 5000),
        "paging.max_pages": (profile.paging.max_pages, 1, 100_000),
        "dates.max_window_days": (profile.dates.max_window_days, 1, 366),
        "dates.overlap_days": (profile.dates.overlap_days, 1, 30),
        "writes.chunk": (profile.writes.chunk, 1, 1000),
        "limits.per_minute": (profile.limits.per_minute, 1, 100_000),
        "limits.concurrency": (profile.limits.concurrency, 1, 20),
        "limits.read_s": (profile.limits.read_s, 1, 60),
        "auth.default_expires_in_s": (profile.auth.default_expires_in_s, 1, 86_400),
        "auth.expiry_skew_s": (profile.auth.expiry_skew_s, 0, 3600),
    }
    for name, (value, least, most) in bounds.items():
        if not least <= value <= most:
            yield f"{name} has to be from {least} to {most}."


def _address_faults(profile: Profile) -> Iterator[str]:
    """Rule 3, as far as it can be told without the network; the transport refuses the rest."""
    url = profile.auth.token_url
    if url is not None and (urlsplit(url).scheme not in ("https", "http") or not urlsplit(url).hostname):
        yield "auth.token_url has to be an address such as https://login.example.com/token."
    if not _FORMAT.fullmatch(profile.dates.filter_format) or "%d" not in profile.dates.filter_format:
        yield "dates.filter_format has to be made of %Y, %m, %d, %H, %M and %S."


def secret_like(value: str) -> bool:
    """Whether something in a literal text looks like a token: long, with letters and digits."""
    return _SECRET_LIKE.search(SLOT.sub(" ", value)) is not None


def _strange(value: str) -> list[str]:
    return [slot for slot in SLOT.findall(value) if slot not in HEADER_SLOTS]


def _prefixes(profile: Profile) -> list[str]:
    return [path for path in (profile.api_prefix, profile.auth.login_path) if path]


def _path(path: str) -> bool:
    return _SEGMENTS.fullmatch(path) is not None and ".." not in path


def _odd(path: str) -> bool:
    return PATH.fullmatch(path) is None
