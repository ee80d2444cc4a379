"""The resolver's memory: writes whose answer was lost, when each is looked up, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from integrations.engine.drafts import Draft, Receipt
from integrations.engine.errors import Choice, Problem, Rejected
from integrations.engine.ports import Item, Write
from integrations.engine.records import Entity
from integrations.engine.resolve import Uncertain
from integrations.models import OutboxItem, RecordLink, WriteIntent
from integrations.store import parking, sql, writing
from integrations.store.frame import Frame
from integrations.store.loading import source_of
from integrations.store.parking import STATES, Parked
from integrations.store.sealing import opened_draft


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: the total deadline of one request, and how long the target's search may hide a new record."""

    deadline: float = 60.0
    lag: float = 30.0


PATIENCE = Patience()
_decode: Any = msgspec.json.Decoder(Draft).decode


class FlowResolver:
    """The engine's ResolverStore for one flow."""

    def __init__(self, frame: Frame, patience: Patience, rules_version: str = "") -> None:
        self._frame, self._patience, self._rules_version = frame, patience, rules_version
        self._items: dict[int, Item] = {}

    def due(self, limit: int) -> list[Uncertain]:
        """Lost answers whose time to be looked up has come."""
        with self._frame.commit():
            return [self._uncertain(*row) for row in self._frame.rows(sql.LOOKS_DUE, limit=limit)]

    def linked(self, entity: Entity, target_ids: Sequence[str]) -> set[str]:
        """See ResolverStore."""
        with self._frame.commit():
            links = RecordLink.objects.filter(target_connection=self._frame.flow.target, entity=entity)
            return set(links.filter(target_id__in=target_ids).values_list("target_id", flat=True))

    def found(self, write: Write, receipt: Receipt, evidence: Sequence[dict[str, str]]) -> None:
        """See ResolverStore."""
        with self._frame.commit():
            self._keep(write, evidence)
            item = self._items[write.intent]
            # decided once more: what was to follow the lost write is known to the decision only
            writing.settle(self._frame, [(item, write, receipt)], self._rules_version, {item.id})

    def look_again(self, write: Write) -> None:
        """See ResolverStore."""
        with self._frame.commit():
            self._frame.run_sql(sql.LOOK_AGAIN, intents=[write.intent], lag=self._patience.lag)
            self._frame.audit("looked_up", self._items[write.intent], refs={"intent": write.intent, "found": 0})

    def absent(self, write: Write) -> None:
        """See ResolverStore."""
        item = self._items[write.intent]
        with self._frame.commit():
            writing.close_intents(self._frame, [write], "absent")
            OutboxItem.objects.filter(pk=item.id).update(
                state=STATES.READY, not_before=self._frame.now(), changed_at=self._frame.now(), reason="", message=""
            )
            self._frame.audit("proven_absent", item, refs={"intent": write.intent})

    def hold_uncertain(self, write: Write, evidence: Sequence[dict[str, str]]) -> None:
        """See ResolverStore."""
        words = (
            "Its answer was lost, and what is on the other side is not provably ours. "
            "Compare what was found, then link it or have it written again."
        )
        item = self._items[write.intent]
        with self._frame.commit():
            self._keep(write, evidence)
            writing.close_intents(self._frame, [write], "held")
            problem = Problem("uncertain", words, field="link", urgent=True, choices=_choices(evidence))
            parking.park(self._frame, [Parked(item, STATES.HELD, "held", (problem,))])

    def refused(self, write: Write, error: Rejected) -> None:
        """See ResolverStore."""
        with self._frame.commit():
            writing.refuse(self._frame, self._items[write.intent], write, error)

    def ask_later(self, writes: Sequence[Write], after: float) -> None:
        """See ResolverStore."""
        with self._frame.commit():
            self._frame.run_sql(sql.LOOK_AGAIN, intents=[write.intent for write in writes], lag=after)

    def unconfirmed(self, writes: Sequence[Write]) -> None:
        """See ResolverStore."""
        words = (
            "The other side took it half an hour ago and has not said what came of it. Look there, then send it again."
        )
        problem = Problem("not_confirmed", words, field="link", choices=(Choice("again", "Send it again"),))
        with self._frame.commit():
            for write in writes:
                writing.close_intents(self._frame, [write], "held")
            held = [Parked(self._items[write.intent], STATES.HELD, "held", (problem,)) for write in writes]
            parking.park(self._frame, held)

    def _keep(self, write: Write, evidence: Sequence[dict[str, str]]) -> None:
        WriteIntent.objects.filter(pk=write.intent).update(evidence=list(evidence))

    def _uncertain(
        self,
        intent: int,
        natural_key: str,
        target_id: str,
        version: str,
        draft: str,
        send_by: datetime,
        created: datetime,
        looks: int,
        job: str,
        *item: Any,
    ) -> Uncertain:
        entity = Entity(self._frame.flow.entity)
        id_, key, revision, attempts, variant, readable, gone, snapshot = item
        source = source_of(entity, key, snapshot, readable=readable, gone=gone)
        self._items[intent] = Item(
            id=id_, source_key=key, revision=revision, attempts=attempts, source=source, variant=variant
        )
        write = Write(
            intent=intent,
            entity=entity,
            draft=opened_draft(_decode(draft)),
            natural_key=natural_key,
            send_by=send_by,
            target_id=target_id,
            version=version,
        )
        return Uncertain(write=write, sent_after=created, looks=looks, job=job)


def _choices(evidence: Sequence[dict[str, str]]) -> tuple[Choice, ...]:
    """Link one of the records that were found, or, with a second person, send it again."""
    found = [each["id"] for each in evidence if each.get("id")]
    links = tuple(Choice(f"link:{target}", f"It is {target}: link it") for target in found)
    return (*links, Choice("create", "It is not there: send it again", "override"))
