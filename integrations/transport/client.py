"""One HTTP client for every system: signs, asks the budget, sends, reads within caps, translates what went wrong."""

import http.cookiejar
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from urllib.parse import quote, urlencode, urljoin

import httpx
import msgspec
import stamina

from integrations.engine.errors import ConnectionBroken, OutcomeUnknown, Rejected, Retryable, SyncError
from integrations.transport import verdict
from integrations.transport.answer import Answer
from integrations.transport.auth import Auth, SignInExpired
from integrations.transport.body import DEFAULT_CAPS, Caps, Garbled, TooLarge, read_body
from integrations.transport.exchange import Exchange
from integrations.transport.kit import Budget, Kit
from integrations.transport.retry import RetryBudget, pause

Classify = Callable[[Answer, bool], SyncError | None]
Params = str | Mapping[str, str] | None

_CONNECT = 10.0  # seconds, for name, connection and TLS
_READ_RETRIES = 1.0  # seconds that a read is repeated in place; a longer trouble ends the slice
_SLOW_DOWN = 4.0  # seconds at most, after a 429 that does not say how long
_PASSING = frozenset({"cut_off", "unreachable", "server_error", "unreadable"})
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_ASCII = "".join(map(chr, range(33, 127)))
_UNSENDABLE = frozenset(map(chr, [*range(32), 127])) - {"\t"}
_encode = msgspec.json.Encoder(decimal_format="number").encode


