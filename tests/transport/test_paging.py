"""From page to page, never in circles, never elsewhere."""

from collections.abc import Callable
from itertools import pairwise

import httpx
import msgspec
import pytest

from integrations.engine.errors import ConnectionBroken, Retryable
from integrations.transport.answer import Answer
from integrations.transport.client import ApiClient
from integrations.transport.paging import LinkPaginator, LoopGuard, PageRequest, TokenPaginator, follow, pages

Make = Callable[..., ApiClient]
ROOT = "/api/Things.svc/"


class Page(msgspec.Struct):
    value: list[int] = []
    next: str | None = None


def link(answer: Answer) -> str | None:
    return answer.decode(Page).next


def serving(book: dict[str, dict[str, object]], asked: list[str]) -> Callable[[httpx.Request], httpx.Response]:
    def handler(request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode()
        asked.append(path)
        return httpx.Response(200, json=book[path])

    return handler


def test_links_are_followed_relative_or_absolute_and_over_empty_pages(make_client: Make) -> None:
    book: dict[str, dict[str, object]] = {
        f"{ROOT}Set?$top=2": {"value": [1, 2], "next": "Set?$skiptoken=a%2Fb"},
        f"{ROOT}Set?$skiptoken=a%2Fb": {"value": [], "next": f"{ROOT}Set?$skiptoken=c"},
        f"{ROOT}Set?$skiptoken=c": {"value": [3], "next": f"https://erp.example.com{ROOT}Set?$skiptoken=d"},
        f"{ROOT}Set?$skiptoken=d": {"value": [4]},
    }
    asked: list[str] = []
    client = make_client(serving(book, asked))
    found = list(pages(client, PageRequest(f"{ROOT}Set", "$top=2"), LinkPaginator(link, ROOT)))
    assert [n for page in found for n in page.decode(Page).value] == [1, 2, 3, 4]
    assert asked == list(book)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example.com/api/Things.svc/Set",
        "//evil.example.com/api/Things.svc/Set",
        "http://erp.example.com/api/Things.svc/Set",
        "https://erp.example.com:444/api/Things.svc/Set",
        "https://erp.example.com@evil.example.com/api/Things.svc/Set",
        "/api/Others.svc/Set",
        "../Others.svc/Set",
        "%2e%2e/Others.svc/Set",
        "https://[broken/",
        "file:///etc/passwd",
    ],
)
def test_a_link_elsewhere_is_refused_and_nothing_leaves(make_client: Make, elsewhere: str) -> None:
    asked: list[str] = []
    client = make_client(serving({f"{ROOT}Set": {"value": [1], "next": elsewhere}}, asked))
    scan = pages(client, PageRequest(f"{ROOT}Set"), LinkPaginator(link, ROOT))
    assert next(scan).decode(Page).value == [1]
    with pytest.raises(ConnectionBroken) as caught:
        next(scan)
    assert caught.value.code == "foreign_link"
    assert asked == [f"{ROOT}Set"]


@pytest.mark.parametrize("loop", [["Set?p=1"], ["Set?p=2", "Set?p=1"], ["Set?p=2", "Set?p=3", "Set?p=2"]])
def test_a_loop_is_noticed(make_client: Make, loop: list[str]) -> None:
    places = ["Set?p=1", *loop]
    book: dict[str, dict[str, object]] = {
        f"{ROOT}{here}": {"value": [1], "next": there} for here, there in pairwise(places)
    }
    asked: list[str] = []
    client = make_client(serving(book, asked))
    with pytest.raises(Retryable) as caught:
        list(pages(client, PageRequest(f"{ROOT}Set", "p=1"), LinkPaginator(link, ROOT)))
    assert caught.value.code == "page_loop"
    assert len(asked) == len(set(asked))


def test_tokens_go_into_the_same_request_and_a_repeated_one_is_a_loop(make_client: Make) -> None:
    tokens = {"max=2": "t1", "max=2&page=t1": "t2", "max=2&page=t2": "t1"}
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.query.decode())
        return httpx.Response(200, json={"next": tokens[asked[-1]]})

    paginator = TokenPaginator(link, lambda token: PageRequest("/bills", f"max=2&page={token}"))
    with pytest.raises(Retryable):
        list(pages(make_client(handler), PageRequest("/bills", "max=2"), paginator))
    assert asked == list(tokens)


def test_a_list_without_end_stops_at_the_cap() -> None:
    guard = LoopGuard(cap=20)
    for n in range(20):
        guard.step(str(n), "erp.example.com")
    with pytest.raises(Retryable) as caught:
        guard.step("20", "erp.example.com")
    assert caught.value.code == "page_cap"


def test_a_fragment_is_dropped() -> None:
    answer = Answer(200, httpx.Headers(), b"", "https://erp.example.com/a/b?x", False, httpx.Headers())
    assert follow(answer, "c?y#z") == "https://erp.example.com/a/c?y"
