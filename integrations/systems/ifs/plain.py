"""Accounts, tax codes, payment terms, periods, documents and code part values: records of one row each."""

from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

from integrations.engine.errors import ConnectionBroken
from integrations.engine.records import AnyRecord
from integrations.systems.ifs import documents, master_records
from integrations.systems.ifs.kinds import Records, View
from integrations.systems.ifs.profile import Profile
from integrations.systems.ifs.reading import is_closed
from integrations.systems.ifs.unreadable import readable
from integrations.systems.ifs.values import BadValue, flag
from integrations.systems.ifs.walking import Batch
from integrations.transport.rows import BadRow

_MAKERS: Mapping[str, Callable[[Any, Profile], AnyRecord]] = {
    "account": master_records.account,
    "tax_code": master_records.tax_code,
    "payment_term": lambda row, _: master_records.payment_term(row),
    "accounting_period": master_records.period,
    "invoice_document": lambda row, _: documents.image(row),
}


class Plain:
    """A Kind of one set of the company: account, tax_code, payment_term, accounting_period or invoice_document."""

    children: tuple[str, ...] = ()

    def __init__(self, view: View, name: str) -> None:
        self._view, self._name, self.within = view, name, view.within

    def heads(self) -> Sequence[str]:
        return [self._name]

    def records(self, name: str, batch: Batch) -> tuple[Records, int]:
        company = self._view.scope.company
        reader = self._view.readers(name)
        return [readable(reader, row, self._make, lambda own: f"{company}|{own}") for row in batch.rows], 0

    def owners(self, name: str, rows: Sequence[Any], done: Container[str]) -> Sequence[str]:
        return ()

    def by_key(self, key: str) -> tuple[str, dict[str, str]] | None:
        company, _, rest = key.partition("|")
        spec = self._view.profile.sets[self._name]
        values = dict(zip(spec.own, rest.split("|", len(spec.own) - 1), strict=False))
        whole = len(values) == len(spec.own) and all(values.values())
        numbers = [values.get(ours, "") for ours in spec.own if spec.key[ours] == "integer"]
        known = company == self._view.scope.company and whole and all(n.isascii() and n.isdigit() for n in numbers)
        return (self._name, values) if known else None

    def _make(self, row: Any) -> AnyRecord:
        return _MAKERS[self._name](row, self._view.profile)


class CodeParts:
    """A Kind: the values of every code part that the company uses, one set per part."""

    children: tuple[str, ...] = ()

    def __init__(self, view: View) -> None:
        self._view, self.within = view, view.within
        self._used: Mapping[str, str] | None = None

    def heads(self) -> Sequence[str]:
        return [f"code_part_value {part}" for part in self._parts()]

    def records(self, name: str, batch: Batch) -> tuple[Records, int]:
        part = name[-1]
        reader, company, title = self._view.readers(name), self._view.scope.company, self._parts().get(part, "")

        def make(row: Any) -> AnyRecord:
            return master_records.dimension(row, part, title)

        return [readable(reader, row, make, lambda own: f"{company}|{part}|{own}") for row in batch.rows], 0

    def owners(self, name: str, rows: Sequence[Any], done: Container[str]) -> Sequence[str]:
        return ()

    def by_key(self, key: str) -> tuple[str, dict[str, str]] | None:
        company, _, rest = key.partition("|")
        part, _, value = rest.partition("|")
        known = company == self._view.scope.company and part in set(self._view.profile.code_parts) and value
        return (f"code_part_value {part}", {"value": value}) if known else None

    def _parts(self) -> Mapping[str, str]:
        """Code parts in use with the names their users gave them; all of the profile where IFS does not say."""
        if self._used is None:
            self._used = self._read_parts()
        return self._used

    def _read_parts(self) -> Mapping[str, str]:
        possible = self._view.profile.code_parts
        try:
            rows = self._view.readers("code_part").all(within=self._view.within)
        except ConnectionBroken as error:
            if not is_closed(error):
                raise
            return dict.fromkeys(possible, "")
        return {row.part: row.name or "" for row in rows if not isinstance(row, BadRow) and _is_used(row, possible)}


def _is_used(row: Any, possible: str) -> bool:
    try:
        return row.part in set(possible) and flag(row.used, "used")
    except BadValue:
        return True  # better a dimension too many than one that is never seen
