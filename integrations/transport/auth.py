"""How a request is signed, and how many workers share one sign-in."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import httpx

from integrations.engine.errors import ConnectionBroken, Retryable
from integrations.transport.answer import Answer
from integrations.transport.kit import Kit

_LONGEST_LIFE = 7 * 86_400.0  # seconds that a token is kept, whatever the server promises
_REFUSED_FOR = 60.0  # seconds in which refused credentials are not tried again
_WAIT = 5.0  # seconds that a worker waits for another one's sign-in


class SignInExpired(ConnectionBroken):
    """The session or token is no longer valid: renewed once; what is still refused then needs a person."""

    def __init__(self, host: str, *, detail: str = "") -> None:
        message = f"{host} does not accept the sign-in. Check the connection's credentials and enter them again."
        super().__init__(message, code="sign_in", detail=detail)


class Auth(Protocol):
    """Signs requests. It may sign in first, through an ApiClient of its own."""

    def sign(self, request: httpx.Request) -> None:
        """Puts the credentials on. Raises ConnectionBroken (refused) or Retryable."""
        ...

    def renew(self, answer: Answer) -> bool:
        """The sign-in that `answer.sent` carried is not valid any more: True when a new one may be tried, once."""
        ...


@dataclass(frozen=True, slots=True)
class Token:
    """A session id or access token, valid for `expires_in` seconds from now."""

    value: str = field(repr=False)
    expires_in: float


class SharedToken:
    """One token for all workers: whoever finds none fetches it, alone; the others wait for that one.

    `name` holds the connection and a digest of its credentials, so that new credentials start afresh. `obtain` makes
    the one call; when it raises ConnectionBroken (wrong password), nobody tries these credentials again for a minute.
    """

    def __init__(self, kit: Kit, name: str, obtain: Callable[[], Token]) -> None:
        self._kit, self._name, self._obtain = kit, name, obtain

    def __repr__(self) -> str:
        return "<SharedToken>"

    def value(self) -> str:
        """A valid token. Raises ConnectionBroken (credentials refused) or Retryable."""
        token, fresh = self._stored()
        if token is None:
            with self._kit.tokens.lock(self._name, _WAIT):
                token, _ = self._stored()
                return token if token is not None else self._fetch()
        return token if fresh else self._early(token)

    def discard(self, value: str) -> None:
        """`value` was refused: forget it, unless a newer one has taken its place."""
        stored = self._kit.tokens.get(self._name)
        if stored is not None and _unpack(stored)[0] == value:
            self._kit.tokens.discard(self._name, stored)

    def _stored(self) -> tuple[str | None, bool]:
        """(the token, whether it is not yet time for an early refresh)."""
        stored = self._kit.tokens.get(self._name)
        if stored is None:
            self._raise_if_refused()
            return None, False
        value, refresh_at = _unpack(stored)
        return value, self._now() < refresh_at

    def _early(self, old: str) -> str:
        # One worker renews a while before the end; the others go on with the old token, which is still good.
        try:
            with self._kit.tokens.lock(self._name, 0):
                token, fresh = self._stored()
                if token is None:
                    return self._fetch()
                return token if fresh or self._refused() else self._fetch()
        except (Retryable, ConnectionBroken):  # said when the old one has ended; until then everything works
            return old

    def _fetch(self) -> str:
        try:
            token = self._obtain()
        except ConnectionBroken as error:
            self._kit.tokens.put(f"{self._name}:refused", json.dumps([error.code, error.message]), _REFUSED_FOR)
            raise
        whole = min(token.expires_in, _LONGEST_LIFE)
        margin = min(30.0, whole * 0.2)
        life = whole - margin
        if life >= 1:
            spread = random.uniform(0, min(margin, life / 2))  # noqa: S311 - spreads load, guards nothing
            packed = json.dumps([token.value, self._now() + life - spread])
            self._kit.tokens.put(self._name, packed, life)
        return token.value

    def _raise_if_refused(self) -> None:
        refused = self._refused()
        if refused is not None:
            code, message = json.loads(refused)
            raise ConnectionBroken(message, code=code, detail="Not tried again: refused less than a minute ago.")

    def _refused(self) -> str | None:
        return self._kit.tokens.get(f"{self._name}:refused")

    def _now(self) -> float:
        return self._kit.now().timestamp()


class BearerAuth:
    """`Authorization: Bearer …` from a SharedToken."""

    def __init__(self, token: SharedToken) -> None:
        self._token = token

    def sign(self, request: httpx.Request) -> None:
        request.headers["Authorization"] = f"Bearer {self._token.value()}"

    def renew(self, answer: Answer) -> bool:
        self._token.discard(answer.sent.get("authorization", "").removeprefix("Bearer "))
        return True


def _unpack(stored: str) -> tuple[str, float]:
    value, refresh_at = json.loads(stored)
    return str(value), float(refresh_at)
