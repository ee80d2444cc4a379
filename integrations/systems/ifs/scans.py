"""Scans of an entity with a cursor that resumes anywhere.

The first scan is whole and in key order, whatever the strategy: it also sees rows without a change stamp. After it
`etag_scan` reads everything again and leaves the comparing to whoever stores it; `timestamp` reads what changed since
the watermark, and owners of children that did; `date` reads from the last day on and finds new rows only. A regular
sweep (a scan from an empty cursor) finds the rest.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from integrations.engine.errors import ConnectionBroken
from integrations.engine.ports import Page
from integrations.engine.records import AnyRecord, Entity, Unreadable
from integrations.systems.ifs.cursor import Cursor
from integrations.systems.ifs.invoices import Invoices
from integrations.systems.ifs.kinds import Kind, View
from integrations.systems.ifs.orders import Orders
from integrations.systems.ifs.plain import CodeParts, Plain
from integrations.systems.ifs.reading import is_closed
from integrations.systems.ifs.suppliers import Suppliers
from integrations.systems.ifs.walking import START, Batch, Place
from integrations.transport.rows import BadRow

_PLAIN = {
    Entity.GL_ACCOUNT: "account",
    Entity.TAX_CODE: "tax_code",
    Entity.PAYMENT_TERM: "payment_term",
    Entity.ACCOUNTING_PERIOD: "accounting_period",
    Entity.INVOICE_IMAGE: "invoice_document",
}
_OWN: Mapping[Entity, Callable[[View], Kind]] = {
    Entity.VENDOR: Suppliers,
    Entity.INVOICE: Invoices,
    Entity.PURCHASE_ORDER: Orders,
    Entity.DIMENSION: CodeParts,
}


def kind_of(entity: Entity, view: View) -> Kind:
    """How this entity is read. Raises ConnectionBroken for one that is not declared."""
    if entity in _OWN:
        return _OWN[entity](view)
    if entity in _PLAIN:
        return Plain(view, _PLAIN[entity])
    raise ConnectionBroken(f"IFS is not read for {entity}.", code="undeclared")


class Scan:
    """One scan of one entity. Raises Retryable or ConnectionBroken; what was yielded stands."""

    def __init__(self, kind: Kind, view: View) -> None:
        self._kind, self._view = kind, view
        self._done: set[str] = set()  # keys already given, once owners of changed children are looked for

    def pages(self, text: str) -> Iterator[Page]:
        """Pages after the cursor `text`; the last one is empty and its cursor starts the next scan."""
        heads = self._kind.heads()
        change = self._view.readers(heads[0]).spec.change if heads else None
        at = Cursor.load(text, change.strategy if change else "etag_scan")
        stages = self._stages(heads, whole=not at.since)
        first = stages.index(at.stage) if at.stage in stages else 0
        for stage in stages[first:]:
            place = at.place if stage == at.stage else START
            batches = self._batches(stage, at.since, place)
            for batch in batches if stage in heads else self._as_far_as_open(stage, batches):
                start = batch.server_time or self._view.now()
                at = at.moved(stage, batch.place, start, self._stamps(stage, batch))
                yield self._page(stage, batch, at) if stage in heads else self._owners(stage, batch, at)
        yield Page(records=[], cursor=at.finished().text(), more=False, read=0)

    def one(self, key: str) -> AnyRecord | Unreadable | None:
        """The record with this canonical key, complete with children; None when IFS provably has none.

        An empty answer proves that only while the service user may see the company: without it everything is hidden.
        """
        where = self._kind.by_key(key)
        if where is None:
            return None
        name, values = where
        reader = self._view.readers(name)
        clauses = [reader.equal(ours, value) for ours, value in values.items()]
        rows = reader.all(clauses, within=self._kind.within)
        records, _ = self._kind.records(name, Batch(rows[:1], START, None, False, 0))
        if not records:
            self._prove_sight()
        return records[0] if records else None

    def _prove_sight(self) -> None:
        """Raises ConnectionBroken where the company is hidden from us, and with it perhaps what we looked for."""
        reader = self._view.readers("company")
        if not reader.all([reader.equal("company", self._view.scope.company)]):
            words = (
                f"The service user may not see company {self._view.scope.company} any more. Add it to its Allowed "
                "Companies in IFS: until then nothing that is missing counts as deleted."
            )
            raise ConnectionBroken(words, code="company")

    def _stages(self, heads: Sequence[str], *, whole: bool) -> list[str]:
        """The sets to walk. After the first scan also those whose rows change without their owner's stamp."""
        if whole:
            return list(heads)
        stamped = [name for name in self._kind.children if self._spec(name).change.strategy == "timestamp"]
        return [*heads, *stamped]

    def _batches(self, stage: str, since: str, place: Place) -> Iterator[Batch]:
        reader = self._view.readers(stage)
        within = self._view.within if reader.spec.fields.get("company") else {}
        if not since:
            return reader.pages(within=within, place=place)
        bound = f"{reader.column(reader.changed)} ge {since}"
        return reader.pages([bound], within=within, by_change=True, place=place)

    def _as_far_as_open(self, stage: str, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Of a child set that may be missing: nothing, where it cannot be read."""
        try:
            yield from batches
        except ConnectionBroken as error:
            if not is_closed(error) or not self._spec(stage).optional:
                raise

    def _stamps(self, stage: str, batch: Batch) -> Sequence[str | None]:
        column = self._view.readers(stage).changed
        return [getattr(row, column) for row in batch.rows if not isinstance(row, BadRow)]

    def _owners(self, stage: str, batch: Batch, at: Cursor) -> Page:
        """The records that the changed children of a batch belong to, as far as this scan has not given them yet."""
        head = self._kind.heads()[0]
        reader = self._view.readers(head)
        own = tuple(reader.spec.key)[-1]
        found: dict[Any, Any] = {}
        for clause in self._kind.owners(stage, batch.rows, self._done):
            for row in reader.all([clause], within=self._kind.within):
                found[reader.key_of(row, (own,))] = row
        return self._page(head, Batch(list(found.values()), batch.place, batch.server_time, False, 0), at)

    def _page(self, name: str, batch: Batch, at: Cursor) -> Page:
        records, same = self._kind.records(name, batch)
        fresh = [record for record in records if record.key not in self._done]
        if at.since:
            self._done.update(record.key for record in fresh)
        return Page(
            records=fresh,
            cursor=at.text(),
            more=True,
            read=len(fresh) + same,
            same=same,
            server_time=batch.server_time,
        )

    def _spec(self, name: str) -> Any:
        return self._view.profile.sets[name.split(" ")[0]]
