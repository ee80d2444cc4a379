"""Signs requests in the three ways of the contract: a pair of tokens, a partner's token, a login behind a gateway key.

Headers are templates of the profile. What is fetched is one token for all workers, renewed early, and once after it
was refused. An answer of an authorization call may repeat user name and password: nothing of it is ever quoted.
"""

import base64
import json
from collections import deque
from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import quote, urlencode, urlsplit

import httpx
import msgspec

from integrations.engine.errors import ConnectionBroken, Retryable, SyncError
from integrations.systems.avidxchange.rules import SLOT
from integrations.systems.avidxchange.settings import Options
from integrations.transport.answer import Answer
from integrations.transport.auth import Auth, SharedToken, Token
from integrations.transport.client import ApiClient
from integrations.transport.kit import Budget, Kit
from integrations.transport.retry import retry_after

_TOKEN_PATH = "/token"  # noqa: S105 - an address
_REMEMBERED = 4  # tokens; an answer carries the one of its request
_FORM = "application/x-www-form-urlencoded"


class Closing(Auth, Protocol):
    """An Auth with connections of its own; `secrets` are the tokens it has put on requests of late."""

    @property
    def secrets(self) -> tuple[str, ...]: ...

    def close(self) -> None: ...


class _Granted(msgspec.Struct):
    access_token: str
    expires_in: float = 0.0


class TokenPair:
    """Two tokens that a person made and that never change: what is refused stays refused."""

    def __init__(self, options: Options) -> None:
        self._headers = {name: _rendered(value, options.slots) for name, value in options.headers.items()}

    def __repr__(self) -> str:
        return "<TokenPair>"

    @property
    def secrets(self) -> tuple[str, ...]:
        """None beside those of the settings."""
        return ()

    def sign(self, request: httpx.Request) -> None:
        """See Auth."""
        request.headers.update(self._headers)

    def renew(self, answer: Answer) -> bool:
        """See Auth."""
        return False

    def close(self) -> None:
        """Nothing is open."""


class FetchedToken:
    """The slot `access_token` of the headers, from one token that all workers share."""

    def __init__(self, options: Options, kit: Kit, login: ApiClient, ask: Callable[[ApiClient], Answer]) -> None:
        self._options, self._kit, self._login, self._ask = options, kit, login, ask
        self._token = SharedToken(kit, f"avidxchange-token:{options.digest}", self._obtain)
        self._used: deque[str] = deque(maxlen=_REMEMBERED)

    def __repr__(self) -> str:
        return "<FetchedToken>"

    @property
    def secrets(self) -> tuple[str, ...]:
        """The tokens of late: an answer may repeat one, in whatever header it went out."""
        return tuple(self._used)

    def sign(self, request: httpx.Request) -> None:
        """See Auth."""
        token = self._token.value()
        if token not in self._used:
            self._used.append(token)
        slots = {**self._options.slots, "access_token": token}
        request.headers.update({name: _rendered(value, slots) for name, value in self._options.headers.items()})

    def renew(self, answer: Answer) -> bool:
        """Forgets the token that was refused; a newer one of another worker stays."""
        for name, template in self._options.headers.items():
            before, slot, after = template.partition("{access_token}")
            if slot:
                self._token.discard(answer.sent.get(name, "").removeprefix(before).removesuffix(after))
        return True

    def close(self) -> None:
        """Closes the connections to the authorization server."""
        self._login.close()

    def _obtain(self) -> Token:
        answer = self._ask(self._login)
        granted = answer.peek(_Granted)
        if granted is None or not granted.access_token:
            raise Retryable(
                f"{answer.host} answers the sign-in with something that cannot be read.", code="sign_in_unreadable"
            )
        spec = self._options.profile.auth
        seconds = granted.expires_in or spec.default_expires_in_s
        # A gateway may give the same token again until its very end: then half of what is left is used.
        return Token(granted.access_token, max(seconds - spec.expiry_skew_s, seconds / 2))


def signing(options: Options, kit: Kit, budget: Budget) -> Closing:
    """The Auth of a connection; no IO. Raises ConnectionBroken when its token address may not be reached from here."""
    if options.mode == "token_pair":
        return TokenPair(options)
    if options.mode == "gateway_login":
        login = _login_client(options.base_url, options, kit, budget)
        return FetchedToken(options, kit, login, lambda client: _gateway_login(client, options))
    url = options.profile.auth.token_url or f"{options.base_url}{_TOKEN_PATH}"
    parts = urlsplit(url)
    login = _login_client(f"{parts.scheme}://{parts.netloc}", options, kit, budget)
    return FetchedToken(options, kit, login, lambda client: _client_credentials(client, parts.path, options))


def _login_client(root: str, options: Options, kit: Kit, budget: Budget) -> ApiClient:
    def classify(answer: Answer, _is_write: bool) -> SyncError | None:
        return _refusal(answer, kit)

    return ApiClient(root, kit=kit, budget=budget, classify=classify, secrets=options.secrets)


def _client_credentials(client: ApiClient, path: str, options: Options) -> Answer:
    """RFC 6749, sections 2.3.1 and 4.4."""
    spec, headers = options.profile.auth, {"Content-Type": _FORM}
    form = {"grant_type": "client_credentials"} | ({"scope": spec.scope} if spec.scope else {})
    if spec.client_auth == "basic":
        pair = f"{quote(options.client_id, safe='')}:{quote(options.client_secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        form |= {"client_id": options.client_id, "client_secret": options.client_secret}
    return client.send("POST", path or "/", content=urlencode(form).encode(), headers=headers, harmless=True)


def _gateway_login(client: ApiClient, options: Options) -> Answer:
    spec = options.profile.auth
    form = {"grant_type": "password", "username": options.username, "password": options.password}
    headers = {
        name: _rendered(value, options.slots)
        for name, value in options.headers.items()
        if "{access_token}" not in value
    }
    path = f"{options.profile.api_prefix}{spec.login_path}"
    content = urlencode(form).encode()
    return client.send("POST", path, content=content, headers={"Content-Type": _FORM, **headers}, harmless=True)


def _refusal(answer: Answer, kit: Kit) -> SyncError | None:
    """What an authorization call's answer means. Never its body, only its status."""
    status, detail = answer.status, f"the authorization call answered with status {answer.status}"
    if status < 300:
        return None
    if status == 429 or status >= 500:
        after = retry_after(answer.headers, kit.now())
        return Retryable(f"{answer.host} cannot sign us in just now.", code="sign_in_later", after=after, detail=detail)
    if status == 404:
        words = f"{answer.host} has no such address to sign in at. Check the API address and the API profile."
        return ConnectionBroken(words, code="wrong_path", detail=detail)
    words = "AvidXchange refuses to sign in. Check the credentials of this connection and enter them again."
    return ConnectionBroken(words, code="sign_in", detail=f"{detail}{_reason(answer)}")


def _reason(answer: Answer) -> str:
    """The stable word of RFC 6749, section 5.2, where it is one of these."""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ""
    word = found.get("error") if isinstance(found, dict) else None
    known = {"invalid_client", "invalid_grant", "invalid_scope", "unauthorized_client", "unsupported_grant_type"}
    return f"; {word}" if word in known else ""


def _rendered(template: str, slots: Mapping[str, str]) -> str:
    return SLOT.sub(lambda slot: slots[slot[1]], template)
