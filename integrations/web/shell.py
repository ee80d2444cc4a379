"""What surrounds every page: the tenant's name, the navigation, the badge, the theme. A context processor."""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import Exists
from django.http import HttpRequest
from django.urls import reverse

from integrations.models import Connection, Flow, ReviewItem
from integrations.web import alone
from tenants.models import Tenant
from tenants.scope import ScopeError, current_tenant

THEMES = ("light", "dark")


class Place(NamedTuple):
    """An entry of the navigation; it is current on every page whose address starts with its own."""

    label: str
    icon: str
    url: str
    current: bool
    apart: bool = False


class Shell:
    """Looked up when a page asks for it, once: pages without a tenant never touch a tenant's rows."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def framed(self) -> bool:
        """Whether the page stands in a tenant's frame; sign-in and error pages stand alone."""
        try:
            current_tenant()
        except ScopeError:
            return False
        return True

    @cached_property
    def tenant(self) -> Any:
        """The tenant, and in the same question what its frame depends on."""
        return Tenant.objects.annotate(
            pays=Exists(Flow.objects.filter(entity="payment", inbound=True)),
            connected=Exists(Connection.objects.all()),
            real=Exists(Connection.objects.exclude(environment="simulator")),
        ).get()

    @property
    def theme(self) -> str:
        chosen = self._request.COOKIES.get("theme", "")
        return chosen if chosen in THEMES else ""

    @cached_property
    def places(self) -> Sequence[Place]:
        return [
            self._place("Dashboard", "home", reverse("web:dashboard")),
            self._place("Review", "desk", reverse("web:review")),
            self._place("Records", "list", reverse("web:records")),
            self._place("Runs", "pulse", reverse("web:runs")),
            *([self._place("Settlements", "coin", reverse("web:settlements"))] if self.pays else []),
            self._place("Reconciliation", "scale", reverse("web:reconciliation")),
            self._place("Integrations", "flow", reverse("web:integrations"), apart=True),
            self._place("Connections", "plug", reverse("web:connections")),
            self._place("Mappings", "map", reverse("web:mappings")),
            self._place("Audit", "shield", reverse("web:audit"), apart=True),
            self._place("Settings", "gear", reverse("web:settings")),
        ]

    def _place(self, label: str, icon: str, url: str, *, apart: bool = False) -> Place:
        path = self._request.path
        return Place(label, icon, url, path == url if url == "/" else path.startswith(url), apart)

    @property
    def pays(self) -> bool:
        """Whether payments are booked here: then there is something to settle."""
        return bool(self.tenant.pays)

    @cached_property
    def held(self) -> int:
        """Open review items; the navigation shows at most 999+."""
        count: int = ReviewItem.objects.filter(status=ReviewItem.Status.OPEN)[:1000].count()
        return count

    @property
    def rehearsal(self) -> bool:
        """Whether everything connected is a simulator."""
        return bool(self.tenant.connected and not self.tenant.real)

    @property
    def looking_in(self) -> datetime | None:
        """Until when, if it is an operator who looks."""
        place = getattr(self._request, "place", None)
        return place.until if place is not None else None

    @cached_property
    def alone(self) -> str:
        """Why this person decides alone on this page, as a sentence; "" where that is not so or does not matter."""
        place = getattr(self._request, "place", None)
        return alone.alone(place) if place is not None and alone.matters(self._request.path) else ""


def shell(request: HttpRequest) -> dict[str, Shell]:
    """For TEMPLATES["OPTIONS"]["context_processors"]."""
    return {"shell": Shell(request)}
