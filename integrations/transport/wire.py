"""An httpx transport on connections of our own: every read and write obeys the deadline of the request under way."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ssl import SSLContext
from typing import Any

import httpcore
import httpx

from integrations.transport.exchange import current

_WRITE_CHUNK = 64 * 1024
_BEGINS = b"HTTP/"
Connect = Callable[[str, int, float | None], httpcore.NetworkStream]


class WireTransport(httpx.BaseTransport):
    """HTTP/1.1 with keep-alive; `connect(host, port, timeout)` opens the TCP connections. Thread-safe."""

    def __init__(self, connect: Connect, tls: SSLContext, connections: int = 8) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls,
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=15.0,
            http1=True,
            http2=False,
            network_backend=_Backend(connect),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        with _as_httpx_errors():
            answer = self._pool.handle_request(
                httpcore.Request(
                    method=request.method,
                    url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        stream = answer.extensions.get("network_stream")
        if isinstance(stream, _Stream) and stream.unheard:
            answer.close()
            raise httpx.RemoteProtocolError("the answer was there before its request")
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions)

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx_errors():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


class _Backend(httpcore.NetworkBackend):
    def __init__(self, connect: Connect) -> None:
        self._connect = connect

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        *_more: Any,
        **_named: Any,
    ) -> httpcore.NetworkStream:
        return _Stream(self._connect(host, port, _bounded(timeout, httpcore.ConnectTimeout)))


class _Stream(httpcore.NetworkStream):
    """`unheard`: nothing has been read since the last write.

    What a server sent beyond its last answer would be taken for the answer to the next request, since the HTTP library
    keeps it: an answer begins in what is read behind its request, or it is not of that request.
    """

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner
        self.unheard = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._inner.read(max_bytes, _bounded(timeout, httpcore.ReadTimeout))
        if self.unheard and not _BEGINS.startswith(data.lstrip(b"\r\n")[: len(_BEGINS)]):
            raise httpcore.RemoteProtocolError("what came does not begin an answer")
        self.unheard = False
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.unheard = True
        if (exchange := current()) is not None:
            exchange.start()
        for start in range(0, len(buffer), _WRITE_CHUNK):
            chunk = buffer[start : start + _WRITE_CHUNK]
            self._inner.write(chunk, _bounded(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _bounded(timeout, httpcore.ConnectTimeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _bounded(timeout: float | None, too_late: type[Exception]) -> float | None:
    exchange = current()
    if exchange is None:
        return timeout
    left = exchange.left()
    if left <= 0:
        raise too_late("total deadline passed")
    return left if timeout is None else min(timeout, left)


@contextmanager
def _as_httpx_errors() -> Iterator[None]:
    # Both libraries use the same names; httpx keeps its own table of them private.
    try:
        yield
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
        kind = getattr(httpx, type(error).__name__, httpx.TransportError)
        raise kind(str(error)) from error
