"""Pages of one entity set: by seek where the set allows it, along next links, by `$skip` where nothing else works.

Only an empty page without a next link proves the end: a short page may have been cut silently. The order is by key, so
that a row deleted between two pages hides no other. https://docs.ifs.com/techdocs/23r2/040_tailoring/300_extensibility/100_odata_provider/1000_supported_functionalities/
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from integrations.engine.errors import ConnectionBroken, Retryable
from integrations.systems.ifs import odata
from integrations.systems.ifs.errors import Unsupported
from integrations.systems.ifs.profile import SetSpec
from integrations.systems.ifs.rows import Row, page_type, row_type
from integrations.transport.answer import Answer
from integrations.transport.client import ApiClient
from integrations.transport.paging import LoopGuard, follow
from integrations.transport.rows import BadRow

R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class Batch:
    """One answered page: rows, the key literals after the last of them, and the server's clock."""

    rows: Sequence[Any]
    last: tuple[str, ...]
    server_time: datetime | None


class SetReader:
    """Reads one set of one tenant. `name` is its name in the profile, `root` the service root, `path` a navigation."""

    def __init__(
        self, api: ApiClient, root: str, name: str, spec: SetSpec, page_size: int, *, select: bool, path: str = ""
    ) -> None:
        self._api, self._spec, self._page_size, self._select = api, spec, page_size, select
        self._name, self._root = name, root
        self._path = f"{root}/{path or spec.set}"
        self._meta = {"changed": spec.change.column} if spec.change.column else {}
        self._row = row_type(name, {**spec.fields, **self._meta})
        self._envelope = page_type(self._row)

    def column(self, ours: str) -> str:
        """The tenant's name of our field."""
        return self._meta.get(ours) or self._spec.fields[ours]

    def pages(self, where: Sequence[str], order: Sequence[str] = (), after: Sequence[str] = ()) -> Iterator[Batch]:
        """Batches in the order of `order` (our names; default the key), after the key literals `after`."""
        names = tuple(order or self._spec.order)
        columns = [self.column(name) for name in names]
        last, skipped, seek = tuple(after), 0, True
        guard = LoopGuard()
        while True:
            clauses = [*where, *(odata.beyond(columns, last) if last and seek else ())]
            try:
                answer = self._get(self._path, self._query(clauses, columns, 0 if seek else skipped))
            except Unsupported:
                if not (last and seek and skipped):
                    raise
                seek = False  # this set compares no keys: count rows instead
                continue
            while True:
                rows, link = self._rows(answer)
                skipped += len(rows)
                reached = self._reached(rows, names, last)
                if rows:
                    if reached == last and seek and not link:
                        raise Retryable(
                            "IFS sends the same rows again and again. It is read again later.", code="page_loop"
                        )
                    last = reached
                    yield Batch(rows, last, answer.date)
                if not link:
                    break
                url = follow(answer, link, self._root)
                guard.visit(answer.url)
                guard.step(url, answer.host)
                answer = self._get(url, None)
            if not rows:
                return

    def all(self, where: Sequence[str]) -> list[Any]:
        """Every row that `where` selects; rows that cannot be read come as BadRow."""
        return [row for batch in self.pages(where) for row in batch.rows]

    def _query(self, clauses: Sequence[str], columns: Sequence[str], skip: int) -> str:
        chosen = [name for name in {**self._spec.fields, **self._meta}.values() if name] if self._select else []
        return odata.query(where=clauses, orderby=columns, top=self._page_size, skip=skip, select=chosen)

    def _get(self, url: str, params: str | None) -> Answer:
        try:
            answer = self._api.get(url, params=params)
        except Unsupported:
            if not (self._select and params and "$select" in params):
                raise
            self._select = False  # some projections refuse $select
            bare = "&".join(part for part in params.split("&") if not part.startswith("$select="))
            answer = self._api.get(url, params=bare)
        if answer.status == 404:
            words = f"IFS has no {self._spec.set} here. Check projection and set in the API profile, and the release."
            raise Missing(words, code="profile", detail=answer.text(200))
        return answer

    def _rows(self, answer: Answer) -> tuple[list[Any], str]:
        envelope, rows = answer.page(self._envelope, self._row)
        return rows, envelope.next_link

    def _reached(self, rows: Sequence[Any], names: Sequence[str], before: tuple[str, ...]) -> tuple[str, ...]:
        for row in reversed(rows):
            values = self._values(row, names)
            if values is not None:
                return values
        return before

    def _values(self, row: Any, names: Sequence[str]) -> tuple[str, ...] | None:
        """The key of a row as literals; None when not even the key can be read."""
        members = row.members() if isinstance(row, BadRow) else None
        found = []
        for name in names:
            value = members.get(self.column(name)) if members is not None else getattr(row, name)
            if value is None:
                return None
            kind = self._spec.key.get(name, "integer")  # a change column stands bare, as numbers do
            found.append(odata.literal(str(value), kind, self._spec.enum(name)))
        return tuple(found)


class Missing(ConnectionBroken):
    """The tenant has no such set; an optional one is then unknown, not wrong."""
