"""Linking what is on the target already, made by somebody else: nothing is written there."""

from collections import Counter
from collections.abc import Sequence

from integrations.engine import fingerprint as hashing
from integrations.engine.decisions import LinkTo
from integrations.engine.errors import Choice, Problem
from integrations.engine.ports import Item
from integrations.engine.records import Entity
from integrations.models import RecordLink
from integrations.store import images, newcomers
from integrations.store.blockers import free
from integrations.store.frame import Frame, print_of
from integrations.store.marking import mark
from integrations.store.parking import STATES, Parked, park

_SURE = 100
_CONFLICT = Problem(
    "link_conflict",
    "Another record claims the same record on the other side. Compare the two, then link one of them.",
    field="link",
    choices=(Choice("again", "The other one is settled: decide this one again", "override"),),
)


def adopt(frame: Frame, there: Sequence[tuple[Item, LinkTo]]) -> None:
    """Link these records, inside the open commit; whatever two sources claim is left to a person.

    Two suppliers share one vendor only because a person said so; two invoices never share a bill.
    """
    taken = _taken(frame, there)
    lost = [(item, d) for item, d in there if d.target_id in taken and not _may_share(frame, item, d)]
    alone = [each for each in there if each not in lost]
    park(frame, [Parked(item, STATES.HELD, "held", (_CONFLICT,)) for item, _ in lost])
    for item, _ in alone:
        if item.link is not None:
            _release(frame, item)
    RecordLink.objects.bulk_create(_row(frame, item, decision) for item, decision in alone)
    park(frame, [Parked(item, STATES.DONE, "linked") for item, _ in alone])
    free(frame.integration.pk, frame.flow.entity, [item.source_key for item, _ in alone])
    images.wake(frame.flow, [item.source_key for item, _ in alone])
    mark(frame, [(item.source_key, decision.target_id) for item, decision in alone if not item.variant])
    newcomers.linked(frame.flow, {item.source_key: decision.target_id for item, decision in alone})
    for item, decision in alone:
        refs = {"target": decision.target_id, "why": list(decision.why), "score": decision.score}
        frame.audit("linked", item, refs=refs)


def _taken(frame: Frame, there: Sequence[tuple[Item, LinkTo]]) -> set[str]:
    """Target ids that more than one source would be linked to."""
    claims = Counter(decision.target_id for _, decision in there)
    links = RecordLink.objects.filter(
        target_connection=frame.flow.target, entity=frame.flow.entity, target_id__in=list(claims)
    )
    own = {(item.source_key, decision.target_id) for item, decision in there}
    others = [row for row in links.values_list("source_key", "target_id") if row not in own]
    return {target for target, count in claims.items() if count > 1} | {target for _, target in others}


def _may_share(frame: Frame, item: Item, decision: LinkTo) -> bool:
    return frame.flow.entity == Entity.VENDOR and _by_person(item, decision)


def _by_person(item: Item, decision: LinkTo) -> bool:
    return f"link:{decision.target_id}" in item.answers.values()


def _release(frame: Frame, item: Item) -> None:
    """A person links it to another record than before: the old link goes, and the audit keeps it."""
    assert item.link is not None  # noqa: S101  the caller looked
    RecordLink.objects.filter(
        integration=frame.integration,
        entity=frame.flow.entity,
        inbound=frame.flow.inbound,
        source_key=item.source_key,
        variant=item.link.variant,
    ).delete()
    frame.audit("unlinked", item, refs={"target": item.link.target_id, "why": ["linked to another record"]})


def _row(frame: Frame, item: Item, decision: LinkTo) -> RecordLink:
    by_person = _by_person(item, decision)
    return RecordLink(
        integration=frame.integration,
        entity=frame.flow.entity,
        inbound=frame.flow.inbound,
        source_key=item.source_key,
        variant=decision.variant,
        target_connection=frame.flow.target,
        target_id=decision.target_id,
        target_version=decision.version,
        fingerprint=print_of(item.source),
        schema=hashing.VERSION,
        echo=decision.echo,
        made_by=RecordLink.MadeBy.PERSON if by_person else RecordLink.MadeBy.MATCHED,
        score=_SURE if by_person else decision.score,
        why=list(decision.why),
        linked_at=frame.now(),
    )
