"""Who may come in: the token pair, partner tokens and gateway logins, and whose requests they are."""

import base64
import binascii
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import parse_qsl, unquote

import httpx

from integrations.systems.avidxchange.simulator.config import AuthMode, Customer, SimulatorConfig
from integrations.systems.avidxchange.simulator.errors import Refusal, fault, invalid, unauthorized
from integrations.systems.avidxchange.simulator.wire import Json

TOKEN_PATHS = frozenset({"/token", "/oauth2/token"})
LOGIN_PATH = "/v1/authorizations"


@dataclass(frozen=True)
class Grant:
    """A token that was given out: to a partner's client, or to a customer's user behind its gateway key."""

    kind: Literal["client", "user"]
    owner: str  # the client id or the gateway key
    until: datetime


class Access:
    """Tokens in memory: a restart ends them all."""

    def __init__(self, config: SimulatorConfig, clock: Callable[[], datetime]) -> None:
        self.config, self._clock = config, clock
        self._grants: dict[str, Grant] = {}
        self.logins = 0

    def sign_in(self, request: httpx.Request) -> Json:
        """The answer of a token or login address. Raises Refusal."""
        form = dict(parse_qsl(request.content.decode("utf-8", "replace")))
        if request.url.path == LOGIN_PATH:
            return self._login(_bearer(request.headers, "Authorization"), form)
        return self._client_token(request.headers, form)

    def caller(self, request: httpx.Request) -> Customer:
        """Whose request this is. Raises Refusal (400, 401, 403)."""
        headers = request.headers
        first = _bearer(headers, self.config.company_token_header)
        second = _bearer(headers, self.config.user_token_header)
        if not first:
            raise self._refused(900902, "Make sure you have given the correct access token", gateway=True)
        if second:
            return self._pair(first, second)
        grant = self._live(first, "client", "oauth2_client_credentials")
        company = self.company(request)
        for customer in self.config.customers:
            if customer.client_id == grant.owner and customer.company_id == company:
                return customer
        if not company:
            raise invalid(f"{self.config.company_query or self.config.company_header} is required.")
        raise fault(403, 900908, "The client is not subscribed for this company")

    def company(self, request: httpx.Request) -> str:
        """The company id that a request names, "" for none."""
        if self.config.company_query:
            return str(request.url.params.get(self.config.company_query, ""))
        return str(request.headers.get(self.config.company_header, ""))

    def expire(self) -> None:
        """End every token given out so far."""
        now = self._clock()
        self._grants = {key: Grant(grant.kind, grant.owner, now) for key, grant in self._grants.items()}

    def _pair(self, first: str, second: str) -> Customer:
        for customer in self.config.customers:
            if "token_pair" in self.config.auth_modes and first == customer.company_token:
                if second != customer.user_token:
                    raise self._refused(900901, "The user token is not valid.", gateway=False)
                return customer
            if "gateway_login" in self.config.auth_modes and first == customer.gateway_key:
                self._live(second, "user", "gateway_login")
                return customer
        raise self._refused(900901, "Access failure for API", gateway=True)

    def _live(self, token: str, kind: str, mode: AuthMode) -> Grant:
        grant = self._grants.get(token)
        gateway = kind == "client"
        if grant is None or grant.kind != kind or mode not in self.config.auth_modes:
            raise self._refused(900901, "Access failure for API", gateway=gateway)
        if grant.until <= self._clock():
            raise self._refused(900903, "Access token expired", gateway=gateway)
        return grant

    def _refused(self, code: int, detail: str, *, gateway: bool) -> Refusal:
        shape = self.config.unauthorized
        natural = "fault" if gateway else "exception"
        return unauthorized(natural if shape == "natural" else shape, code, detail)

    def _client_token(self, headers: httpx.Headers, form: dict[str, str]) -> Json:
        client, secret = _basic(headers) or (form.get("client_id", ""), form.get("client_secret", ""))
        if form.get("grant_type") != "client_credentials":
            raise Refusal(400, {"error": "unsupported_grant_type", "error_description": "Unsupported grant type."})
        known = any((each.client_id, each.client_secret) == (client, secret) for each in self.config.customers)
        if not known or "oauth2_client_credentials" not in self.config.auth_modes:
            raise Refusal(401, {"error": "invalid_client", "error_description": "Client Authentication failed."})
        return self._give("client", client)

    def _login(self, key: str, form: dict[str, str]) -> Json:
        user = form.get("username", ""), form.get("password", "")
        customer = next((each for each in self.config.customers if each.gateway_key == key), None)
        if customer is None or "gateway_login" not in self.config.auth_modes:
            raise self._refused(900901, "Access failure for API", gateway=True)
        if form.get("grant_type") != "password" or user != (customer.username, customer.password):
            text = "The user name or password is incorrect."
            raise Refusal(400, {"error": "invalid_grant", "error_description": text})
        return self._give("user", key)

    def _give(self, kind: Literal["client", "user"], owner: str) -> Json:
        """A live token again with its remaining seconds, or a new one."""
        self.logins += 1
        now = self._clock()
        live = (
            token
            for token, grant in self._grants.items()
            if (grant.kind, grant.owner) == (kind, owner) and grant.until > now
        )
        token = next(live, "") if self.config.same_token else ""
        if not token:
            token = secrets.token_hex(20)
            self._grants[token] = Grant(kind, owner, now + timedelta(seconds=self.config.token_seconds))
        left = int((self._grants[token].until - now).total_seconds())
        return {"access_token": token, "token_type": "Bearer", "expires_in": left}


def _bearer(headers: httpx.Headers, name: str) -> str:
    """A header's token, with or without the word before it."""
    return str(headers.get(name, "")).removeprefix("Bearer ").strip()


def _basic(headers: httpx.Headers) -> tuple[str, str] | None:
    """Client id and secret of HTTP Basic, form-decoded (RFC 6749, 2.3.1); None when there are none."""
    word, _, value = str(headers.get("Authorization", "")).partition(" ")
    if word.lower() != "basic":
        return None
    try:
        client, _, secret = base64.b64decode(value).decode().partition(":")
    except (binascii.Error, UnicodeError):
        return "", ""
    return unquote(client), unquote(secret)
