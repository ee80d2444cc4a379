"""How far a scan of an entity has come: opaque text for everybody else.

https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html for the literals of time stamps.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from integrations.systems.ifs.profile import Strategy
from integrations.systems.ifs.values import moment
from integrations.systems.ifs.walking import Place

OVERLAP = timedelta(minutes=10)
QUIET = timedelta(days=2)


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """`place` in the set `stage`. A finished scan leaves only `strategy` and `since`.

    `since` bounds the change column ("": this is a whole scan, by key), `start` is the server's clock at the scan's
    first page (aware UTC), `top` the latest change seen so far, as the tenant writes it.
    """

    strategy: Strategy
    since: str = ""
    start: datetime | None = None
    top: str = ""
    stage: str = ""
    place: Place = Place()

    @classmethod
    def load(cls, text: str, strategy: Strategy) -> "Cursor":
        """The cursor in `text`. One that is none, or of another strategy, starts over: that loses nothing."""
        try:
            found = msgspec.json.decode(text, type=cls)
        except msgspec.DecodeError:
            return cls(strategy)
        return found if found.strategy == strategy else cls(strategy)

    def text(self) -> str:
        """What `load` reads."""
        return msgspec.json.encode(self).decode()

    def moved(self, stage: str, place: Place, start: datetime, changes: Iterable[str | None]) -> "Cursor":
        """Behind a batch of the set `stage` that holds `changes`; `start` counts only for the first one."""
        top = max((self.top, *filter(None, changes)), key=_when) if self.strategy != "etag_scan" else ""
        return Cursor(self.strategy, self.since, self.start or start, top, stage, place)

    def finished(self) -> "Cursor":
        """The cursor that starts the next scan.

        Its watermark is the latest change seen, but never ahead of the server's clock at the scan's first page, so that
        neither a record stamped in the future nor one that was changed during the scan is passed over; less an overlap
        for late commits. Where nothing changes it follows the server's clock two days behind: one for stamps that are
        cut to the day, one for any time zone that a database may forget to say. Days are read again from their
        beginning.
        """
        if self.strategy == "etag_scan" or not self.top or self.start is None:
            return Cursor(self.strategy, self.since)
        if self.strategy == "date":
            return Cursor(self.strategy, min(self.top[:10], self.start.date().isoformat()))
        bound = max(min(_when(self.top), self.start), self.start - QUIET) - OVERLAP
        return Cursor(self.strategy, bound.strftime("%Y-%m-%dT%H:%M:%SZ"))


_NEVER = datetime.min.replace(tzinfo=UTC)


def _when(text: str) -> datetime:
    return moment(text) or _NEVER
