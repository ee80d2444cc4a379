"""On real sockets: drips, cuts, resets, bombs, wrong certificates."""

import gzip
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from integrations.engine.errors import ConnectionBroken, OutcomeUnknown, Retryable, SyncError
from integrations.transport.body import Caps
from integrations.transport.client import ApiClient
from integrations.transport.egress import EgressPolicy
from integrations.transport.kit import Kit
from integrations.transport.throttle import NoBudget
from tests.transport.certificates import NAME, Authority
from tests.transport.loopback import Loopback, http, reset

Local = Callable[..., ApiClient]


def say(answer: bytes) -> Callable[[socket.socket, bytes], None]:
    return lambda connection, _request: connection.sendall(answer)


def drip(head: bytes, then: bytes) -> Callable[[socket.socket, bytes], None]:
    def script(connection: socket.socket, _request: bytes) -> None:
        connection.sendall(head)
        for byte in then:
            time.sleep(0.05)
            connection.sendall(bytes([byte]))

    return script


def test_connections_are_kept(local_client: Local) -> None:
    with Loopback(say(http(b'{"a":1}'))) as server:
        client = local_client(server.port)
        for _ in range(5):
            assert client.get("/x").body == b'{"a":1}'
        assert client.send("POST", "/x", json={"n": 1}).status == 200
    assert server.connections == 1
    assert server.requests[-1].endswith(b'{"n":1}')


@pytest.mark.parametrize("more", [http(b'{"a":0}'), b"HTTP/1.1 200 OK\r\nContent-Le"], ids=["whole", "begun"])
def test_what_a_server_sent_too_much_is_no_answer_to_the_next_request(local_client: Local, more: bytes) -> None:
    """Whole, or begun and ended by the next answer: the HTTP library keeps it with the connection."""
    says = iter([http(b'{"a":1}') + more, b"ngth: 7\r\n\r\n" + http(b'{"a":2}'), http(b'{"a":3}')])
    with Loopback(lambda connection, request: say(next(says))(connection, request)) as server:
        client = local_client(server.port)
        assert client.get("/x").body == b'{"a":1}'
        with pytest.raises(OutcomeUnknown):
            client.send("POST", "/x", json={"n": 1})
        assert client.get("/x").body == b'{"a":3}'
    assert server.connections == 2


