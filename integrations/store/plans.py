"""Plans as rows: what was decided of each record, added up; and what applying did with each line."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import msgspec
from django.db.models import Count, Sum
from django.utils import timezone

from audit.log import record as audit
from integrations.engine.billing import total_owed
from integrations.engine.decisions import Act, Create, Decision, Hold, LinkTo, Nothing, Out, Update, Wait
from integrations.engine.drafts import InvoiceDraft
from integrations.engine.ports import Item
from integrations.engine.records import Invoice
from integrations.models import Integration, OutboxItem, Plan, PlanLine
from integrations.store.counting import exact
from integrations.store.sealing import hashed_draft

AFTER_VENDOR = "after_vendor"
PLANNED = "planned:"  # in place of the id of a vendor that the plan itself will make
_OPEN_AMOUNT = {"before_start", "partly_paid"}
_KINDS: dict[type, str] = {
    Create: "create",
    Update: "update",
    Act: "act",
    LinkTo: "link",
    Nothing: "nothing",
    Wait: "wait",
    Hold: "hold",
    Out: "out",
}
WRITING = ("create", "update", "act", "link")
_LOST_AFTER = timedelta(hours=1)
_encode = msgspec.json.Encoder(order="deterministic").encode


class PlanRefused(ValueError):
    """No plan can be made or applied now; the message says why."""


def start(integration: Integration, by: int | None) -> Plan:
    """A plan that is being made; in the caller's scope. Raises PlanRefused while another one is under way."""
    Integration.objects.select_for_update().get(pk=integration.pk)  # of two who ask at once, one
    under_way = Plan.objects.filter(integration=integration, status__in=[Plan.Status.MAKING, Plan.Status.APPLYING])
    lost = under_way.filter(status=Plan.Status.MAKING, made_at__lt=timezone.now() - _LOST_AFTER)
    lost.update(status=Plan.Status.FAILED, message="The worker that made it was lost. Make it again.")
    if under_way.exists():
        raise PlanRefused("A plan is being made or applied already. Wait for its end.")
    made: Plan = Plan.objects.create(integration=integration, made_by_id=by, made_at=timezone.now())
    audit("plan_started", subject=f"integration:{integration.pk}", refs={"plan": str(made.uuid)})
    return made


def start_applying(plan: Plan) -> Plan:
    """The plan, about to be applied; in the caller's scope. One that was cut off goes on with its open lines.

    Raises PlanRefused for one that is not ready, not the integration's newest, or whose base currencies differ
    unconfirmed.
    """
    Integration.objects.select_for_update().get(pk=plan.integration_id)  # nobody starts a newer one meanwhile
    now: Plan = Plan.objects.select_for_update(of=("self",)).select_related("integration").get(pk=plan.pk)
    if now.status not in (Plan.Status.READY, Plan.Status.APPLYING):
        raise PlanRefused(f"This plan is “{now.get_status_display().lower()}”: make a new one.")
    if Plan.objects.filter(integration=now.integration_id, made_at__gt=now.made_at).exists():
        raise PlanRefused("There is a newer plan. Apply that one.")
    if now.integration.currencies_open:
        raise PlanRefused("The base currencies differ: a controller confirms that before anything is applied.")
    if now.status == Plan.Status.READY:
        audit("plan_applied", subject=f"integration:{now.integration_id}", refs={"plan": str(now.uuid)})
    now.status, now.message = Plan.Status.APPLYING, ""
    now.save(update_fields=["status", "message"])
    return now


def finish(plan: Plan, status: str, message: str = "") -> None:
    """Add up the lines and close the step. Once it is applied the integration is active."""
    applied = timezone.now() if status == Plan.Status.APPLIED else None
    if applied:
        Integration.objects.filter(pk=plan.integration_id).update(active=True)
        audit("integration_activated", subject=f"integration:{plan.integration_id}", refs={"plan": str(plan.uuid)})
    Plan.objects.filter(pk=plan.pk).update(status=status, message=message, totals=totals(plan), applied_at=applied)


def lines_of(plan: Plan, decided: Iterable[tuple[Item, Decision]]) -> list[PlanLine]:
    """A line for each decision, not saved."""
    return [_line(plan, item, decision) for item, decision in decided]


def failed_line(plan: Plan, item: Item, words: str) -> PlanLine:
    """A record that an error of ours stopped."""
    return PlanLine(plan=plan, item_id=item.id, kind="hold", code="internal", message=words, digest="")


