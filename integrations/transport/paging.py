"""How the next page is asked for: reads what the last answer says, gives the next request, never runs in circles."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urljoin

import httpx

from integrations.engine.errors import ConnectionBroken, Retryable
from integrations.transport.answer import Answer
from integrations.transport.client import ApiClient, same_service

PAGE_CAP = 100_000  # pages of one scan; the largest set we know has a few thousand


@dataclass(frozen=True, slots=True)
class PageRequest:
    """`url` is a path under the client's base or an absolute URL; `params` its query, as ApiClient.get takes it."""

    url: str
    params: str | None = None


class Paginator(Protocol):
    """Steps through one scan; one object per scan, since it remembers where it was."""

    def next(self, answer: Answer) -> PageRequest | None:
        """The request for the page after `answer`, None after the last. Raises ConnectionBroken or Retryable."""
        ...


class LinkPaginator:
    """Follows the link that `find(answer)` reads from a page ("" or None = last page).

    Links may be relative (to the page) or absolute; they must stay on the page's origin and under `root` (a path), else
    ConnectionBroken `foreign_link`. An empty page with a link goes on; a link that was followed before is a loop.
    """

    def __init__(self, find: Callable[[Answer], str | None], root: str = "/") -> None:
        self._find, self._root = find, root
        self._guard = LoopGuard()

    def next(self, answer: Answer) -> PageRequest | None:
        link = self._find(answer)
        if not link:
            return None
        url = follow(answer, link, self._root)
        self._guard.visit(answer.url)
        self._guard.step(url, answer.host)
        return PageRequest(url)


class TokenPaginator:
    """Puts the token that `find(answer)` reads from a page into the same request (`page=<nextPage>`).

    `request(token)` makes the next request.
    """

    def __init__(self, find: Callable[[Answer], str | None], request: Callable[[str], PageRequest]) -> None:
        self._find, self._request = find, request
        self._guard = LoopGuard()

    def next(self, answer: Answer) -> PageRequest | None:
        token = self._find(answer)
        if not token:
            return None
        self._guard.step(token, answer.host)
        return self._request(token)


class LoopGuard:
    """Refuses to go to the same place twice, and to go on for ever."""

    def __init__(self, cap: int = PAGE_CAP) -> None:
        self._seen: set[int] = set()
        self._cap = cap

    def visit(self, place: str) -> None:
        """We are at `place`; coming back to it would be a loop."""
        self._seen.add(hash(place))

    def step(self, place: str, host: str) -> None:
        """We go to `place`. Raises Retryable when we were there already, or after the cap."""
        if hash(place) in self._seen:
            raise Retryable(f"{host} sends the same page again and again. It is read again later.", code="page_loop")
        if len(self._seen) >= self._cap:
            raise Retryable(f"{host} does not come to an end of its list. It is read again later.", code="page_cap")
        self.visit(place)


def follow(answer: Answer, link: str, root: str = "/") -> str:
    """The absolute URL of a link found in `answer`. Raises ConnectionBroken when it leaves the origin or `root`."""
    try:
        here = httpx.URL(answer.url)
        target = httpx.URL(urljoin(answer.url, link))
    except (httpx.InvalidURL, ValueError):
        target = None
    if target is None or not same_service(target, here.copy_with(path=root, query=None, fragment=None)):
        raise ConnectionBroken(
            f"{answer.host} sends us on to another server. Nothing was sent there. Check the address in the "
            "connection's settings.",
            code="foreign_link",
            detail=f"link to {target.host[:100]}" if target is not None else "a link that is no address",
        )
    return str(target.copy_with(fragment=None))


def pages(client: ApiClient, first: PageRequest, paginator: Paginator, *, budget: bool = True) -> Iterator[Answer]:
    """Every page from `first` on. Raises what ApiClient.get and the paginator raise; what was yielded stands."""
    request: PageRequest | None = first
    while request is not None:
        answer = client.get(request.url, params=request.params, budget=budget)
        yield answer
        request = paginator.next(answer)
