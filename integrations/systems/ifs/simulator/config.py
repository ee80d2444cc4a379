"""What a simulated IFS Cloud tenant is told to be like."""

from dataclasses import dataclass, field
from typing import Literal

Paging = Literal["nextlink", "skip-only", "truncate-silently"]


@dataclass(frozen=True, slots=True)
class Client:
    """An IAM client and what its service user may do.

    companies: *Allowed Companies* (None: every company); rows of other companies are silently left out.
    grants: projections in the permission sets (None: all); others answer 403.
    """

    client_id: str
    secret: str = field(repr=False)
    companies: frozenset[str] | None = None
    grants: frozenset[str] | None = None
    service_account: bool = True


@dataclass(frozen=True, slots=True)
class SimulatorConfig:
    """One tenant. Every doubt of the vendor's pages is a switch here; defaults are what we expect to meet.

    preset "brief" adds SupplierSet and a filterable ModifiedDate to every entity.
    stamp_seconds: what change stamps are cut to (1: whole seconds, 86400: whole days).
    latency: seconds every API call takes. requests_per_window: None switches the limit off.
    duplicates: "accept" enters an invoice whose number the supplier has already, as a tenant without that check does.
    """

    realm: str = "demo"
    clients: tuple[Client, ...] = (Client("ml-connector", "demo-secret"),)
    token_seconds: int = 180
    preset: Literal["default", "brief"] = "default"
    paging: Paging = "skip-only"
    max_page: int = 5000
    silent_page: int = 25
    relative_next_link: bool = True
    requests_per_window: int | None = 1000
    window_seconds: float = 60.0
    retry_after: bool = True
    patch_status: Literal[200, 204] = 200
    duplicates: Literal["refuse", "accept"] = "refuse"
    deep_insert: bool = False
    etag_in_lists: bool = True
    refuse_select: bool = False
    refuse_state_filter: bool = False
    entity_services: frozenset[str] = frozenset()
    control: bool = False
    stamp_seconds: int = 1
    latency: float = 0.0
