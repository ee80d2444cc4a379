"""Carry a batch of due records to the target, or say of each why it cannot go."""

import traceback
from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial

import msgspec

from integrations.engine.asking import hold
from integrations.engine.credits import named_bill
from integrations.engine.decide import decide
from integrations.engine.decisions import Decision, Link, LinkTo
from integrations.engine.documents import Takes, fetch
from integrations.engine.drafts import BookedInvoiceDraft, ImageDraft
from integrations.engine.errors import Problem
from integrations.engine.lanes import carry
from integrations.engine.mapping import Rules
from integrations.engine.payments import counted
from integrations.engine.policy import Policy
from integrations.engine.ports import Documents, Item, Store, Target, Write
from integrations.engine.records import Dimension, Entity, GLAccount, Gone, Invoice, Payment, PurchaseOrder, Vendor
from integrations.engine.targets import TargetRecord

Decided = list[tuple[Item, Decision]]
_ENTITIES: dict[type, Entity] = {
    Invoice: Entity.INVOICE,
    Vendor: Entity.VENDOR,
    GLAccount: Entity.GL_ACCOUNT,
    Dimension: Entity.DIMENSION,
    PurchaseOrder: Entity.PURCHASE_ORDER,
    Payment: Entity.PAYMENT,
}


def push(
    batch: Sequence[Item],
    rules: Rules,
    policy: Policy,
    target: Target,
    store: Store,
    lanes: int = 1,
    documents: Documents | None = None,
) -> None:
    """Decide, commit what cannot go and an intent for the rest, then write group by group, `lanes` at once.

    Retryable with a wait and ConnectionBroken are left to the caller after the writes in hand were postponed: they end
    the run, not the records. `documents` is where the images of invoices are.
    """
    decided = decide_all(batch, rules, policy, target, store)
    writes = store.record([item for item, _ in decided], [decision for _, decision in decided])
    carry(target.groups(with_documents(writes, documents, rules.takes)), target, store, lanes)


def with_documents(writes: Sequence[Write], documents: Documents | None, takes: Takes) -> list[Write]:
    """The same writes; those that name a document can fetch it, as far as the target takes it."""

    def equipped(write: Write) -> Write:
        match write.draft:
            case ImageDraft(document=ref, size=size) if documents is not None:
                return msgspec.structs.replace(write, content=partial(fetch, documents, ref, takes.largest, size))
            case BookedInvoiceDraft(document=ref) if documents is not None and ref:
                return msgspec.structs.replace(write, content=partial(documents.document, ref, takes.largest))
        return write

    return [equipped(write) for write in writes]


def decide_all(batch: Sequence[Item], rules: Rules, policy: Policy, target: Target, store: Store) -> Decided:
    """Decide the batch on fresh reads of what is linked; writes nothing. A record on which we fail is left out."""
    batch = _read(batch, target)
    if policy.apply_credits != "no":
        rules = rules.with_bills(_named_bills(batch, rules, target))
    decided: Decided = []
    for item in batch:
        try:
            decision = _decide(item, rules, policy)
            rules = counted(rules, item.source, decision)
            decided.append((item, decision))
        except Exception:  # noqa: BLE001  a bug of ours must not stop the neighbours
            store.fail(item, traceback.format_exc())
    return _baselined(_oldest_alone(decided), target)


def _decide(item: Item, rules: Rules, policy: Policy) -> Decision:
    return decide(item.source, item.link, item.target, rules, policy, variant=item.variant, answers=item.answers)


def _entity(item: Item) -> Entity | None:
    """What the record is on the target; None for what has no standing there."""
    return _ENTITIES.get(type(item.source.last if isinstance(item.source, Gone) else item.source))


def _read(batch: Sequence[Item], target: Target) -> list[Item]:
    """The batch with a fresh read of every linked record, one call an entity; what is blind stands as it was left."""
    asked = [(i, i.link, entity) for i in batch if i.link and i.target is None and (entity := _entity(i))]
    seen = [(entity, link.target_id) for _, link, entity in asked if entity not in target.blind]
    standing = _standing(seen, target)
    fresh = {
        item.id: _as_left(link) if entity in target.blind else standing.get((entity, link.target_id))
        for item, link, entity in asked
    }
    return [msgspec.structs.replace(i, target=fresh[i.id]) if i.id in fresh else i for i in batch]


def _as_left(link: Link) -> TargetRecord:
    """How a record stands that cannot be read back."""
    return TargetRecord(target_id=link.target_id, version=link.version, echo=link.echo)


def _standing(wanted: Iterable[tuple[Entity, str]], target: Target) -> dict[tuple[Entity, str], TargetRecord]:
    by_entity: dict[Entity, dict[str, None]] = {}
    for entity, target_id in wanted:
        by_entity.setdefault(entity, {})[target_id] = None
    reads = ((entity, target.standing(entity, list(ids))) for entity, ids in by_entity.items())
    return {(entity, target_id): record for entity, found in reads for target_id, record in found.items()}


def _named_bills(batch: Sequence[Item], rules: Rules, target: Target) -> dict[str, TargetRecord]:
    """Fresh reads of the bills that linked credits of the batch name."""
    sent = [item.source for item in batch if item.link is not None and isinstance(item.source, Invoice)]
    named = [(Entity.INVOICE, bill_id) for source in sent if (bill_id := named_bill(source, rules))]
    return {bill_id: record for (_, bill_id), record in _standing(named, target).items()}


def _oldest_alone(decided: Decided) -> Decided:
    """Of several records that claim one record of the target, the oldest is linked; the others ask a person."""
    claims: dict[str, Item] = {}
    for item, decision in decided:
        if isinstance(decision, LinkTo):
            first = claims.get(decision.target_id)
            claims[decision.target_id] = item if first is None else min(first, item, key=_age)
    return [
        (item, _claimed(decision, claims[decision.target_id]))
        if isinstance(decision, LinkTo) and isinstance(item.source, Invoice) and claims[decision.target_id] is not item
        else (item, decision)
        for item, decision in decided
    ]


def _claimed(decision: LinkTo, by: Item) -> Decision:
    words = (
        f"It agrees with {decision.target_id} on the other side, which the older record {by.source_key} is linked to. "
        "Compare the two in the ERP."
    )
    return hold(Problem("link_conflict", words, field="link", value=decision.target_id))


def _age(item: Item) -> tuple[date, str]:
    source = item.source
    dated = (source.voucher_date or source.invoice_date) if isinstance(source, Invoice) else None
    return dated or date.max, item.source_key


def _baselined(decided: Decided, target: Target) -> Decided:
    """What is adopted is remembered as it stands now: from then on a change of it is noticed."""
    adopted = [(item, decision) for item, decision in decided if isinstance(decision, LinkTo) and not decision.echo]
    wanted = [(entity, decision.target_id) for item, decision in adopted if (entity := _entity(item))]
    standing = _standing(wanted, target)

    def seen(item: Item, decision: Decision) -> Decision:
        entity = _entity(item)
        if not isinstance(decision, LinkTo) or entity is None or decision.echo:
            return decision
        found = standing.get((entity, decision.target_id))
        return msgspec.structs.replace(decision, echo=found.echo, version=found.version) if found else decision

    return [(item, seen(item, decision)) for item, decision in decided]
