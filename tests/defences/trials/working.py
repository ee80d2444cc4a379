"""The queue and its records: who works on them."""

from collections.abc import Callable
from typing import Any

from django.test import Client
from django.utils import timezone

from integrations.models import (
    Answer,
    Comment,
    Connection,
    OutboxItem,
    ReconciliationStatement,
    ReviewItem,
)
from tenants.models import Membership
from tests.defences.stranger import ask
from tests.defences.table import API_KEY, READ, makes
from tests.defences.trials.setting_up import connection_of
from tests.defences.trials.trial import CLERK, CONTROLLER, WORKING, Trial, scope_of
from tests.factories import person
from tests.integrations.factories import Desk

_ITEMS = "/api/v1/review-items/"


def _retry(client: Client, desk: Desk) -> bool:
    item = desk.record("held", code="x")
    ask(client, "post", "/review/retry/", {"item": item.uuid})
    with scope_of(desk):
        return bool(OutboxItem.objects.get(pk=item.pk).state == "ready")


def _review(desk: Desk) -> ReviewItem:
    """A held record that asks something which one person answers."""
    item = desk.record("held", code="x")
    with scope_of(desk):
        row: ReviewItem = ReviewItem.objects.get(item=item)
        row.problems = [{**row.problems[0], "choices": [{"key": "send", "label": "Send it", "act": "work"}]}]
        row.save()
    return row


def _review_act(act: str, state: str, body: dict[str, str]) -> Callable[[Client, Desk], bool]:
    def attempt(client: Client, desk: Desk) -> bool:
        row = _review(desk)
        ask(client, "post", f"/api/v1/review-items/{row.uuid}/{act}/", body)
        with scope_of(desk):
            return bool(OutboxItem.objects.get(pk=row.item_id).state == state)

    return attempt


def _assign(path: str, body: Callable[[ReviewItem, Any], dict[str, Any]]) -> Callable[[Client, Desk], bool]:
    def attempt(client: Client, desk: Desk) -> bool:
        row, somebody = _review(desk), person()
        with scope_of(desk):
            Membership.objects.create(user=somebody, role=CLERK)
            sent = body(row, somebody)
        ask(client, "post", path.format(row.uuid), sent)
        with scope_of(desk):
            return bool(ReviewItem.objects.get(pk=row.pk).assignee_id == somebody.pk)

    return attempt


def _comment(path: str, body: Callable[[ReviewItem], dict[str, Any]]) -> Callable[[Client, Desk], bool]:
    def attempt(client: Client, desk: Desk) -> bool:
        row = _review(desk)
        with scope_of(desk):
            sent = body(row)
        ask(client, "post", path.format(row.uuid), sent)
        with scope_of(desk):
            return bool(Comment.objects.filter(item=row.item_id).exists())

    return attempt


def _approve_repost(client: Client, desk: Desk) -> bool:
    item = desk.record("done", code="x")
    with scope_of(desk):
        row = Answer.objects.create(
            item=item, code="repost", choice="repost", subject="x", reason="tried", made_at=timezone.now(),
            fingerprint=item.source.fingerprint, status="proposed", made_by=desk.user,
        )  # fmt: skip
    ask(client, "post", f"/api/v1/records/{item.uuid}/repost/approve/")
    with scope_of(desk):
        return bool(Answer.objects.get(pk=row.pk).status == "approved")


def _look_only(client: Client, desk: Desk) -> bool:
    """Nobody changes through the admin what the product writes."""
    row, item = connection_of(desk), desk.record("held", code="x")
    ask(client, "post", f"/admin/integrations/connection/{row.pk}/delete/", {"post": "yes"})
    ask(client, "post", f"/admin/integrations/connection/{row.pk}/change/", {"name": "changed"})
    ask(client, "post", f"/admin/integrations/outboxitem/{item.pk}/delete/", {"post": "yes"})
    with scope_of(desk):
        kept = Connection.objects.filter(pk=row.pk, name=row.name), OutboxItem.objects.filter(pk=item.pk)
        return not all(rows.exists() for rows in kept)


def _verify(client: Client, desk: Desk) -> bool:
    return bool(ask(client, "post", "/api/v1/audit/verify/").status_code == 200)


def _make_statement(client: Client, desk: Desk) -> bool:
    answer = ask(client, "post", "/api/v1/statements/", {"integration": str(desk.integration.uuid)})
    with scope_of(desk):
        made = ReconciliationStatement.objects.order_by("number").last()
        return bool(answer.status_code == 201 and str(made.uuid) == answer.json()["id"])


TRIALS = (
    Trial("verify the audit by the API", makes(READ) | {API_KEY}, _verify),
    Trial("make a statement by the API", makes(READ) | {API_KEY}, _make_statement),
    Trial("retry a record", WORKING, _retry),
    Trial("approve a re-post by the API", frozenset({CONTROLLER}), _approve_repost),
    Trial("change what the product writes in the admin", frozenset(), _look_only),
    Trial("retry by the API", WORKING | {API_KEY}, _review_act("retry", "ready", {})),
    Trial("answer by the API", WORKING, _review_act("resolve", "ready", {"choice": "send", "reason": "tried"})),
    Trial("ignore by the API", frozenset({CONTROLLER, CLERK}), _review_act("ignore", "ignored", {"reason": "tried"})),
    Trial("assign", WORKING, _assign("/review/assign/", lambda row, to: {"item": row.item.uuid, "to": to.pk})),
    Trial("assign by the API", WORKING, _assign(f"{_ITEMS}{{}}/assign/", lambda row, to: {"to": to.email})),
    Trial("comment", WORKING, _comment("/review/comment/", lambda row: {"item": row.item.uuid, "text": "x"})),
    Trial("comment by the API", WORKING, _comment(f"{_ITEMS}{{}}/comments/", lambda row: {"text": "x"})),
)
