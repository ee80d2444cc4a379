"""One set of IFS as it is written: rows read, made, changed, removed and acted on, by our field names.

https://docs.ifs.com/techdocs/24r2/040_tailoring/300_extensibility/: a change, removal or action carries the row's ETag
as If-Match; a stale one is refused with 412 (Retryable `stale_version`). A create has no key of idempotency: whoever
makes a row first looks whether it is there.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from integrations.engine.errors import ConnectionBroken, Rejected, Retryable, Stale
from integrations.systems.ifs import odata
from integrations.systems.ifs.profile import SetSpec, WrittenSet
from integrations.systems.ifs.reading import Missing
from integrations.systems.ifs.values import BadValue, flag, integer
from integrations.transport.answer import Answer
from integrations.transport.body import Caps
from integrations.transport.client import ApiClient
from integrations.transport.paging import LoopGuard, follow

Value = str | int | bool | Decimal | date | None
Values = Mapping[str, Value]

_ROWS = 200  # rows asked for at once
_UNCUT = 20  # fewer rows than any server cuts a page to without a next link: there are no more
_NAMES = ("external_id", "number")  # what we name a head by


@dataclass(frozen=True, slots=True)
class Found:
    """A row as IFS has it, by our names; `etag` is "" when it was not said. `new`: we have just made it."""

    values: Mapping[str, Any]
    etag: str
    new: bool = False

    def text(self, ours: str) -> str:
        """The field as text, "" for none."""
        value = self.values.get(ours)
        return "" if value is None else str(value)


class Editor:
    """Writes one set of one tenant; fields that the profile leaves out are neither sent nor compared. Thread-safe."""

    def __init__(self, api: ApiClient, root: str, spec: SetSpec) -> None:
        self._api, self._root, self.spec = api, root, spec
        self._columns = {ours: theirs for ours, theirs in spec.fields.items() if theirs}

    def under(self, parent: "Editor", key: Values) -> "Editor":
        """The rows of this set under one of `parent`, which are reached by navigation only; our key of it is theirs."""
        path = f"{parent.spec.set}{odata.key_predicate(parent.named(key))}/{self.spec.navigation}"
        own = {ours: kind for ours, kind in self.spec.key.items() if ours not in parent.spec.key}
        fields = {ours: theirs for ours, theirs in self.spec.fields.items() if ours not in parent.spec.key}
        return Editor(self._api, self._root, msgspec.structs.replace(self.spec, set=path, key=own, fields=fields))

    @property
    def there(self) -> bool:
        """Whether the tenant has the set at all."""
        return bool(self.spec.set)

    def has(self, ours: str) -> bool:
        """Whether the tenant has our field."""
        return ours in self._columns

    def equal(self, ours: str, value: Value) -> str:
        """The clause `column eq value`."""
        kind = "integer" if isinstance(value, int) else self.spec.key.get(ours, "string")
        text = odata.literal(_sent(value), kind, self.spec.enum(ours)) if not isinstance(value, date) else str(value)
        return f"{self._columns[ours]} eq {text}"

    def begins(self, ours: str, word: str) -> str:
        """The clause that selects rows whose field begins with the whole of `word`, not with a longer one."""
        column = self._columns[ours]
        return f"startswith({column},{odata.literal(f'{word} ')}) or {column} eq {odata.literal(word)}"

    def find(self, equal: Values, *more: str) -> list[Found]:
        """Every row with these values and clauses. Raises Missing or Unsupported where the set cannot be asked."""
        where = [*(self.equal(ours, value) for ours, value in equal.items()), *more]
        order = [self._columns[ours] for ours in self.spec.key]
        rows: dict[tuple[str, ...], Found] = {}
        guard = LoopGuard()
        url, skip = "", 0
        while True:
            asked = odata.query(where=where, orderby=order, top=_ROWS, skip=skip)
            answer = self._api.get(url) if url else self._api.get(self._whole, params=asked)
            found, link = self._page(answer)
            page = {self.key_of(row.values): row for row in found}
            url = follow(answer, link, self._root) if link else ""
            if url:
                guard.step(url, answer.host)
            elif len(page) >= _UNCUT and page.keys() <= rows.keys():
                raise Retryable("IFS sends the same page again and again. It is read again later.", code="page_loop")
            rows |= page
            skip += len(page)
            if not url and len(page) < _UNCUT:
                return list(rows.values())

    def one(self, key: Values) -> Found | None:
        """The row with this key; None when there is none."""
        answer = self._api.get(self._url(key))
        return None if answer.status == 404 else self._this(key, answer)

    def create(self, values: Values, send_by: datetime) -> Found:
        """A new row; `values` without content are left to IFS. One that answers with nothing is read where we can."""
        body = {self._columns[ours]: value for ours, value in self._mapped(values).items() if value is not None}
        answer = self._api.send("POST", self._whole, json=body, send_by=send_by)
        if answer.status == 404:
            raise self._missing(answer)
        if not answer.body and (row := self._kept(values, answer)):
            return replace(row, new=True)
        made = self._found(answer, answer.decode(dict[str, Any]))
        if self._is_another(made, values):
            raise answer.unreadable("is of another record")
        return replace(made, new=True)

    def _kept(self, values: Values, answer: Answer) -> Found | None:
        """The row that was made of `values` and did not come back: by its key where we chose it, else where it is.

        https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html#sec_HeaderLocation
        """
        if all(values.get(ours) is not None for ours in self.spec.key):
            return self.one(values)
        link = answer.headers.get("location") or answer.headers.get("odata-entityid")
        if not link:
            return None
        read = self._api.get(follow(answer, link, self._root))
        return None if read.status == 404 else self._found(read, read.decode(dict[str, Any]))

    def _is_another(self, made: Found, values: Values) -> bool:
        """Whether a row is not the one made of `values`: by the key we chose, or where IFS numbers, by its name."""
        chosen = [ours for ours in self.spec.key if values.get(ours) is not None]
        whole = len(chosen) == len(self.spec.key)
        if whole and not _differ(chosen, made, values):
            return False
        names = _NAMES if whole else (*_NAMES, "text")  # rows of one parent may well say the same text
        named = [ours for ours in names if values.get(ours) and made.text(ours)]
        return _differ(named, made, values) if named else whole

    def change(self, row: Found, changes: Values, send_by: datetime) -> None:
        """Sets fields of a row; None empties one."""
        body = {self._columns[ours]: value for ours, value in self._mapped(changes).items()}
        url, headers = self._url(row.values), self._tag(row)
        answer = self._api.send("PATCH", url, json=body, headers=headers, send_by=send_by)
        if answer.status == 404:
            raise _vanished()
        if answer.body:  # a sign-in page says nothing of the row, nor does an answer of another one
            self._this(row.values, answer)

    def remove(self, row: Found, send_by: datetime) -> None:
        """Takes a row away; one that is gone already is fine."""
        self._api.send("DELETE", self._url(row.values), headers=self._tag(row), send_by=send_by)

    def act(self, row: Found, name: str, send_by: datetime) -> Found:
        """Runs a bound action of the profile and gives the row as it is then."""
        action = self.action(name)
        if not action:
            raise ConnectionBroken(f"The API profile names no action '{name}' of {self.spec.set}.", code="profile")
        url = f"{self._url(row.values)}/IfsApp.{self.spec.projection}.{action}"
        answer = self._api.send("POST", url, json={}, headers=self._tag(row), send_by=send_by)
        if answer.status == 404:
            raise ConnectionBroken(f"IFS has no action {action}. Correct the API profile.", code="profile")
        after = self._this(row.values, answer) if answer.body else self.one(row.values)
        if after is None:
            raise _vanished()
        return after

    def content(self, key: Values, caps: Caps) -> Answer:
        """What the media property of the row with this key holds; a 404 is an answer."""
        return self._api.get(f"{self._url(key)}/{self.spec.stream}", headers={"Accept": "*/*"}, caps=caps)

    def stream(self, row: Found, content: bytes, headers: Mapping[str, str]) -> None:
        """Puts `content` into the media property of a row."""
        url, tag = f"{self._url(row.values)}/{self.spec.stream}", self._tag(row)
        if self._api.send("PATCH", url, content=content, headers={**headers, **tag}).status == 404:
            raise _vanished()

    def action(self, name: str) -> str:
        """The tenant's name of an action; "" for none."""
        return self.spec.actions.get(name, "") if isinstance(self.spec, WrittenSet) else ""

    def key_of(self, values: Mapping[str, Any]) -> tuple[str, ...]:
        """The key among `values`, as text."""
        return tuple(str(values.get(ours)) for ours in self.spec.key)

    def differing(self, row: Found, values: Values) -> dict[str, Value]:
        """Those of `values` that the row does not say."""
        return {ours: value for ours, value in self._mapped(values).items() if not _same(value, row.values.get(ours))}

    @property
    def _whole(self) -> str:
        return f"{self._root}/{self.spec.set}"

    def _mapped(self, values: Values) -> dict[str, Value]:
        return {ours: _sent(value) for ours, value in values.items() if ours in self._columns}

    def _page(self, answer: Answer) -> tuple[Iterator[Found], str]:
        """(its rows, its next link)."""
        if answer.status == 404:
            raise self._missing(answer)
        body = answer.decode(dict[str, Any])
        rows = body.get("value")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise answer.unreadable("has no list 'value'")
        return (self._named(row) for row in rows), str(body.get("@odata.nextLink") or "")

    def _this(self, key: Mapping[str, Any], answer: Answer) -> Found:
        """The row with this key; an answer of another one cannot be read."""
        found = self._found(answer, answer.decode(dict[str, Any]))
        if self.key_of(found.values) != self.key_of(key):
            raise answer.unreadable("is of another record")
        return found

    def _found(self, answer: Answer, row: dict[str, Any]) -> Found:
        found = self._named(row)
        lacking = [self._columns[ours] for ours in self.spec.key if found.values.get(ours) is None]
        if lacking:
            raise answer.unreadable(f"has no {', '.join(lacking)}")
        return found if found.etag else Found(found.values, answer.headers.get("etag", ""))

    def _named(self, row: Mapping[str, Any]) -> Found:
        values = {ours: row.get(theirs) for ours, theirs in self._columns.items()}
        return Found(values, str(row.get("@odata.etag") or ""))

    def named(self, key: Mapping[str, Any]) -> dict[str, str]:
        """The literals of a key by their columns."""
        return {
            self._columns[ours]: odata.literal(key[ours], kind, self.spec.enum(ours))
            for ours, kind in self.spec.key.items()
        }

    def _url(self, key: Mapping[str, Any]) -> str:
        return f"{self._root}/{self.spec.set}{odata.key_predicate(self.named(key))}"

    def _tag(self, row: Found) -> dict[str, str]:
        read = row if row.etag else self.one(row.values)
        if read is None:
            raise _vanished()
        if not read.etag:
            raise Rejected("IFS gives no ETag for this record, so it cannot be changed safely.", code="no_etag")
        return {"If-Match": read.etag}

    def _missing(self, answer: Answer) -> Missing:
        words = f"IFS has no {self.spec.set} here, or hides it. Check the API profile and the service user's rights."
        return Missing(words, code="profile", detail=answer.text(200))


