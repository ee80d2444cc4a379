"""What goes wrong between a client and any simulator, for systems whose simulator misbehaves not by itself."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import httpx

Simulator = Callable[[httpx.Request], httpx.Response]


@dataclass
class Fault:
    """Strikes every request of which `concerns` is true, once `after` of them have passed.

    `kind`: status (with `body` and `headers`; `processed` says whether the request had its effect), html, empty,
    bad_json, truncate_body, drop_before (it never arrived), drop_after (its answer is lost).
    """

    kind: str
    concerns: Callable[[httpx.Request], bool]
    after: int = 0
    status: int = 500
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    processed: bool = False

    def strikes(self, request: httpx.Request) -> bool:
        """Whether it does; counts the request."""
        if not self.concerns(request):
            return False
        self.after -= 1
        return self.after < 0


@dataclass
class Faulty:
    """A simulator whose answers go wrong as planned in `faults`; at most one strikes a request."""

    simulator: Simulator
    faults: list[Fault] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        fault = next((each for each in self.faults if each.strikes(request)), None)
        if fault is None:
            return self.simulator(request)
        match fault.kind:
            case "drop_before":
                raise httpx.ConnectError("connection refused", request=request)
            case "status":
                if fault.processed:
                    self.simulator(request)
                return httpx.Response(fault.status, headers=fault.headers, text=fault.body)
            case "html":
                return httpx.Response(200, html="<html>Please sign in</html>")
            case "empty":
                return httpx.Response(200)
        return _spoilt(fault, request, self.simulator(request))


def _spoilt(fault: Fault, request: httpx.Request, answer: httpx.Response) -> httpx.Response:
    """What the request has brought about, and an answer that cannot be used."""
    match fault.kind:
        case "drop_after":
            raise httpx.ReadError("connection reset", request=request)
        case "bad_json":
            return httpx.Response(answer.status_code, content=answer.content[:-1] + b",,")
        case "truncate_body":
            length = {"content-length": str(len(answer.content))}
            return httpx.Response(answer.status_code, headers=length, stream=_Broken(answer.content))
    raise ValueError(f"unknown fault {fault.kind!r}")


@dataclass
class _Broken(httpx.SyncByteStream):
    """Half of a body; then the line breaks."""

    whole: bytes

    def __iter__(self) -> Iterator[bytes]:
        yield self.whole[: len(self.whole) // 2]
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")
