"""What every endpoint shares: sign-in, the tenant's scope, strict bodies, one error shape."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.utils.decorators import method_decorator
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from integrations.api.errors import shaped
from integrations.api.parsing import StrictJSONParser
from tenants.access import Place
from tenants.permissions import Act, Right


class SignedIn(SessionAuthentication):
    """The session of the web pages, with its CSRF check; nobody signed in is a 401, not a 403."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"


class SignedInScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the schema describes it."""

    target_class = "integrations.api.base.SignedIn"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "ml_session"}


class Member(BasePermission):
    """A signed-in member whose roles allow one of the view's `acts` for the method."""

    message = "Your role does not allow this."

    def has_permission(self, request: Request, view: Any) -> bool:
        place = place_of(request)
        if place is None:
            return False
        if not hasattr(view, (request.method or "").lower()):
            return True  # nothing happens: it ends as a 405
        acts: Sequence[Act] = view.acts if request.method not in ("GET", "HEAD", "OPTIONS") else (Act.READ,)
        return any(place.may(act) & {Right.YES, Right.MAKER} for act in acts)


def place_of(request: Request) -> Place | None:
    """The tenant the middleware found for this request."""
    place: Place | None = getattr(request._request, "place", None)
    return place


@method_decorator(login_not_required, name="dispatch")
class Endpoint(APIView):
    """Base of all endpoints. `acts`: any of them allows a change."""

    authentication_classes = (SignedIn,)
    permission_classes = (Member,)
    parser_classes = (StrictJSONParser,)
    acts: Sequence[Act] = ()

    def get_exception_handler(self) -> Callable[..., Any]:
        return shaped
