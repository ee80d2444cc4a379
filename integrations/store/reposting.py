"""A posted bill beside what today's rules would make of it, and asking that exactly that goes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.engine.ports import Item
from integrations.engine.recoding import Came, as_sent
from integrations.engine.records import Invoice
from integrations.engine.reposting import CODE, Anew, coded_anew, stands_in_the_way
from integrations.models import Answer, Flow, OutboxItem, RecordLink
from integrations.store import answers, previews, rulebook
from integrations.store.questions import STATES, Refused, locked, needs_reason
from tenants.access import Place


@dataclass(frozen=True, slots=True)
class Recoding:
    """The bill as it was sent and as it would be now; `refused` says why it stays as it is."""

    old: Came | None
    new: Came | None
    names: Mapping[str, str]
    subject: str = ""
    refused: str = ""


def look(items: Sequence[OutboxItem]) -> dict[int, Recoding]:
    """What today's rules make of these records, by id; of any flows, each flow's rules loaded once. Nothing is written.

    Whether an approver has acted is asked when it is written; what is known of payments is known here.
    """
    flows: dict[int, list[OutboxItem]] = {}
    for item in items:
        flows.setdefault(item.flow_id, []).append(item)
    found: dict[int, Recoding] = {}
    for rows in flows.values():
        found |= _look(rows[0].flow, rows)
    return found


def propose(place: Place, item: OutboxItem, reason: str, seen: Recoding | None = None) -> Answer:
    """Ask that the bill's coding is posted anew; as a proposal where that takes two people. Raises Refused."""
    reason = needs_reason(reason)
    item = locked(item, (STATES.DONE,))
    found = seen or look([item])[item.pk]
    if found.refused:
        raise Refused("closed", found.refused)
    return answers.repost(place, item, found.subject, reason)


def _look(flow: Flow, rows: Sequence[OutboxItem]) -> dict[int, Recoding]:
    if flow.inbound or flow.entity != "invoice":
        words = "Only the coding of bills is posted anew. What is in the books is corrected there."
        return {row.pk: Recoding(None, None, {}, refused=words) for row in rows}
    links = RecordLink.objects.filter(integration=flow.integration, entity=flow.entity, inbound=flow.inbound)
    sent = set(
        links.filter(source_key__in=[row.source_key for row in rows], sent__isnull=False).values_list(
            "source_key", flat=True
        )
    )
    items = previews.load(flow, [row.pk for row in rows if row.source_key in sent])
    loaded = rulebook.load_rules(flow)
    rules, policy = rulebook.for_batch(loaded, flow, items), rulebook.policy_of(flow.integration)
    names = previews.names_of(flow, loaded)
    found = {item.id: _recoding(item, rules, policy, names) for item in items}
    nothing = Recoding(None, None, names, refused="Nothing of ours was posted: there is no coding to post anew.")
    return {row.pk: found.get(row.pk, nothing) for row in rows}


def _recoding(item: Item, rules: Any, policy: Any, names: Mapping[str, str]) -> Recoding:
    if item.link is None or not isinstance(item.source, Invoice) or item.target is None:
        return Recoding(None, None, names, refused="It is not on the other side: nothing was posted.")
    anew: Anew = coded_anew(item.source, item.link, rules, policy, item.variant, item.answers)
    refused = anew.refused or stands_in_the_way(item.target.standing)
    if not item.target.active:
        refused = refused or "The bill is archived on the other side."
    asked = anew.question.subject if anew.question else ""
    old, new = (as_sent(draft) if draft else None for draft in (anew.sent, anew.draft))
    return Recoding(old, new, names, asked, refused)


__all__ = ["CODE", "Recoding", "Refused", "look", "propose"]
