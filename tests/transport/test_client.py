"""What a client sends, and what each answer means."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from integrations.engine.errors import ConnectionBroken, OutcomeUnknown, Rejected, Retryable, SyncError
from integrations.transport.answer import Answer
from integrations.transport.auth import SignInExpired
from integrations.transport.client import ApiClient
from integrations.transport.kit import Kit
from integrations.transport.throttle import NoBudget

Make = Callable[..., ApiClient]
SECRET = "k3y/with+signs"


def always(status: int, **kwargs: object) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _request: httpx.Response(status, **kwargs)  # type: ignore[arg-type]


def fault(error: Exception) -> Callable[[httpx.Request], httpx.Response]:
    def handler(_request: httpx.Request) -> httpx.Response:
        raise error

    return handler


TABLE = [
    # status, code, read, write
    (301, "redirect", ConnectionBroken, OutcomeUnknown),
    (302, "redirect", ConnectionBroken, OutcomeUnknown),
    (307, "redirect", ConnectionBroken, OutcomeUnknown),
    (400, "rejected", Rejected, Rejected),
    (401, "sign_in", ConnectionBroken, ConnectionBroken),
    (403, "forbidden", ConnectionBroken, ConnectionBroken),
    (408, "server_error", Retryable, OutcomeUnknown),
    (409, "rejected", Rejected, Rejected),
    (412, "stale_version", Retryable, Retryable),
    (422, "rejected", Rejected, Rejected),
    (428, "precondition", Rejected, Rejected),
    (429, "too_many_requests", Retryable, Retryable),
    (500, "server_error", Retryable, OutcomeUnknown),
    (502, "server_error", Retryable, OutcomeUnknown),
    (503, "server_error", Retryable, OutcomeUnknown),
    (504, "server_error", Retryable, OutcomeUnknown),
]


@pytest.mark.parametrize(("status", "code", "read", "write"), TABLE)
def test_each_status_means_one_thing_for_reads_and_one_for_writes(
    make_client: Make, status: int, code: str, read: type[SyncError], write: type[SyncError]
) -> None:
    client = make_client(always(status, text="<html>"))
    with pytest.raises(read) as on_read:
        client.get("/x")
    with pytest.raises(write) as on_write:
        client.send("POST", "/x", json={})
    assert on_read.value.code == on_write.value.code == code


@pytest.mark.parametrize("status", [200, 201, 204, 404])
def test_success_and_not_found_are_answers(make_client: Make, status: int) -> None:
    client = make_client(always(status))
    assert client.get("/x").status == client.send("DELETE", "/x").status == status


@pytest.mark.parametrize(
    ("error", "read", "write"),
    [
        (httpx.ConnectError("refused"), Retryable, Retryable),
        (httpx.ConnectTimeout("slow"), Retryable, Retryable),
        (httpx.ReadTimeout("slow"), Retryable, OutcomeUnknown),
        (httpx.WriteError("reset"), Retryable, OutcomeUnknown),
        (httpx.ReadError("reset"), Retryable, OutcomeUnknown),
        (httpx.RemoteProtocolError("cut"), Retryable, OutcomeUnknown),
        (ConnectionResetError("reset"), Retryable, OutcomeUnknown),
    ],
)
def test_a_broken_connection_is_unknown_only_after_a_write_left(
    make_client: Make, error: Exception, read: type[SyncError], write: type[SyncError]
) -> None:
    client = make_client(fault(error))
    with pytest.raises(read):
        client.get("/x")
    with pytest.raises(write):
        client.send("POST", "/x", json={})


def test_a_harmless_request_is_never_unknown(make_client: Make) -> None:
    with pytest.raises(Retryable):
        make_client(fault(httpx.ReadTimeout("slow"))).send("POST", "/login", json={}, harmless=True)


def test_a_read_is_repeated_in_place_and_a_write_never(make_client: Make) -> None:
    methods: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        methods.append(request.method)
        return httpx.Response(200 if len(methods) == 3 else 502)

    client = make_client(handler)
    assert client.get("/x").status == 200
    assert methods == ["GET"] * 3
    with pytest.raises(OutcomeUnknown):
        client.send("POST", "/x")
    assert methods == ["GET"] * 3 + ["POST"]


@pytest.mark.parametrize("status", [429, 400, 403, 412])
def test_what_repeating_cannot_cure_is_not_repeated(make_client: Make, status: int) -> None:
    calls: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return httpx.Response(status)

    with pytest.raises(SyncError):
        make_client(handler).get("/x")
    assert len(calls) == 1


def test_a_server_that_stays_down_gets_few_repeats_over_many_reads(make_client: Make) -> None:
    calls: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return httpx.Response(503, headers={"Retry-After": "0"})

    client = make_client(handler)
    for _ in range(50):
        with pytest.raises(Retryable):
            client.get("/x")
    assert len(calls) <= 50 + 5 + 0.15 * 50 + 1


def test_too_many_requests_closes_the_budget_for_as_long_as_told(make_client: Make, budget: NoBudget) -> None:
    with pytest.raises(Retryable) as caught:
        make_client(always(429, headers={"Retry-After": "17"})).send("POST", "/x")
    assert caught.value.after == 17
    assert budget.closed == [17]


def test_too_many_requests_without_a_time_waits_a_little(make_client: Make, budget: NoBudget) -> None:
    with pytest.raises(Retryable) as caught:
        make_client(always(429)).get("/x")
    assert budget.closed == [caught.value.after]
    assert 0 <= budget.closed[0] <= 4


def test_the_total_deadline_holds_whatever_the_transport(make_client: Make, make_kit: Callable[..., Kit]) -> None:
    class Drip(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            for _ in range(50):
                time.sleep(0.02)
                yield b" "

    client = make_client(lambda _request: httpx.Response(200, stream=Drip()), kit=make_kit(deadline=0.1))
    with pytest.raises(OutcomeUnknown):
        client.send("POST", "/x")


def test_nothing_is_sent_after_send_by(make_client: Make) -> None:
    calls: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return httpx.Response(200)

    client = make_client(handler)
    now = datetime.now(UTC)
    with pytest.raises(Retryable) as caught:
        client.send("POST", "/x", json={}, send_by=now - timedelta(seconds=1))
    assert caught.value.code == "too_late"
    assert calls == []
    assert client.send("POST", "/x", json={}, send_by=now + timedelta(seconds=30)).status == 200


def test_a_query_given_as_text_goes_out_as_it_is(make_client: Make) -> None:
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.raw_path.decode())
        return httpx.Response(200)

    client = make_client(handler, "https://erp.example.com/api/")
    client.get("Set", params="$filter=Name%20eq%20'O''Brien%2B1'&$top=5")
    client.get("/Set", params={"$filter": "Name eq 'a&b'"})
    client.get("https://erp.example.com/api/Set?$skiptoken=a%2Fb")
    assert seen == [
        "/api/Set?$filter=Name%20eq%20'O''Brien%2B1'&$top=5",
        "/api/Set?$filter=Name%20eq%20%27a%26b%27",
        "/api/Set?$skiptoken=a%2Fb",
    ]


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.com/api/x",
        "http://erp.example.com/api/x",
        "https://erp.example.com:8443/api/x",
        "https://erp.example.com@evil.example.com/api/x",
        "https://user:pw@erp.example.com/api/x",
        "https://erp.example.com/other",
        "https://erp.example.com/api/../other",
        "../other",
        "%2e%2e/other",
    ],
)
def test_no_request_leaves_the_service(make_client: Make, url: str) -> None:
    calls: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return httpx.Response(200)

    with pytest.raises(ConnectionBroken) as caught:
        make_client(handler, "https://erp.example.com/api").get(url)
    assert caught.value.code == "foreign_link"
    assert calls == []


def test_amounts_leave_as_exact_numbers(make_client: Make) -> None:
    bodies: list[bytes] = []

    def handler(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        return httpx.Response(200)

    client = make_client(handler)
    client.send("POST", "/x", json={"amount": Decimal("228.10"), "name": "NaN"})
    assert bodies == [b'{"amount":228.10,"name":"NaN"}']
    with pytest.raises(Rejected):
        client.send("POST", "/x", json={"amount": Decimal("NaN")})


def test_cookies_are_not_kept(make_client: Make) -> None:
    seen: list[str | None] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("cookie"))
        return httpx.Response(200, headers={"Set-Cookie": "session=1; Path=/"})

    client = make_client(handler)
    client.get("/x")
    client.get("/x")
    assert seen == [None, None]


def test_the_system_sees_each_answer_first(make_client: Make) -> None:
    def classify(answer: Answer, is_write: bool) -> SyncError | None:
        words = answer.peek(dict[str, str])
        if words == {"code": "DATABASE_ERROR"} and is_write:
            return Rejected("refused", code="database_error")
        return None

    client = make_client(always(500, json={"code": "DATABASE_ERROR"}), classify=classify)
    with pytest.raises(Rejected):
        client.send("POST", "/x")
    with pytest.raises(Retryable):
        client.get("/x")


class Sessions:
    """An Auth whose sessions are numbered; `good` is the number the server takes."""

    def __init__(self) -> None:
        self.number = 1
        self.refused: list[str] = []

    def sign(self, request: httpx.Request) -> None:
        request.headers["sessionId"] = str(self.number)

    def renew(self, answer: Answer) -> bool:
        self.refused.append(answer.sent["sessionId"])
        self.number += 1
        return True


@pytest.mark.parametrize("raised", [True, False])
def test_an_expired_sign_in_is_renewed_once_unseen(make_client: Make, raised: bool) -> None:
    def classify(answer: Answer, _is_write: bool) -> SyncError | None:
        if answer.status != 400:
            return None
        if raised:
            raise SignInExpired(answer.host)
        return SignInExpired(answer.host)

    sessions = Sessions()
    client = make_client(
        lambda request: httpx.Response(200 if request.headers["sessionId"] == "2" else 400),
        auth=sessions,
        classify=classify,
    )
    assert client.send("POST", "/x", json={"a": 1}).status == 200
    assert sessions.refused == ["1"]


def test_a_sign_in_that_stays_refused_needs_a_person(make_client: Make) -> None:
    sessions = Sessions()
    calls: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return httpx.Response(401)

    with pytest.raises(ConnectionBroken) as caught:
        make_client(handler, auth=sessions).get("/x")
    assert caught.value.code == "sign_in"
    assert len(calls) == 2
    assert len(sessions.refused) == 1


@pytest.mark.parametrize("value", ["line\nbreak", "nul\x00", "gr\u00fc\u00df", "\ud800"])
def test_a_credential_that_cannot_be_sent_is_said_without_being_quoted(make_client: Make, value: str) -> None:
    client = make_client(always(200), headers={"devKey": f"secret{value}"})
    with pytest.raises(ConnectionBroken) as caught:
        client.send("POST", "/x")
    assert caught.value.code == "bad_credential"
    assert "secret" not in f"{caught.value!r}{caught.value.detail}"


def test_no_error_and_no_repr_holds_a_secret(make_client: Make) -> None:
    class Bearer:
        def sign(self, request: httpx.Request) -> None:
            request.headers["Authorization"] = "Bearer tok3n-of-today"

        def renew(self, answer: Answer) -> bool:
            return False

    def echo(request: httpx.Request) -> httpx.Response:
        text = f"bad {request.headers['authorization'][7:]} and {request.headers['x-own']} \x1b[31m\u202e"
        return httpx.Response(400, text=text)

    client = make_client(echo, auth=Bearer(), headers={"X-Own": SECRET}, secrets=[SECRET])
    with pytest.raises(Rejected) as caught:
        client.get("/x", params={"password": SECRET})
    error = caught.value
    said = f"{error!r} {error.message} {error.detail} {error.problems} {client!r}"
    assert "tok3n" not in said
    assert SECRET not in said
    assert error.detail.startswith("status 400; bad [redacted] and [redacted]")
    assert error.detail.isprintable()
    assert "erp.example.com" in error.message


def test_an_address_that_may_not_be_reached_is_refused_when_the_client_is_made(
    make_kit: Callable[..., Kit], budget: NoBudget
) -> None:
    with pytest.raises(ConnectionBroken) as caught:
        ApiClient("https://127.0.0.1", kit=make_kit(), budget=budget)
    assert caught.value.code == "egress_refused"


def test_requests_without_budget_take_no_slot(make_client: Make, budget: NoBudget) -> None:
    client = make_client(always(200))
    client.get("/x")
    client.send("POST", "/login", harmless=True, budget=False)
    assert budget.requests == 1
