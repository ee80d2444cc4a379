"""A town whose AP tool tells of changes: the stand-in sends its events to our address, through our own pages' door."""

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.db import connection, connections
from django.test import Client

from audit.models import AuditEntry
from integrations.models import Connection, Flow, Hint, WebhookEvent, WebhookSubscription
from integrations.runner import hinting, subscribing
from integrations.runner.dispatch import serve
from integrations.store.lease import claim
from tenants.scope import tenant_scope
from tests.integrations.runner.town import ORGANIZATION, Make, Town, town_of

__all__ = ["town_of"]

OURS = "https://connector.example.test"


def sign(body: bytes, key: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


def event(kind: str = "bill.updated", key: str = "00n02AAAAAAAAAAAAAA1", **fields: Any) -> dict[str, Any]:
    """An event as it is sent."""
    about = {"eventId": str(uuid.uuid4()), "organizationId": ORGANIZATION, "eventType": kind, "version": "1"}
    return {"metadata": {**about, **fields}, kind.partition(".")[0]: {"id": key}}


@dataclass
class Post:
    """The way of events between the stand-in and us; `status` is what each was answered."""

    town: Town
    client: Client = field(default_factory=lambda: Client(SERVER_NAME="127.0.0.1", raise_request_exception=False))
    status: list[int] = field(default_factory=list)

    @property
    def row(self) -> WebhookSubscription:
        with tenant_scope(self.town.tenant_id):
            found: WebhookSubscription = WebhookSubscription.objects.get()
            return found

    @property
    def known(self) -> dict[str, str]:
        with tenant_scope(self.town.tenant_id):
            return dict(WebhookSubscription.objects.get().secrets.reveal())

    @property
    def path(self) -> str:
        return f"/hooks/bill/{self.known['token']}/"

    @property
    def ap(self) -> Connection:
        return self.town.integration.ap

    def set_up(self) -> WebhookSubscription:
        """A look at the subscription, as when it is due."""
        with tenant_scope(self.town.tenant_id):
            WebhookSubscription.objects.update(due_at=datetime(2026, 1, 1, tzinfo=UTC))
        subscribing.look_after(self.town.tenant_id, self.ap.pk)
        return self.row

    def send(self, request: httpx.Request) -> httpx.Response:
        """What the stand-in sends arrives at our door."""
        answer = self.post(
            request.content, request.headers["x-bill-sha-signature"], path=urlsplit(str(request.url)).path
        )
        return httpx.Response(answer.status_code)

    def post(
        self, body: bytes | dict[str, Any], signature: str | None = None, *, path: str = "", **headers: Any
    ) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body, separators=(",", ":")).encode()
        signature = sign(raw, self.known["key"]) if signature is None else signature
        signed: dict[str, Any] = {"HTTP_X_BILL_SHA_SIGNATURE": signature} if signature else {}
        answer = self.client.generic("POST", path or self.path, raw, "application/json", **signed, **headers)
        self.status.append(answer.status_code)
        return answer

    def deliver(self, **options: Any) -> int:
        return self.town.ap.sim.deliver(self.send, **options)

    def events(self, **where: Any) -> list[WebhookEvent]:
        with tenant_scope(self.town.tenant_id):
            return list(WebhookEvent.objects.filter(**where).order_by("id"))

    def hints(self) -> list[tuple[str, bool, str]]:
        with tenant_scope(self.town.tenant_id):
            return list(Hint.objects.order_by("id").values_list("flow__entity", "target", "key"))

    def audited(self) -> list[str]:
        with tenant_scope(self.town.tenant_id):
            rows = AuditEntry.objects.filter(action__startswith="hooks_").order_by("id")
            return list(rows.values_list("action", flat=True))

    def work(self) -> None:
        """What the dispatcher and a worker do with what is due now."""
        hinting.hand_on()
        with tenant_scope(self.town.tenant_id):
            flows = list(Flow.objects.order_by("id").values_list("pk", flat=True))
        for flow in flows:
            if _is_due(flow) and (lease := claim(flow)):
                serve(flow, lease.fence)


def _is_due(flow: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT due_at <= now() FROM integrations_dueflow WHERE flow_id = %s", [flow])
        return bool(cursor.fetchone()[0])


Posts = Callable[..., Post]


def nobody_else_is_due() -> None:
    """A look takes a hundred connections at most: those that other tests have left stand aside."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE integrations_webhooksubscription SET due_at = now() + interval '1 day', refused = 0")
        cursor.execute("UPDATE integrations_connection SET status = 'new' WHERE status = 'ok'")


@pytest.fixture
def post_of(town_of: Make, settings: Any) -> Posts:
    """A town with its post; `subscribed` once it hears events."""

    def make(*, subscribed: bool = True, **fields: Any) -> Post:
        settings.PUBLIC_URL = OURS
        nobody_else_is_due()
        town = town_of(**fields)
        town.ap.clock.now = datetime.now(UTC)
        made = Post(town)
        if subscribed:
            made.set_up()
        return made

    return make


@pytest.fixture
def post(post_of: Posts) -> Post:
    return post_of()
