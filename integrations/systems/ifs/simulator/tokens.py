"""The token endpoint of one realm (Keycloak-shaped) and the tokens it has given out.

https://docs.ifs.com/techdocs/24r2/030_administration/010_security/040_iam_settings/035_iam_clients/020_authenticate_external_integration/300_client_credential_flow/
"""

import base64
import binascii
import secrets
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import parse_qs

import httpx

from integrations.systems.ifs.simulator.answers import Answer, json_answer
from integrations.systems.ifs.simulator.config import Client, SimulatorConfig

_SCOPES = frozenset(["openid", "microprofile-jwt", "audience", "email", "profile"])
_WRONG = "Invalid client or Invalid client credentials"


class Realm:
    """Gives tokens and says whose they are. Tokens live in memory only."""

    def __init__(self, config: SimulatorConfig, clock: Callable[[], datetime]) -> None:
        self._config, self._clock = config, clock
        self._lock = threading.Lock()
        self._tokens: dict[str, tuple[Client, datetime]] = {}

    def owner(self, authorization: str) -> Client | None:
        """The client of a bearer header, None where the token is unknown or over."""
        kind, _, token = authorization.partition(" ")
        with self._lock:
            client, until = self._tokens.get(token.strip(), (None, self._clock()))
        return client if kind.lower() == "bearer" and self._clock() < until else None

    def expire(self, authorization: str = "") -> None:
        """Forget the token of a header, or every token."""
        with self._lock:
            if authorization:
                self._tokens.pop(authorization.partition(" ")[2].strip(), None)
            else:
                self._tokens.clear()

    def serves(self, path: str) -> bool:
        return path.startswith("/auth/realms/")

    def answer(self, request: httpx.Request, path: str, origin: str) -> tuple[Answer, str]:
        """The answer, and the client id that asked (empty: none)."""
        realm, _, rest = path.removeprefix("/auth/realms/").partition("/")
        base = f"{origin}/auth/realms/{realm}"
        if realm != self._config.realm:
            return json_answer(404, {"error": "Realm does not exist"}), ""
        if rest == ".well-known/openid-configuration":
            return json_answer(200, {"issuer": base, "token_endpoint": f"{base}/protocol/openid-connect/token"}), ""
        if rest != "protocol/openid-connect/token":
            return json_answer(404, {"error": "Unable to find matching target resource method"}), ""
        if request.method != "POST":
            return json_answer(405, {"error": "HTTP 405 Method Not Allowed"}), ""
        return self._token(request)

    def _token(self, request: httpx.Request) -> tuple[Answer, str]:
        form = {name: values[-1] for name, values in parse_qs(request.content.decode("utf-8", "replace")).items()}
        client_id, secret = _credentials(form, request.headers.get("authorization", ""))
        if form.get("grant_type") != "client_credentials":
            return _error(400, "unsupported_grant_type", "Unsupported grant_type"), client_id
        client = next((each for each in self._config.clients if each.client_id == client_id), None)
        if client is None:
            return _error(401, "invalid_client", _WRONG), client_id
        if not secrets.compare_digest(client.secret.encode(), secret.encode()):
            return _error(401, "unauthorized_client", _WRONG), client_id
        if not client.service_account:
            return _error(401, "unauthorized_client", "Client not enabled to retrieve service account"), client_id
        if not set(form.get("scope", "openid").split()) <= _SCOPES:
            return _error(400, "invalid_scope", "Invalid scopes"), client_id
        return self._grant(client), client_id

    def _grant(self, client: Client) -> Answer:
        now = self._clock()
        token = secrets.token_urlsafe(48)
        with self._lock:
            self._tokens = {known: each for known, each in self._tokens.items() if each[1] > now}
            self._tokens[token] = (client, now + timedelta(seconds=self._config.token_seconds))
        return json_answer(
            200,
            {
                "access_token": token,
                "expires_in": self._config.token_seconds,
                "refresh_expires_in": 1800,
                "refresh_token": secrets.token_urlsafe(24),
                "token_type": "Bearer",
                "not-before-policy": 0,
                "session_state": secrets.token_hex(16),
                "scope": "openid audience microprofile-jwt email profile",
            },
        )


def _credentials(form: dict[str, str], authorization: str) -> tuple[str, str]:
    kind, _, encoded = authorization.partition(" ")
    if kind.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        client_id, _, secret = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return client_id, secret


def _error(status: int, error: str, description: str) -> Answer:
    return json_answer(status, {"error": error, "error_description": description})