class Editors:
    """The editors of one tenant by the name of their set in the profile."""

    def __init__(self, api: ApiClient, root: str, specs: Mapping[str, SetSpec]) -> None:
        self._editors = {name: Editor(api, root, spec) for name, spec in specs.items()}

    def __call__(self, name: str) -> Editor:
        return self._editors[name]


def complete(
    editor: Editor,
    parent: Values,
    wanted: Sequence[Values],
    send_by: datetime,
    *,
    new: bool = False,
    mine: Mapping[str, Value] = {},
) -> None:
    """Makes the rows under `parent` those that are `wanted`: missing ones are made, others changed or taken away.

    Rows that differ from `mine` are not ours and stay. What an earlier, interrupted try has left is so completed;
    under a `new` parent there is nothing, and nobody is asked.
    """
    there = {} if new else {editor.key_of(row.values): row for row in editor.find(parent)}
    for values in wanted:
        row = there.pop(editor.key_of({**parent, **values}), None)
        if row is None:
            editor.create({**parent, **values}, send_by)
        elif changes := editor.differing(row, values):
            editor.change(row, changes, send_by)
    for row in there.values():
        if not editor.differing(row, mine):
            editor.remove(row, send_by)


def _differ(names: Sequence[str], made: Found, values: Values) -> bool:
    return any(made.text(ours).strip().casefold() != str(values[ours]).strip().casefold() for ours in names)


def _sent(value: Value) -> Any:
    """A value as it goes into a body; text without content is nothing."""
    if isinstance(value, date):
        return value.isoformat()
    return None if value == "" else value


def _same(ours: Any, theirs: Any) -> bool:
    """Whether IFS says what we would: amounts by value, dates without their time, nothing like empty text."""
    if theirs is None or theirs == "":
        return ours is None or ours is False
    with suppress(BadValue, InvalidOperation):
        if isinstance(ours, bool):
            return flag(theirs if isinstance(theirs, bool) else str(theirs), "flag") is ours
        if isinstance(ours, int):
            return integer(theirs) == ours
        if isinstance(ours, Decimal):
            return Decimal(str(theirs)) == ours
        return ours is not None and str(theirs).removesuffix("T00:00:00Z") == ours
    return False


def _vanished() -> Stale:
    return Stale("The record vanished from IFS meanwhile. It is read again and retried by itself.", code="vanished")
