"""Opens the signed-in person's tenant round the view and its rendering."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from allauth.account.middleware import AccountMiddleware
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from tenants.access import Place, places_of
from tenants.models import User
from tenants.web.operators import place_of_operator

V = TypeVar("V", bound=Callable[..., Any])
SESSION_KEY = "tenant"


def io_view(view: V) -> V:
    """Mark a view that talks to the network or streams: no scope is opened; it opens `request.place.scope()` itself."""
    view.io_view = True  # type: ignore[attr-defined]
    return view


def global_view(view: V) -> V:
    """Mark a view that belongs to no tenant: health, sign-in, choosing a tenant."""
    view.global_view = True  # type: ignore[attr-defined]
    return view


class TenantMiddleware:
    """Sets `request.place` (None for nobody, or for a person without tenant) and opens its scope.

    The view runs inside the scope by `process_view`, so that what it raises rolls the transaction back. No browser or
    proxy keeps an answer: it is one person's, at one moment.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        # What is raised in process_view passes the other middlewares by; allauth's asks for the password again.
        self._answer_to = AccountMiddleware(get_response).process_exception

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.place = None  # type: ignore[attr-defined]
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        if _marked(view, "global_view") or not request.user.is_authenticated:
            return None
        place = place_of(request)
        request.place = place  # type: ignore[attr-defined]
        if place is None:
            return None if _is_sign_in(view) else redirect("tenants:choose")
        if (
            place.actor.kind == "operator"
            and request.method not in {"GET", "HEAD", "OPTIONS"}
            and not _is_sign_in(view)
        ):
            raise PermissionDenied("An operator looks and changes nothing.")
        if _marked(view, "io_view"):
            return None
        try:
            with place.scope():
                response = view(request, *args, **kwargs)
                return cast(Any, response).render() if callable(getattr(response, "render", None)) else response
        except Exception as error:
            answer: HttpResponseBase | None = self._answer_to(request, error)
            if answer is None:
                raise
            return answer


def place_of(request: HttpRequest) -> Place | None:
    """The tenant chosen in this session, else the person's first; an operator's open access comes before both."""
    user = cast(User, request.user)
    if user.is_superuser:
        return place_of_operator(request, timezone.now())
    places = places_of(user)
    chosen = request.session.get(SESSION_KEY)
    return next((place for place in places if str(place.tenant_id) == chosen), places[0] if places else None)


def _marked(view: Callable[..., Any], mark: str) -> bool:
    return bool(getattr(view, mark, False) or getattr(getattr(view, "view_class", None), mark, False))


def _is_sign_in(view: Callable[..., Any]) -> bool:
    return (getattr(view, "__module__", "") or "").startswith("allauth.")