def digest(decision: Decision, vendor: str = "") -> str:
    """The hash of what a decision does, whatever it notes beside it. `vendor`: the vendor's id, kept out of it."""
    built = {name: value for name, value in msgspec.structs.asdict(decision).items() if name not in _BESIDE}
    if isinstance(decision, Create | Update | Act):
        built["draft"] = hashed_draft(decision.draft)
    content = _encode([_KINDS[type(decision)], built])
    return blake2b(content.replace(vendor.encode(), b"vendor") if vendor else content, digest_size=16).hexdigest()


_BESIDE = frozenset({"notes", "again", "natural_key", "score"})


def vendor_of(decision: Decision) -> str:
    """The target vendor that an invoice is created for."""
    made = isinstance(decision, Create) and isinstance(decision.draft, InvoiceDraft)
    return decision.draft.vendor_id if made else ""  # type: ignore[union-attr]


def is_same(line: PlanLine, decision: Decision) -> bool:
    """Whether the decision made now is the one that was planned.

    A bill that goes after its vendor was planned before that vendor had an id: that alone may differ.
    """
    return line.digest == digest(decision, vendor_of(decision) if line.code == AFTER_VENDOR else "")


def said(decision: Decision) -> tuple[str, str]:
    """(code, words) of a decision: its first reason."""
    match decision:
        case Wait(problems=problems) | Hold(problems=problems):
            return problems[0].code, "; ".join(problem.message for problem in problems)
        case Out(reason=reason, message=message):
            return reason, message
        case Act(draft=draft, why=why):
            return str(draft.__struct_config__.tag), "; ".join(why)
        case Create(why=why) | Update(why=why) | LinkTo(why=why):
            return (AFTER_VENDOR if vendor_of(decision).startswith(PLANNED) else ""), "; ".join(why)
    return "", ""


def note(plan: Plan, result: str, items: Mapping[int, str]) -> None:
    """What applying did with the lines of these items, with the words for people."""
    for words in sorted(set(items.values())):
        alike = [item for item, each in items.items() if each == words]
        PlanLine.objects.filter(plan=plan, item_id__in=alike).update(result=result, result_message=words)


def totals(plan: Plan) -> dict[str, Any]:
    """entity -> kind -> {count, amounts: currency -> exact text, codes: code -> count}."""
    found: dict[str, dict[str, Any]] = {}
    rows: Any = PlanLine.objects.filter(plan=plan).values_list("item__flow__entity", "kind", "code", "currency")
    for entity, kind, code, currency, count, amount in rows.annotate(Count("id"), Sum("amount")).order_by():
        group = found.setdefault(entity, {}).setdefault(kind, {"count": 0, "amounts": {}, "codes": {}})
        group["count"] += count
        if amount is not None:
            before = Decimal(group["amounts"].get(currency, "0"))
            group["amounts"][currency] = exact(before + amount)
        if code:
            group["codes"][code] = group["codes"].get(code, 0) + count
    return found


def outcomes(item_ids: Sequence[int]) -> dict[int, tuple[str, str, str]]:
    """(state, outcome, message) of items, by id."""
    rows = OutboxItem.objects.filter(pk__in=item_ids).values_list("pk", "state", "outcome", "message")
    return {pk: (state, outcome, message) for pk, state, outcome, message in rows}


def _line(plan: Plan, item: Item, decision: Decision) -> PlanLine:
    code, words = said(decision)
    vendor = vendor_of(decision) if code == AFTER_VENDOR else ""
    amount, currency = _worth(item, decision, code)
    return PlanLine(
        plan=plan,
        item_id=item.id,
        kind=_KINDS[type(decision)],
        code=code[:60],
        message=words,
        digest=digest(decision, vendor),
        amount=amount,
        currency=currency[:10],
    )


def _worth(item: Item, decision: Decision, code: str) -> tuple[Decimal | None, str]:
    """What is planned is worth what would be sent; what stays behind, what is still owed; the rest, what it is."""
    draft = decision.draft if isinstance(decision, Create | Update) else None
    if isinstance(draft, InvoiceDraft):
        return (-draft.total if draft.credit else draft.total), draft.currency
    source = item.source
    if not isinstance(source, Invoice):
        return None, getattr(source, "currency", "")
    if code in _OPEN_AMOUNT and source.open_amount is not None:
        return source.open_amount, source.currency
    owed = total_owed(source)
    return (owed if owed is not None else source.net + source.tax), source.currency
