"""What can be switched on a simulator: who may sign in, limits, and the choices where BILL's documents are silent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

DEMO_DEV_KEY = "demo-dev-key"
DEMO_ORGANIZATION = "00802DEMOORGANIZA001"


@dataclass(frozen=True)
class Credential:
    """A user (35 minutes idle) or an AP & AR sync token (48 hours idle, never trusted)."""

    username: str
    password: str = field(repr=False)
    kind: Literal["user", "token"] = "user"
    user_id: str = "00602DEMOUSERAAAA001"


@dataclass(frozen=True)
class Organization:
    """One BILL organization, the developer keys that reach it and who may sign in."""

    id: str = DEMO_ORGANIZATION
    name: str = "Demo Manufacturing Inc."
    dev_keys: tuple[str, ...] = field(default=(DEMO_DEV_KEY,), repr=False)
    credentials: tuple[Credential, ...] = (
        Credential("ap@example.com", "demo-password"),
        Credential("ml-connector", "demo-token", "token", "00602DEMOTOKENAAA001"),
    )
    remembered_devices: Mapping[str, str] = field(default_factory=dict, repr=False)  # rememberMeId -> device


@dataclass(frozen=True)
class SimulatorConfig:
    """Settings of one simulator; every number is BILL's published one unless the test says otherwise.

    Times are seconds. Limits: https://developer.bill.com/docs/api-rate-limits
    """

    organizations: tuple[Organization, ...] = (Organization(),)
    control: bool = False

    max_in_flight: int = 3
    requests_per_hour: int = 20_000
    logins_per_hour: int = 200
    limit_status: int = 422
    events_limit_status: int = 429
    login_failure_status: int = 401
    user_session_seconds: int = 35 * 60
    token_session_seconds: int = 48 * 3600
    token_denied: tuple[str, ...] = ()  # path prefixes a sync token may not use

    read_latency: float = 0.0
    write_latency: float = 0.0
    visible_after: float = 0.0
    page_token_seconds: int = 3600
    document_seconds: float = 0.0

    duplicates: Literal["accept", "reject_create"] = "reject_create"
    refuse_changes_after_payment: bool = True
    bill_time_moves_on_payment: bool = True
    bill_time_moves_on_approval: bool = True
    connected_vendor_edits: Literal["refuse", "ignore"] = "refuse"
    thin_vendor_lists: bool = False
    thin_bill_lists: bool = False
    refuse_excess_decimals: bool = True
    refuse_negative_lines: bool = False
    partial_word: str = "PARTIAL"
    approvers: tuple[str, ...] = ("00602DEMOAPPROVER001",)
    approval_policy: bool = False  # every new bill is assigned to the approvers
    pays: bool = False  # somebody pays bills, a little whenever payments are listed

    max_bill_lines: int = 100
    max_invoice_number: int = 100
    max_purchase_order: int = 100
    base_currency: str = "USD"
    rates: Mapping[str, Decimal] = field(  # units of the bill's currency for one unit of the base currency
        default_factory=lambda: {"CAD": Decimal("1.36"), "EUR": Decimal("0.92"), "MXN": Decimal("18.4")}
    )

    max_subscriptions: int = 10
    all_bill_changes_notify: bool = False  # default: only the four documented fields trigger bill.updated
    delivery_tries: int = 6
