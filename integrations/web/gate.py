"""Who may see or do what on our pages; times in the tenant's zone."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from tenants.access import Place
from tenants.permissions import Act, Right

View = Callable[..., HttpResponseBase]

REFUSED = {
    Act.CONNECT: "Only owners and integrators change connections and schedules. Ask one of them.",
    Act.MAP: "Only integrators and clerks propose mappings; controllers approve them. Ask one of them.",
    Act.WORK: "Only integrators, controllers and clerks retry records. Ask one of them.",
}


def place_of(request: HttpRequest) -> Place:
    """The tenant the signed-in person works in, as the middleware found it."""
    return cast(Place, request.place)  # type: ignore[attr-defined]


def typed(request: HttpRequest, name: str) -> str:
    """What stands in a field of the sent form that no form class reads: without blanks around, and without NUL, which
    no database keeps and nobody types.
    """
    return request.POST.get(name, "").replace("\0", "").strip()


def may(request: HttpRequest, act: Act) -> bool:
    """Whether the person does `act` here alone or as its maker; a checker only approves."""
    return bool(place_of(request).may(act) & {Right.YES, Right.MAKER})


def page(*methods: str, read: Act = Act.READ, write: Act | None = None) -> Callable[[View], View]:
    """A view for signed-in members: `read` is needed to see it, `write` to send its form."""

    def decorate(view: View) -> View:
        @require_http_methods(["GET", "HEAD", *methods])
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            act = read if request.method in ("GET", "HEAD") else write or read
            if not may(request, act):
                raise PermissionDenied(REFUSED.get(act, "Your role does not allow this."))
            with timezone.override(ZoneInfo(place_of(request).time_zone)):
                return view(request, *args, **kwargs)

        return cast(View, guarded)

    return decorate
