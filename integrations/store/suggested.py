"""Candidates of the other side for what a page of missing things asks for; only for those, and never put in force.

The lists they come from are asked for once for all of the page, at most LONGEST codes of a connection's kind.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from integrations.engine.records import Entity
from integrations.engine.suggesting import Candidate, Catalogue, Suggestion
from integrations.models import FieldMapping, Flow, Integration, MirrorRecord, OutboxItem, SourceRecord
from integrations.store.blocking import Need

LONGEST = 40_000
CODES = ("account", "tax_code")  # both become an account
_List = tuple[int, str]  # a connection, and which of its lists: accounts, vendors, or a kind of dimension
_NAMED = {Entity.GL_ACCOUNT, Entity.DIMENSION, Entity.VENDOR}
_OPEN = (OutboxItem.State.HELD, OutboxItem.State.WAITING)


@dataclass(frozen=True, slots=True)
class Known:
    """A code or supplier as the ERP has it; `item` is its own record, `open` whether that can be linked now."""

    number: str
    name: str = ""
    item: UUID | None = None
    open: bool = False


def joined_integrations() -> "QuerySet[Any]":
    """The integrations with what suggestions need to know of each: whether records come into the ledger by it."""
    coming = Flow.objects.filter(integration=OuterRef("pk"), inbound=True)
    incoming = coming.filter(entity__in=(Entity.INVOICE, Entity.PAYMENT))
    rows: QuerySet[Any] = Integration.objects.annotate(comes_in=Exists(incoming))
    return rows


class Suggested:
    """What may supply the needs of a page, of `joined_integrations`; a few queries, whatever their number."""

    def __init__(self, needs: Sequence[Need], joined: Mapping[int, Any]) -> None:
        self._wanted = [each for each in needs if _head(each.kind) in (*CODES, "dimension", "vendor")]
        ids = {each.integration for each in self._wanted}
        self._integrations = {key: row for key, row in joined.items() if key in ids}
        self._inbound = {key for key, row in self._integrations.items() if row.comes_in}
        self._parts = self._said_parts()
        self._known = self._as_read()
        self._lists = self._catalogues()

    def of(self, need: Need) -> list[Suggestion]:
        """The best candidates, best first. A supplier has some while its own record can be linked."""
        place, known = self._list_of(need), self.known(need)
        found = self._lists.get(place) if place else None
        if found is None or (need.kind == "vendor" and not known.open):
            return []
        return found.suggest(known.number, known.name)

    def known(self, need: Need) -> Known:
        """The missing thing where it comes from, as far as it was read."""
        return self._known.get((need.integration, _entity(need.kind), need.key), Known(need.key))

    def _list_of(self, need: Need) -> _List | None:
        integration = self._integrations.get(need.integration)
        if integration is None:
            return None
        head, _, part = need.kind.partition(":")
        if head == "vendor":
            return None if need.integration in self._inbound else (integration.ap_id, Entity.VENDOR)
        if need.integration in self._inbound:
            return integration.erp_id, Entity.GL_ACCOUNT if head in CODES else f"dimension {part}"
        kind = self._parts.get((need.integration, part), "")
        return integration.ap_id, Entity.GL_ACCOUNT if head in CODES else f"dimension {kind}"

    def _said_parts(self) -> Mapping[tuple[int, str], str]:
        """(integration, code part) -> the kind of dimension it becomes."""
        asked = {each.integration for each in self._wanted if _head(each.kind) == "dimension"}
        rows = FieldMapping.objects.filter(integration__in=asked, active=True) if asked else ()
        return {(row.integration_id, row.part): row.target for row in rows}

    def _as_read(self) -> dict[tuple[int, str, str], Known]:
        """By integration, entity and key."""
        keys = sorted({each.key for each in self._wanted})
        entities = {_entity(each.kind) for each in self._wanted} & _NAMED
        if not entities:
            return {}
        rows = SourceRecord.objects.filter(
            Q(number__in=keys) | Q(source_key__in=keys),
            flow__integration__in=list(self._integrations),
            flow__entity__in=entities,
            flow__inbound=False,
        )
        found = {}
        for integration, entity, key, number, name, item, state in rows.values_list(
            *("flow__integration", "flow__entity", "source_key", "number", "party_name"),
            *("items__uuid", "items__state"),
        ):
            named = key if entity == Entity.VENDOR else number
            found[integration, entity, named] = Known(number, name, item, state in _OPEN)
        return found

    def _catalogues(self) -> dict[_List, Catalogue]:
        wanted = {place for each in self._wanted if (place := self._list_of(each))}
        if not wanted:
            return {}
        erp = {row.erp_id for row in self._integrations.values()}
        found: dict[_List, list[Candidate]] = defaultdict(list)
        for place, candidate in self._on_target({place for place in wanted if place[0] not in erp}):
            found[place].append(candidate)
        for place, candidate in self._in_books({place for place in wanted if place[0] in erp}):
            found[place].append(candidate)
        return {place: Catalogue(candidates) for place, candidates in found.items()}

    def _on_target(self, wanted: set[_List]) -> Iterable[tuple[_List, Candidate]]:
        """What the other side's mirror has in use."""
        if not wanted:
            return
        entities = {Entity.DIMENSION if name.startswith("dimension ") else Entity(name) for _, name in wanted}
        rows = MirrorRecord.objects.filter(
            connection__in={connection for connection, _ in wanted}, entity__in=entities, active=True
        ).order_by("id")[:LONGEST]
        for connection, entity, kind, target_id, number, name in rows.values_list(
            "connection", "entity", "kind", "target_id", "number", "name"
        ):
            place = connection, f"dimension {kind}" if entity == Entity.DIMENSION else entity
            key = target_id if entity == Entity.VENDOR else number
            if place in wanted and key:
                yield place, Candidate(key, number, name)

    def _in_books(self, wanted: set[_List]) -> Iterable[tuple[_List, Candidate]]:
        """What the ERP has in use that invoices may be coded to."""
        entities = {Entity.DIMENSION if name.startswith("dimension ") else Entity(name) for _, name in wanted}
        if not wanted:
            return
        rows = SourceRecord.objects.filter(
            flow__integration__in=self._inbound, flow__entity__in=entities, flow__inbound=False
        ).filter(gone=False, readable=True, snapshot__active=True)
        for row in rows.select_related("flow__integration").order_by("id")[:LONGEST]:
            shot, connection = row.snapshot, row.flow.integration.erp_id
            if shot.get("control") or shot.get("statistical"):
                continue
            names = {shot.get("kind", ""), shot.get("kind_name", "")} if row.flow.entity == Entity.DIMENSION else {""}
            for name in names:
                place = connection, f"dimension {name}" if name else Entity.GL_ACCOUNT
                if place in wanted:
                    yield place, Candidate(row.number, row.number, row.party_name)


def _head(kind: str) -> str:
    return kind.partition(":")[0]


def _entity(kind: str) -> str:
    """What the ERP calls it."""
    head = _head(kind)
    return {"account": Entity.GL_ACCOUNT, "dimension": Entity.DIMENSION, "vendor": Entity.VENDOR}.get(head, head)