class ApiClient:
    """The client of one service of a connected system; thread-safe, keeps its connections.

    `base_url` is checked by the egress policy at once; every request stays under it. `classify(answer, is_write)`
    sees each answer first and says which error it means; None leaves it to the table in `verdict`. `secrets` are
    masked wherever an error quotes the answer. `transport` replaces the network (tests).
    """

    def __init__(
        self,
        base_url: str,
        *,
        kit: Kit,
        budget: Budget,
        auth: Auth | None = None,
        classify: Classify | None = None,
        headers: Mapping[str, str] = {},
        caps: Caps = DEFAULT_CAPS,
        transport: httpx.BaseTransport | None = None,
        secrets: Sequence[str] = (),
    ) -> None:
        self._base = httpx.URL(kit.egress.check(base_url)).copy_with(query=None, fragment=None)
        self._kit, self._budget, self._auth, self._classify, self._caps = kit, budget, auth, classify, caps
        self._headers, self._secrets = dict(headers), tuple(secrets)
        self._retries = RetryBudget()
        self._http = httpx.Client(
            transport=transport if transport is not None else kit.egress.transport(),
            headers={"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "ml-connector"},
            cookies=http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(allowed_domains=[])),
            timeout=httpx.Timeout(kit.deadline, connect=min(_CONNECT, kit.deadline)),
            follow_redirects=False,
            trust_env=False,
        )

    def __repr__(self) -> str:
        return f"<ApiClient {self._base.host}>"

    def get(
        self,
        path_or_url: str,
        *,
        params: Params = None,
        headers: Mapping[str, str] = {},
        budget: bool = True,
        caps: Caps | None = None,
    ) -> Answer:
        """Reads. Passing trouble is repeated in place for up to 1 s in total, then Retryable.

        Raises Retryable, Rejected or ConnectionBroken; a 404 is an answer like any other. `caps` are of this
        answer alone.
        """
        self._retries.earn()
        for attempt in stamina.retry_context(
            self._worth_repeating, 4, _READ_RETRIES, wait_initial=0.05, wait_max=0.5, wait_jitter=0.1
        ):
            with attempt:
                return self._exchange("GET", path_or_url, params, None, headers, budget=budget, caps=caps)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def send(
        self,
        method: str,
        path_or_url: str,
        *,
        params: Params = None,
        json: object = None,
        content: bytes | None = None,
        headers: Mapping[str, str] = {},
        send_by: datetime | None = None,
        harmless: bool = False,
        budget: bool = True,
    ) -> Answer:
        """Writes, once. `json` keeps Decimals as exact JSON numbers; `content` goes out as it is.

        `send_by` (aware UTC) is looked at right before the first byte leaves: later is Retryable `too_late`.
        `harmless` marks a request that changes nothing there (sign-in, search): what breaks it is Retryable.
        Raises OutcomeUnknown as soon as it may have been processed; Retryable, Rejected or ConnectionBroken when not.
        """
        if json is not None:
            content, headers = _json(json), {"Content-Type": "application/json", **headers}
        return self._exchange(
            method, path_or_url, params, content, headers, budget=budget, is_write=not harmless, send_by=send_by
        )

    def absolute(self, link: str) -> str:
        """A link that an answer gave, relative to the service or absolute, as `get` takes it: it checks where to."""
        return urljoin(f"{str(self._base).rstrip('/')}/", link)

    def close(self) -> None:
        """Closes the connections; the client cannot be used again."""
        self._http.close()

    def _exchange(
        self,
        method: str,
        path_or_url: str,
        params: Params,
        content: bytes | None,
        headers: Mapping[str, str],
        *,
        budget: bool,
        is_write: bool = False,
        send_by: datetime | None = None,
        caps: Caps | None = None,
    ) -> Answer:
        """One request; a second one only after a sign-in that had expired."""
        url = self._url(path_or_url, params)
        for renewed in (False, True):
            request = self._signed(method, url, content, headers)
            answer = self._send(request, budget, is_write, send_by, caps or self._caps)
            error = self._error(answer)
            if error is None:
                return answer
            if renewed or not isinstance(error, SignInExpired) or self._auth is None or not self._auth.renew(answer):
                raise error
        raise AssertionError("unreachable: the second round returns or raises")

    def _signed(self, method: str, url: httpx.URL, content: bytes | None, headers: Mapping[str, str]) -> httpx.Request:
        try:
            request = self._http.build_request(method, url, content=content, headers={**self._headers, **headers})
            if self._auth is not None:
                self._auth.sign(request)
            sendable = _UNSENDABLE.isdisjoint("".join(request.headers.values()))
        except UnicodeEncodeError:
            sendable = False
        if not sendable:  # said here, since the HTTP library would quote the credential in its own error
            raise ConnectionBroken(
                "A credential holds a character that cannot be sent, such as a line break or an accented letter. "
                "Enter the connection's credentials again.",
                code="bad_credential",
            )
        return request

    def _send(
        self, request: httpx.Request, budget: bool, is_write: bool, send_by: datetime | None, caps: Caps
    ) -> Answer:
        if not budget:
            return self._send_now(request, is_write, send_by, caps)
        with self._budget.slot():
            return self._send_now(request, is_write, send_by, caps)

    def _send_now(self, request: httpx.Request, is_write: bool, send_by: datetime | None, caps: Caps) -> Answer:
        def before_first_byte() -> None:
            if send_by is not None and self._kit.now() > send_by:
                raise Retryable("It was too late to send this; it is prepared again by itself.", code="too_late")

        exchange = Exchange(self._kit.deadline, before_first_byte)
        before_first_byte()  # for transports that are not sockets of ours; those ask once more when connected
        try:
            with exchange.under_way():
                response = self._http.send(request, stream=True)
                try:
                    body = self._read(response, exchange, caps)
                finally:
                    response.close()
        except (TooLarge, Garbled) as error:
            raise self._unusable(error, is_write) from None
        except (httpx.HTTPError, OSError) as error:
            sent = exchange.sent or not isinstance(error, _NOT_SENT)
            raise verdict.broken(error, self._base.host, sent=sent, is_write=is_write) from None
        return Answer(
            response.status_code, response.headers, body, str(request.url), is_write, request.headers, self._secrets
        )

    def _read(self, response: httpx.Response, exchange: Exchange, caps: Caps) -> bytes:
        def chunks() -> Iterator[bytes]:
            stream = response.stream
            assert isinstance(stream, httpx.SyncByteStream)  # noqa: S101 - tells mypy what a sync client always gives
            for chunk in stream:
                if exchange.left() <= 0:  # a slow drip passes every single read timeout
                    raise httpx.ReadTimeout("total deadline passed")
                yield chunk

        headers = response.headers
        encoding, length = headers.get("content-encoding", ""), headers.get("content-length", "")
        return read_body(chunks(), encoding=encoding, length=length, caps=caps)

    def _error(self, answer: Answer) -> SyncError | None:
        """What the answer means: first by the system's own words, then by the table."""
        try:
            error = self._classify(answer, answer.is_write) if self._classify is not None else None
        except SyncError as raised:
            error = raised
        if error is None:
            error = verdict.meaning(answer, self._kit.now())
            if isinstance(error, Retryable) and answer.status == 429:
                error.after = error.after if error.after is not None else pause(1, base=_SLOW_DOWN)
                self._budget.close_for(error.after)
        return error

    def _unusable(self, error: TooLarge | Garbled, is_write: bool) -> SyncError:
        host, detail = self._base.host, f"the answer {error}"
        if is_write:
            return OutcomeUnknown(
                f"{host} gave an answer that cannot be used. What became of it is looked up by itself.",
                code="too_large" if isinstance(error, TooLarge) else "unreadable",
                detail=detail,
            )
        if isinstance(error, TooLarge):
            return ConnectionBroken(
                f"{host} sends answers larger than we accept. Check its address; if it is right, choose a smaller page "
                "size in the connection's settings.",
                code="too_large",
                detail=detail,
            )
        return Retryable(
            f"{host} gave an answer that cannot be used. It is tried again by itself.", code="unreadable", detail=detail
        )

    def _url(self, path_or_url: str, params: Params) -> httpx.URL:
        """The URL to call: under the base, whatever a server's link or a record's key may say."""
        base, absolute = self._base, path_or_url.lower().startswith(("https://", "http://"))
        try:
            url = httpx.URL(path_or_url if absolute else f"{str(base).rstrip('/')}/{path_or_url.lstrip('/')}")
            query = urlencode(params, quote_via=quote, safe="$") if isinstance(params, Mapping) else params
            if query:
                joined = f"{url.query.decode('ascii')}&{query}" if url.query else query
                url = url.copy_with(query=quote(joined, safe=_ASCII).encode("ascii"))
        except (httpx.InvalidURL, UnicodeError):
            raise ConnectionBroken(
                f"{base.host} needs an address that cannot be written. Check the connection's settings.",
                code="bad_address",
            ) from None
        if not same_service(url, base):
            raise ConnectionBroken(
                f"{base.host} sends us on to another server. Nothing was sent there. Check the address in the "
                "connection's settings.",
                code="foreign_link",
                detail=f"link to {url.host[:100]}",
            )
        return url

    def _worth_repeating(self, error: Exception) -> bool:
        passing = isinstance(error, Retryable) and error.code in _PASSING and not error.after
        return passing and self._retries.spend()


def same_service(url: httpx.URL, base: httpx.URL) -> bool:
    """Whether `url` has the origin of `base`, lies under its path and carries no credentials of its own."""
    origin = (url.scheme, url.host, url.port) == (base.scheme, base.host, base.port)
    inside = f"{url.path}/".startswith(f"{base.path.rstrip('/')}/") and "/../" not in f"{url.path}/"
    return origin and inside and not url.userinfo


def _json(value: object) -> bytes:
    content = _encode(value)
    if b"NaN" in content or b"Infinity" in content:
        try:
            msgspec.json.decode(content)
        except msgspec.DecodeError:
            raise Rejected("An amount is not a number.", code="not_a_number") from None
    return content
