"""A stand-in as a test meets it in another process: its faults, and the requests that it saw."""

from dataclasses import dataclass
from typing import Any

import httpx

Json = dict[str, Any]


@dataclass(frozen=True)
class StandIn:
    """One stand-in by its address. `place` is the name under which its ledger numbers requests."""

    url: str
    place: str = "seq"

    def fault(self, kind: str, **more: Any) -> None:
        """Plan a fault."""
        httpx.post(f"{self.url}/_sim/faults", json={"kind": kind, **more}).raise_for_status()

    def calm(self) -> None:
        """It behaves again."""
        httpx.delete(f"{self.url}/_sim/faults").raise_for_status()

    def ledger(self, since: int = 0) -> list[Json]:
        """Requests that it saw after that place, each with its `place`."""
        found: list[Json] = httpx.get(f"{self.url}/_sim/ledger", params={"since": since}).json()
        return [{**each, "place": each[self.place]} for each in found]

    def stats(self) -> Json:
        """What it counted."""
        found: Json = httpx.get(f"{self.url}/_sim/stats").json()
        return found

    def told(self, path: str, **order: Any) -> None:
        """Somebody works in it: what its control endpoint `path` takes."""
        httpx.post(f"{self.url}/_sim/{path}", json=order).raise_for_status()

    def dump(self, **of: Any) -> Any:
        """What its control endpoint `dump` gives for that."""
        answer = httpx.get(f"{self.url}/_sim/dump", params=of)
        return answer.raise_for_status().json()
