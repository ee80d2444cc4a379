"""Where we connect, and where never."""

import socket
import threading
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.engine.errors import ConnectionBroken, Retryable
from integrations.transport.client import ApiClient
from integrations.transport.egress import EgressPolicy
from integrations.transport.kit import Kit
from integrations.transport.networks import is_denied
from integrations.transport.throttle import NoBudget
from tests.transport.loopback import Loopback, http

HOSTILE = [
    "",
    "erp.example.com",
    "http://erp.example.com",
    "ftp://erp.example.com",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "https://",
    "https://localhost",
    "https://localhost.",
    "https://intranet",
    "https://127.0.0.1",
    "https://127.0.0.1.",
    "https://127.1",
    "https://2130706433",
    "https://0x7f.1",
    "https://0x7f000001",
    "https://0177.0.0.1",
    "https://017700000001",
    "https://169.254.169.254/latest/meta-data/",
    "https://8.8.8.8",
    "https://[::1]",
    "https://[::]",
    "https://[::ffff:127.0.0.1]",
    "https://[64:ff9b::7f00:1]",
    "https://[2606:4700::1111]",
    "https://[fe80::1%25eth0]",
    "https://user:pw@erp.example.com",
    "https://erp.example.com@127.0.0.1",
    "https://erp.example.com:22",
    "https://erp.example.com:6379",
    "https://erp.example.com:80",
    " https://erp.example.com",
    "https://erp.example.com\n",
    "https://erp.example.com\\@evil.example.com",
    "https://erp.example.com\t.evil.com",
    "https://\uff11\uff12\uff17.0.0.1",
    "https://127\u30020\u30020\u30021",
    "https://exa mple.com",
    "https://erp..example.com",
    "https://-.example.1",
]


@pytest.mark.parametrize("url", HOSTILE)
@pytest.mark.parametrize("policy", [EgressPolicy(), EgressPolicy(["127.0.0.1:9"], allow_private=True)])
def test_hostile_addresses_are_refused(policy: EgressPolicy, url: str) -> None:
    with pytest.raises(ConnectionBroken) as caught:
        policy.check(url)
    assert caught.value.code == "egress_refused"
    assert "pw" not in caught.value.message


@pytest.mark.parametrize(
    "url",
    [
        "https://erp.example.com",
        "https://erp.example.com:443/a/b?c",
        "https://ERP.Example.com.",
        "https://m\u00fcller.example",
    ],
)
def test_public_hosts_are_fine(url: str) -> None:
    assert EgressPolicy().check(url) == url


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("https://erp.example.com", True),
        ("https://a.bill.com", True),
        ("https://bill.com", True),
        ("https://a.b.bill.com/x", True),
        ("https://evilbill.com", False),
        ("https://bill.com.evil.com", False),
        ("https://a.erp.example.com", False),
        ("https://odd.example.com", False),
        ("https://odd.example.com:8443", True),
        ("https://odd.example.com:8444", False),
        ("https://203.0.115.9", True),
        ("https://203.0.115.9:8443", False),
        ("http://erp.example.com", False),
    ],
)
def test_the_list_allows_hosts_suffixes_and_ports(url: str, fine: bool) -> None:
    policy = EgressPolicy(["erp.example.com", ".BILL.com", " odd.example.com:8443", "203.0.115.9"])
    if fine:
        assert policy.check(url) == url
    else:
        with pytest.raises(ConnectionBroken):
            policy.check(url)


def test_local_addresses_need_both_the_switch_and_the_list() -> None:
    url = "http://127.0.0.1:8001"
    assert EgressPolicy(["127.0.0.1:8001"], allow_private=True).check(url) == url
    assert EgressPolicy(["[::1]:8001"], allow_private=True).check("http://[::1]:8001")
    for policy in (
        EgressPolicy(["127.0.0.1:8001"]),
        EgressPolicy([], allow_private=True),
        EgressPolicy(["127.0.0.1:8002"], allow_private=True),
    ):
        with pytest.raises(ConnectionBroken):
            policy.check(url)


INSIDE = [
    "0.0.0.0",  # noqa: S104 - an address to refuse, nothing listens here
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.255",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "not an address",
    "",
]


