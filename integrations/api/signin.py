"""How a caller says who it is: a program by an API key in the Authorization header, a person by the pages' session."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from integrations.store.access import place_of_key
from tenants.access import Place
from tenants.web.middleware import place_of

SCHEME = "api-key"


def enter(request: HttpRequest) -> Place | None:
    """The caller's place: of its key if it shows one, else of its session. Sets `request.place`.

    A wrong key is nobody, whatever the session says. Keys in the address are not looked for: addresses are logged.
    """
    text, place = _key_of(request), None
    if text is not None:
        place = place_of_key(text, timezone.now())
    elif request.user.is_authenticated:
        place = place_of(request)
    request.place = place  # type: ignore[attr-defined]
    return place


def caller_of(place: Place) -> str:
    """The caller's name in limits and in answers that are kept: "key:5" or "user:7"."""
    return place.actor.id if place.scopes is not None else f"{place.actor.kind}:{place.actor.id}"


def _key_of(request: HttpRequest) -> str | None:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    return text.strip() if scheme.lower() == SCHEME else None


class ByKey(BaseAuthentication):
    """`Authorization: Api-Key <key>`. Wrong, unchecked, expired and revoked keys get one and the same 401."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Place] | None:
        if _key_of(request._request) is None:
            return None
        place: Place | None = getattr(request._request, "place", None)
        if place is None:
            raise AuthenticationFailed("This API key opens nothing here. Ask the owner for one that does.")
        return AnonymousUser(), place

    def authenticate_header(self, request: Request) -> str:
        return "Api-Key"


class SignedIn(SessionAuthentication):
    """The session of the web pages, with its CSRF check; nobody signed in is a 401, not a 403."""


class ByKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the schema describes it."""

    target_class = "integrations.api.signin.ByKey"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        words = "Send `Api-Key <key>`. An owner makes keys on the settings page, a controller approves them."
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": words}


class SignedInScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the schema describes it."""

    target_class = "integrations.api.signin.SignedIn"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "ml_session"}
