"""A tiny server on 127.0.0.1 that answers byte by byte as a test says: drips, cuts, resets, wrong certificates."""

import socket
import ssl
import struct
import threading
from collections.abc import Callable

Script = Callable[[socket.socket, bytes], None]


class Loopback:
    """Serves `script(connection, request)` per request; the connection stays open unless the script closes it."""

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None) -> None:
        self._script, self._tls = script, tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.requests: list[bytes] = []
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> "Loopback":
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes the accepting thread, else the port stays open
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        try:
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            while request := _request(connection):
                self.requests.append(request)
                self._script(connection, request)
        except OSError:
            return
        finally:
            connection.close()


def _request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65_536)
        if not chunk:
            return b""
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(v) for k, _, v in (h.partition(b":") for h in head.split(b"\r\n")) if k.lower() == b"content-length"), 0
    )
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


def http(body: bytes = b"{}", status: str = "200 OK", **headers: str) -> bytes:
    """An answer as it stands on the wire; Content-Length is right unless given."""
    named = {"content_length": str(len(body)), "content_type": "application/json", **headers}
    lines = [f"HTTP/1.1 {status}", *(f"{k.replace('_', '-').title()}: {v}" for k, v in named.items() if v)]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def reset(connection: socket.socket) -> None:
    """Ends a connection with RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
