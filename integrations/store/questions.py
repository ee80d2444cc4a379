"""Open questions about records: what an answer finds, what it refuses, and how an answered record goes on."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone

from audit.log import Source, record
from integrations.models import Answer, Blocker, OutboxItem, ReviewItem, WriteIntent
from integrations.store.lease import due_now
from integrations.store.parking import free_alike

STATES = OutboxItem.State


class Refused(ValueError):
    """This cannot be answered so; the message says why, for the person who tried.

    `code`: closed (no such open question), taken (somebody was faster), not_allowed, unknown, reason.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def locked(item: OutboxItem, states: Iterable[str]) -> OutboxItem:
    """The item as it is now, locked until the transaction ends: of two people at once the second sees the first."""
    found: OutboxItem = (
        OutboxItem.objects.select_for_update(of=("self",))
        .select_related("flow__integration__erp", "flow__integration__ap", "source")
        .get(pk=item.pk)
    )
    if WriteIntent.objects.filter(item=found, settled_at=None).exists() and found.state != STATES.UNCERTAIN:
        raise Refused("closed", "This record is being written at this moment. Try again in a minute.")
    if found.state not in states:
        raise Refused(
            "closed", f"This record is “{found.get_state_display()}” now: somebody else, or a run, was faster."
        )
    return found


def open_review(item: OutboxItem) -> ReviewItem | None:
    """The one open review item of the record."""
    found: ReviewItem | None = ReviewItem.objects.filter(item=item, status=ReviewItem.Status.OPEN).first()
    return found


def problem_of(item: OutboxItem, code: str, subject: str) -> Mapping[str, Any] | None:
    """The problem that is asked about now; None when it is not open any more, or is another one by now."""
    review = open_review(item)
    problems: list[dict[str, Any]] = review.problems if review else []
    return next((p for p in problems if (p["code"], p.get("subject", "")) == (code, subject)), None)


def needs_reason(reason: str) -> str:
    """The reason without blanks around it, of 2,000 letters at most. Raises Refused."""
    if not reason.strip():
        raise Refused("reason", "Say why, in a few words: it is kept with the decision.")
    return reason.strip()[:2000]


def close_review(item: OutboxItem, by: int | None, resolution: str) -> None:
    """The question is answered; where it stood for many records, all of them are decided again."""
    review = open_review(item)
    if review is None:
        return
    review.status, review.resolved_at = ReviewItem.Status.RESOLVED, timezone.now()
    review.resolved_by_id, review.resolution = by, resolution[:40]
    review.save(update_fields=["status", "resolved_at", "resolved_by", "resolution"])
    free_alike(item.flow.integration_id, review.problems)


def make_ready(item: OutboxItem, by: int | None, resolution: str) -> None:
    """Decide it again with the next run, which is due now."""
    move(item, STATES.READY, reason=item.reason, message="")
    close_review(item, by, resolution)
    due_now([item.flow_id])


def move(item: OutboxItem, state: str, **fields: Any) -> None:
    """Store the item's new state; what it waited for is forgotten."""
    now = timezone.now()
    values = {"state": state, "attempts": 0, "lost_workers": 0, "not_before": now, "changed_at": now, **fields}
    OutboxItem.objects.filter(pk=item.pk).update(**values)
    Blocker.objects.filter(item=item).delete()


def tell(action: str, item: OutboxItem, refs: Mapping[str, Any], detail: Mapping[str, Any] | None = None) -> None:
    """Note what a person did about a record: ids and keys clear, words sealed."""
    source = Source(entity=item.flow.entity, key=item.source_key)
    record(action, subject=f"flow:{item.flow_id}", source=source, refs={"item": str(item.uuid), **refs}, detail=detail)


def name_of(answer: Answer) -> str:
    """Who gave an answer, for the one who comes second."""
    return answer.made_by.email if answer.made_by else "Somebody"
