"""What can be switched on a simulator: customers and their credentials, limits, and the doubts of the contract."""

from dataclasses import dataclass, field
from typing import Literal

from integrations.systems.avidxchange.simulator.manners import Manners

AuthMode = Literal["token_pair", "oauth2_client_credentials", "gateway_login"]
Shape = Literal["natural", "fault", "exception", "challenge"]
RetryAfter = Literal["seconds", "date", "none"]
AUTH_MODES: tuple[AuthMode, ...] = ("token_pair", "oauth2_client_credentials", "gateway_login")


@dataclass(frozen=True)
class Customer:
    """One AvidXchange customer: what it may sign in with, its accounting systems and the companies it knows.

    A partner's client id may reach several customers; `company_id` in the company header says which one is meant.
    """

    id: str = "demo"
    company_token: str = field(default="demo-company-token", repr=False)
    user_token: str = field(default="demo-user-token", repr=False)
    client_id: str = "demo-client"
    client_secret: str = field(default="demo-secret", repr=False)
    company_id: str = "C-1001"
    gateway_key: str = field(default="demo-gateway-key", repr=False)
    username: str = "ap@example.com"
    password: str = field(default="demo-password", repr=False)
    accounting_systems: tuple[tuple[int, str], ...] = ((4711, "IFS Cloud"),)
    companies: tuple[str, ...] = ("10", "20")


@dataclass(frozen=True)
class SimulatorConfig:
    """Settings of one simulator. Times are seconds.

    unauthorized: the shape of every 401; natural: the gateway's for its bearer, the application's for the user's.
    not_offered, forbidden: operation keys (as in `routes`) that answer 404/900906 and 403/900910.
    company_query: the query parameter that names a partner's company, where it is not the header.
    max_window_days: longest span between lastModifiedFrom and lastModifiedTo; None: any.
    zone_hours: how far the times it sends are from UTC. visible_after: how late new records come into lists.
    """

    customers: tuple[Customer, ...] = (Customer(),)
    control: bool = False
    manners: Manners = field(default_factory=Manners)

    auth_modes: tuple[AuthMode, ...] = AUTH_MODES
    company_token_header: str = "Authorization"
    user_token_header: str = "AvidAuthorization"
    company_header: str = "X-Company-Id"
    company_query: str = ""
    token_seconds: int = 3600
    same_token: bool = True
    unauthorized: Shape = "natural"
    fault_format: Literal["json", "xml"] = "json"

    per_minute: int | None = 120
    max_in_flight: int | None = 2
    retry_after: RetryAfter = "seconds"
    latency: float = 0.0
    max_items: int = 100
    default_page: int = 100
    max_page: int = 500
    max_window_days: int | None = 30
    granularity: Literal["day", "second"] = "day"
    zone_hours: int = 0
    visible_after: float = 0.0
    not_offered: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