@pytest.mark.parametrize("address", INSIDE)
def test_inside_addresses_are_denied(address: str) -> None:
    assert is_denied(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"]
)
def test_public_addresses_are_not(address: str) -> None:
    assert not is_denied(address)


@given(st.integers(0, 2**32 - 1).map(IPv4Address) | st.integers(0, 2**128 - 1).map(IPv6Address))
def test_whatever_the_standard_library_calls_private_is_denied_too(address: IPv4Address | IPv6Address) -> None:
    if not address.is_global or address.is_multicast:
        assert is_denied(str(address))
    if isinstance(address, IPv4Address):
        assert is_denied(f"::ffff:{address}")


def connect(policy: EgressPolicy, url: str, kit: Callable[..., Kit], budget: NoBudget) -> None:
    client = ApiClient(url, kit=kit(egress=policy), budget=budget)
    try:
        client.send("GET", "/", harmless=True)
    finally:
        client.close()


@pytest.mark.parametrize("answers", [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:127.0.0.1"], ["2002:7f00:1::"]])
def test_a_name_that_leads_inside_gets_no_connection(
    monkeypatch: pytest.MonkeyPatch, make_kit: Callable[..., Kit], budget: NoBudget, answers: list[str]
) -> None:
    with Loopback(lambda connection, _request: connection.sendall(http())) as server:
        tried: list[object] = []
        monkeypatch.setattr(socket, "create_connection", lambda address, *_, **__: tried.append(address))
        policy = EgressPolicy([f"erp.example.com:{server.port}"], resolve=lambda *_: answers)
        with pytest.raises(Retryable) as inside:
            connect(policy, f"https://erp.example.com:{server.port}", make_kit, budget)
    assert tried == []
    assert server.connections == 0

    def unknown(_host: str, _port: int) -> list[str]:
        raise socket.gaierror("no such host")

    with pytest.raises(Retryable) as missing:
        connect(EgressPolicy(resolve=unknown), "https://erp.example.com", make_kit, budget)
    assert (inside.value.message, inside.value.detail) == (missing.value.message, missing.value.detail)


def test_a_name_is_resolved_once_and_the_checked_address_is_taken(
    monkeypatch: pytest.MonkeyPatch, make_kit: Callable[..., Kit], budget: NoBudget
) -> None:
    answers = iter([["203.0.115.9"], ["127.0.0.1"]])
    tried: list[tuple[str, int]] = []

    def refuse(address: tuple[str, int], *_: object, **__: object) -> socket.socket:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    with pytest.raises(Retryable):
        connect(EgressPolicy(resolve=lambda *_: next(answers)), "https://erp.example.com", make_kit, budget)
    assert tried == [("203.0.115.9", 443)]
    assert next(answers) == ["127.0.0.1"]


def test_a_resolver_that_hangs_does_not_hold_us(make_kit: Callable[..., Kit], budget: NoBudget) -> None:
    never = threading.Event()

    def hang(_host: str, _port: int) -> list[str]:
        never.wait(20)
        return ["8.8.8.8"]

    policy = EgressPolicy(resolve=hang)
    client = ApiClient("https://erp.example.com", kit=make_kit(egress=policy, deadline=0.3), budget=budget)
    with pytest.raises(Retryable):
        client.send("POST", "/")
    never.set()
    client.close()


def test_the_second_address_is_tried_when_the_first_refuses(make_kit: Callable[..., Kit], budget: NoBudget) -> None:
    with Loopback(lambda connection, _request: connection.sendall(http())) as server:
        policy = EgressPolicy(
            [f"localhost:{server.port}"], allow_private=True, resolve=lambda *_: ["127.0.0.2", "127.0.0.1"]
        )
        connect(policy, f"http://localhost:{server.port}", make_kit, budget)
    assert len(server.requests) == 1


def test_hosts_of_an_open_port_stay_closed_on_other_ports() -> None:
    policy = EgressPolicy(["127.0.0.1:8001"], allow_private=True)
    transport = policy.transport()
    with pytest.raises(httpx.ConnectError):
        transport.handle_request(httpx.Request("GET", "http://127.0.0.1:6379/"))
    transport.close()
