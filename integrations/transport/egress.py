"""Where we may connect: public addresses of allowed hosts, over https, resolved once and connected to as checked."""

import logging
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from functools import cached_property
from queue import Empty, SimpleQueue

import certifi
import httpcore
import httpx

from integrations.engine.errors import ConnectionBroken
from integrations.transport.networks import is_denied
from integrations.transport.wire import WireTransport

log = logging.getLogger(__name__)

Resolve = Callable[[str, int], list[str]]  # (host, port) -> its IP addresses; raises OSError

# At least two labels, the last of which begins with a letter: 127.1, 2130706433, 0x7f.1 or localhost are none.
_NAME = re.compile(r"(?=.{1,253}\.?$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?\.?")
_CONNECT_AT_MOST = 10.0  # seconds, when the caller does not say


class EgressPolicy:
    """The operator's rules for outgoing connections. Thread-safe.

    `allowed_hosts`: "example.com" that host alone, ".example.com" it and everything under it, with ":port" also
    another port than 443; empty: every public host. `allow_private` (simulators only) lets the entries of the list
    that name a port reach local addresses, also over plain http.
    """

    def __init__(
        self,
        allowed_hosts: Iterable[str] = (),
        allow_private: bool = False,
        *,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._allowed = frozenset(host.strip().lower() for host in allowed_hosts if host.strip())
        self._allow_private = allow_private
        self._resolve = resolve if resolve is not None else _resolve
        self._given_tls = tls

    def check(self, url: str) -> str:
        """The URL, if it may be reached; else ConnectionBroken `egress_refused` that says what to enter. No IO."""
        why = self._objection(url)
        if why:
            raise ConnectionBroken(f"This address cannot be used: {why}", code="egress_refused")
        return url

    def transport(self) -> httpx.BaseTransport:
        """A transport with connections of its own, which asks this policy again at every connect."""
        return WireTransport(self._connect, self._tls)

    def _objection(self, text: str) -> str:
        """Why `text` is refused, as the end of a sentence for the person who typed it in; "" when it is fine."""
        try:
            url = httpx.URL(text)
        except (httpx.InvalidURL, TypeError):
            return "it is not a web address such as https://example.com."
        if text != text.strip() or not text.isprintable() or "\\" in text:
            return "it holds blanks or signs that do not belong into an address."
        if url.userinfo:
            return "leave out the user name and password before the host."
        host, port = _authority(url)
        if self._is_local(host, port) and url.scheme in ("https", "http"):
            return ""
        if url.scheme != "https":
            return "it has to begin with https://."
        if not _NAME.fullmatch(host) and not self._is_listed(host, port):
            return "enter the name of a public host, such as https://example.com, not a number or a local name."
        if not self._is_allowed(host, port):
            return "the operator of this installation has not approved that host and port."
        return ""

    def _is_allowed(self, host: str, port: int) -> bool:
        if not self._allowed:
            return port == 443
        parents = [host[i:] for i, c in enumerate(host) if c == "."]
        return any(self._is_listed(name, port) for name in (host, f".{host}", *parents))

    def _is_listed(self, name: str, port: int) -> bool:
        return f"{name}:{port}" in self._allowed or (port == 443 and name in self._allowed)

    def _is_local(self, host: str, port: int) -> bool:
        """Whether the operator opened this very host and port for a simulator."""
        return self._allow_private and f"{host}:{port}" in self._allowed

    def _connect(self, host: str, port: int, timeout: float | None) -> httpcore.NetworkStream:
        ends = time.monotonic() + (timeout if timeout is not None else _CONNECT_AT_MOST)
        addresses = _with_timeout(self._resolve, host, port, ends - time.monotonic())
        host = host.lower().rstrip(".")
        if not self._is_local(f"[{host}]" if ":" in host else host, port) and any(map(is_denied, addresses)):
            # One bad address taints the name: which one is taken must not be the resolver's choice.
            log.warning("egress refused: %s has addresses that are not public", host)
            raise httpcore.ConnectError("no usable address")
        error: Exception = httpcore.ConnectError("no usable address")
        for address in addresses:
            left = ends - time.monotonic()
            if left <= 0:
                break
            try:
                return httpcore.SyncBackend().connect_tcp(address, port, left)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as refusal:
                error = refusal
        raise error

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        # Made once: reading the certificate bundle costs some 20 ms of CPU.
        return self._given_tls or ssl.create_default_context(cafile=certifi.where())


def _authority(url: httpx.URL) -> tuple[str, int]:
    """(host in lower case, an IPv6 one in brackets, without a trailing dot; port)."""
    host = url.raw_host.decode("ascii", "replace").lower().rstrip(".")
    port = url.port or (443 if url.scheme == "https" else 80)
    return f"[{host}]" if ":" in host else host, port


def _resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _with_timeout(resolve: Resolve, host: str, port: int, timeout: float) -> list[str]:
    """getaddrinfo cannot be told how long it may take: a thread of its own is left behind when it takes longer."""
    results: SimpleQueue[list[str] | OSError | UnicodeError] = SimpleQueue()

    def work() -> None:
        try:
            results.put(resolve(host, port))
        except (OSError, UnicodeError) as error:
            results.put(error)

    threading.Thread(target=work, name="resolve", daemon=True).start()
    try:
        result = results.get(timeout=timeout)
    except Empty:
        raise httpcore.ConnectTimeout("name not resolved in time") from None
    if isinstance(result, OSError | UnicodeError):
        raise httpcore.ConnectError("name not resolved") from None
    return result