@pytest.mark.parametrize(
    ("head", "then"),
    [(b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n", b"x" * 400), (b"HTTP/1.1 200 OK\r\nX-Long: ", b"y" * 400)],
    ids=["body", "headers"],
)
def test_a_slow_drip_ends_at_the_total_deadline(local_client: Local, head: bytes, then: bytes) -> None:
    with Loopback(drip(head, then)) as server:
        client = local_client(server.port, deadline=0.5)
        for error, harmless in ((OutcomeUnknown, False), (Retryable, True)):
            started = time.monotonic()
            with pytest.raises(error):
                client.send("POST", "/x", harmless=harmless)
            assert time.monotonic() - started < 1.2


def test_a_server_that_falls_silent_half_way_ends_at_the_total_deadline(local_client: Local) -> None:
    def script(connection: socket.socket, _request: bytes) -> None:
        time.sleep(0.5)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\nx")
        time.sleep(1.5)

    with Loopback(script) as server:
        started = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            local_client(server.port, deadline=0.7).send("POST", "/x")
        assert time.monotonic() - started < 1.1


def test_a_server_that_does_not_read_ends_at_the_total_deadline(local_client: Local) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = local_client(listener.getsockname()[1], deadline=0.5)
        started = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            client.send("POST", "/x", content=b"x" * 30_000_000)
        assert time.monotonic() - started < 1.5


@pytest.mark.parametrize(
    "script",
    [
        lambda connection, _request: reset(connection),
        lambda connection, _request: connection.close(),
        lambda connection, _request: (connection.sendall(http(b'{"cut', content_length="900")), connection.close()),
        lambda connection, _request: (connection.sendall(b"SSH-2.0-OpenSSH\r\n"), connection.close()),
    ],
    ids=["reset", "closed", "cut body", "no http"],
)
def test_a_lost_answer_is_unknown_for_writes_and_read_again_for_reads(
    local_client: Local, script: Callable[[socket.socket, bytes], None]
) -> None:
    with Loopback(script) as server:
        client = local_client(server.port)
        with pytest.raises(OutcomeUnknown):
            client.send("POST", "/x")
        assert len(server.requests) == 1
        with pytest.raises(Retryable):
            client.get("/x")
        assert len(server.requests) > 2


def test_a_cut_read_is_repeated_in_place(local_client: Local) -> None:
    def script(connection: socket.socket, _request: bytes) -> None:
        if len(server.requests) == 1:
            reset(connection)
        else:
            connection.sendall(http(b"[]"))

    with Loopback(script) as server:
        assert local_client(server.port).get("/x").body == b"[]"
    assert len(server.requests) == 2


def test_nobody_listening_is_retryable_for_writes_too(local_client: Local) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Retryable) as caught:
        local_client(port).send("POST", "/x")
    assert caught.value.code == "unreachable"


def test_send_by_is_looked_at_again_once_connected(make_kit: Callable[..., Kit], budget: NoBudget) -> None:
    now = [datetime(2026, 11, 20, tzinfo=UTC)]

    def slow_to_resolve(_host: str, _port: int) -> list[str]:
        now[0] += timedelta(seconds=40)
        return ["127.0.0.1"]

    with Loopback(say(http())) as server:
        egress = EgressPolicy([f"localhost:{server.port}"], allow_private=True, resolve=slow_to_resolve)
        kit = make_kit(egress=egress, now=lambda: now[0])
        client = ApiClient(f"http://localhost:{server.port}", kit=kit, budget=budget)
        with pytest.raises(Retryable) as caught:
            client.send("POST", "/x", send_by=now[0] + timedelta(seconds=30))
        client.close()
        time.sleep(0.05)
    assert caught.value.code == "too_late"
    assert server.requests == []


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_redirects_are_not_followed_and_credentials_stay(local_client: Local, status: str) -> None:
    with (
        Loopback(say(http())) as other,
        Loopback(say(http(b"", status, location=f"http://127.0.0.1:{other.port}/"))) as server,
    ):
        client = local_client(server.port, headers={"devKey": "d3vkey", "sessionId": "s3ssion"})
        for error, harmless in ((OutcomeUnknown, False), (ConnectionBroken, True)):
            with pytest.raises(error) as caught:
                client.send("POST", "/x", harmless=harmless)
            assert caught.value.code == "redirect"
    assert other.connections == 0


def test_a_gzip_bomb_is_stopped_early(local_client: Local) -> None:
    bomb = gzip.compress(b"\0" * 200_000_000, compresslevel=9)
    with Loopback(say(http(bomb, content_encoding="gzip"))) as server:
        client = local_client(server.port, caps=Caps(wire=64_000_000, decoded=8_000_000))
        tracemalloc.start()
        try:
            with pytest.raises(ConnectionBroken) as on_read:
                client.get("/x")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        with pytest.raises(OutcomeUnknown) as on_write:
            client.send("POST", "/x")
    assert on_read.value.code == on_write.value.code == "too_large"
    assert peak < 30_000_000


def test_an_announced_giant_is_not_read(local_client: Local) -> None:
    with (
        Loopback(say(http(b"x", content_length="2147483648"))) as server,
        pytest.raises(ConnectionBroken) as caught,
    ):
        local_client(server.port).get("/x")
    assert caught.value.code == "too_large"


def test_gzip_and_chunks_are_read(local_client: Local) -> None:
    packed = gzip.compress(b'{"a":1}')
    chunked = f"{len(packed):x}\r\n".encode() + packed + b"\r\n0\r\n\r\n"
    with Loopback(
        say(http(chunked, content_length="", transfer_encoding="chunked", content_encoding="gzip"))
    ) as server:
        assert local_client(server.port).get("/x").decode(dict[str, int]) == {"a": 1}


def secure(server: Loopback, authority: Authority, kit: Callable[..., Kit], budget: NoBudget) -> ApiClient:
    egress = EgressPolicy(
        [f"{NAME}:{server.port}"], allow_private=True, resolve=lambda *_: ["127.0.0.1"], tls=authority.trusted()
    )
    return ApiClient(f"https://{NAME}:{server.port}", kit=kit(egress=egress, deadline=5.0), budget=budget)


def test_a_good_certificate_is_accepted_for_the_name_in_the_address(
    tmp_path: Path, make_kit: Callable[..., Kit], budget: NoBudget
) -> None:
    authority = Authority(tmp_path)
    with Loopback(say(http(b"[]")), authority.server()) as server:
        client = secure(server, authority, make_kit, budget)
        assert client.get("/x").body == b"[]"
        client.close()
    assert f"Host: {NAME}:{server.port}".encode() in server.requests[0]


@pytest.mark.parametrize(
    "wrong",
    [{"days": -1}, {"self_signed": True}, {"name": "other.test.example"}],
    ids=["expired", "self-signed", "name"],
)
def test_a_wrong_certificate_breaks_the_connection_before_anything_is_sent(
    tmp_path: Path, make_kit: Callable[..., Kit], budget: NoBudget, wrong: dict[str, object]
) -> None:
    authority = Authority(tmp_path)
    with Loopback(say(http()), authority.server(**wrong)) as server:  # type: ignore[arg-type]
        client = secure(server, authority, make_kit, budget)
        with pytest.raises(ConnectionBroken) as caught:
            client.send("POST", "/x")
        client.close()
    assert caught.value.code == "tls"
    assert server.requests == []


def test_a_port_that_speaks_no_tls_looks_like_one_where_nobody_listens(
    tmp_path: Path, make_kit: Callable[..., Kit], budget: NoBudget
) -> None:
    said: list[SyncError] = []
    authority = Authority(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def babble() -> None:
            connection, _ = plain.accept()
            connection.sendall(b"220 smtp ready\r\n")
            connection.close()

        threading.Thread(target=babble, daemon=True).start()
        with Loopback(say(http())) as gone:
            pass
        for port in (plain.getsockname()[1], gone.port):
            egress = EgressPolicy(
                [f"{NAME}:{port}"], allow_private=True, resolve=lambda *_: ["127.0.0.1"], tls=authority.trusted()
            )
            client = ApiClient(f"https://{NAME}:{port}", kit=make_kit(egress=egress), budget=budget)
            with pytest.raises(Retryable) as caught:
                client.send("POST", "/x")
            said.append(caught.value)
            client.close()
    assert (said[0].code, said[0].message, said[0].detail) == (said[1].code, said[1].message, said[1].detail)
