"""Puts a simulator behind a local port: HTTP in, `httpx.Request` to the simulator, its answer out."""

import socket
import struct
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

Answer = Callable[[httpx.Request], httpx.Response]
_MAX_BODY = 64 * 1024 * 1024
_BODILESS = (204, 304)  # not even an empty chunk: the client would take it for the next answer
_OURS = {"connection", "transfer-encoding", "keep-alive", "server"}


class SimulatorServer(ThreadingHTTPServer):
    """Serves `answer` on 127.0.0.1; port 0: a free one. A fault raised as `httpx.TransportError` resets the line."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, answer: Answer, port: int = 0) -> None:
        self.answer = answer
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def port(self) -> int:
        """The port that is served."""
        return int(self.server_address[1])


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: SimulatorServer
    # Nagle and delayed acknowledgements together would cost 40 ms a request
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(min(length, _MAX_BODY)) if length else b""
        host = self.headers.get("Host") or f"127.0.0.1:{self.server.port}"
        request = httpx.Request(self.command, f"http://{host}{self.path}", headers=self.headers.items(), content=body)
        try:
            self._send(self.server.answer(request))
        except httpx.TransportError:
            self._reset()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the client has left

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = _serve  # noqa: N815  (the standard library's names)

    def _send(self, response: httpx.Response) -> None:
        self.send_response_only(response.status_code)
        if "date" not in response.headers:
            self.send_header("Date", self.date_time_string())
        for name, value in response.headers.multi_items():
            if name.lower() not in _OURS:
                self.send_header(name, value)
        bodiless = self.command == "HEAD" or response.status_code in _BODILESS
        chunked = "content-length" not in response.headers and response.status_code not in _BODILESS
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if bodiless:
            return
        stream = response.stream
        assert isinstance(stream, httpx.SyncByteStream)  # noqa: S101  (simulators answer synchronously)
        for piece in stream:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            self.wfile.flush()
        if chunked:
            self.wfile.write(b"0\r\n\r\n")

    def _reset(self) -> None:
        """Ends the connection the hard way: the client sees a reset, not an empty answer."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the standard library's name)
        """Quiet: the simulator keeps its own ledger."""
