"""The API profile: every path, header, parameter and field name of a connection, which AvidXchange does not publish.

Presets are JSON files, one may extend another; a connection lays its overrides over its preset, member by member. A
new document of AvidXchange's is a new profile, not new code. What a profile may say stands at `rules`.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from integrations.engine.errors import ConnectionBroken
from integrations.engine.records import InvoiceState, PaymentState

PRESETS = ("assumed-v1", "avidsuite-2019", "simulator")
Mode = Literal["token_pair", "oauth2_client_credentials", "gateway_login"]


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all members: a name that is not known is refused, since it would do nothing."""


class AuthSpec(Part, frozen=True, kw_only=True):
    """How requests are signed; `headers` by mode, with slots in braces. Times are seconds.

    `token_url` None: /token of the connection's own address. `login_path` stands behind the prefix.
    """

    mode: Mode
    login_path: str
    client_auth: Literal["basic", "body"]
    expiry_skew_s: float
    default_expires_in_s: float
    headers: dict[Mode, dict[str, str]]
    token_url: str | None = None
    scope: str | None = None


class CompanySpec(Part, frozen=True, kw_only=True):
    """Where the company id goes on every call."""

    send_as: Literal["header", "query", "none"]
    name: str


class PagingSpec(Part, frozen=True, kw_only=True):
    """How lists are paged: by number, or by the link that each page gives."""

    style: Literal["page_number", "links"]
    page_param: str
    size_param: str
    size: int
    first: int
    items: str
    page_count: tuple[str, ...]
    total: tuple[str, ...]
    links: str
    max_pages: int


class DatesSpec(Part, frozen=True, kw_only=True):
    """How lists are narrowed to what changed: whole days, both ends included."""

    filter_format: str
    from_param: str
    to_param: str
    max_window_days: int
    overlap_days: int


class Operation(Part, frozen=True, kw_only=True):
    """One call; `params` go with it as they are, `id_param` is the query key of an id, the dates' names may differ."""

    method: Literal["GET", "POST", "PUT"]
    path: str
    params: dict[str, str] = {}
    id_param: str = ""
    from_param: str = ""
    to_param: str = ""


class InvoicesSpec(Part, frozen=True, kw_only=True):
    """How invoices are read and their words meant; `currency` is what an invoice or payment without one is in."""

    read_mode: Literal["list", "closed_batches"]
    post_statuses: tuple[str, ...]
    states: dict[str, InvoiceState]
    account_group: str
    currency: str


class PaymentSpec(Part, frozen=True, kw_only=True):
    """What the words of a payment mean; one that is not listed is unknown."""

    status_map: dict[str, PaymentState]
    method_map: dict[str, str]


class WritesSpec(Part, frozen=True, kw_only=True):
    """How writes go out and what their answers say."""

    chunk: int
    results: str
    ok: str
    key: str
    item: str
    errors: str
    message: tuple[str, ...]
    idempotency_header: str | None = None


class LimitsSpec(Part, frozen=True, kw_only=True):
    """What we allow ourselves; `read_s` seconds for one request in all."""

    per_minute: int
    concurrency: int
    read_s: float


class Profile(Part, frozen=True, kw_only=True):
    """A whole profile. An operation that is None is not offered."""

    schema: Literal[1]
    preset: str
    api_prefix: str
    auth: AuthSpec
    company: CompanySpec
    paging: PagingSpec
    dates: DatesSpec
    operations: dict[str, Operation | None]
    invoices: InvoicesSpec
    payment: PaymentSpec
    fields: dict[str, tuple[str, ...]]
    writes: WritesSpec
    limits: LimitsSpec

    def offers(self, operation: str) -> bool:
        """Whether the operation is there at all."""
        return self.operations.get(operation) is not None


def load(preset: str, overrides: str = "") -> Profile:
    """The preset with `overrides` (JSON text) laid over it, as far as its shape goes; what it says, `rules` judge.

    Raises ConnectionBroken with code `profile`.
    """
    try:
        changes = json.loads(overrides or "{}")
        if not isinstance(changes, dict):
            raise ValueError("it has to be a JSON object")
        return msgspec.convert(_over(_preset(preset), changes), Profile)
    except (ValueError, RecursionError) as error:
        raise broken(preset, f"{error}.") from None


def broken(preset: str, why: str) -> ConnectionBroken:
    """The error that says what is wrong with a profile."""
    return ConnectionBroken(
        f"The API profile '{preset}' cannot be used: {why} Correct the connection's profile overrides.", code="profile"
    )


@lru_cache(maxsize=len(PRESETS))
def _preset(name: str) -> dict[str, Any]:
    if name not in PRESETS:
        raise ValueError(f"there is no such preset; choose one of {', '.join(PRESETS)}")
    text = (Path(__file__).parent / "presets" / f"{name}.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    base = found.pop("extends", None)
    return _over(_preset(base), found) if base else found


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` laid over `below`: objects member by member, all else replaced."""
    laid = {**below}
    for name, value in above.items():
        under = laid.get(name)
        laid[name] = _over(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return laid
