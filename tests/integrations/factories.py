"""Rows for tests of pages and API: connections, an integration with its flows, records in any state."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone

from integrations.engine.records import Entity
from integrations.models import (
    Blocker,
    Connection,
    Flow,
    Integration,
    OutboxItem,
    RecordLink,
    ReviewItem,
    SearchTerm,
    SourceRecord,
    SyncRun,
    WriteIntent,
)
from integrations.runner.setup import Wanted, add_flow
from tenants.access import actor_of
from tenants.credentials import Sealed
from tenants.models import User
from tenants.scope import tenant_scope

SECRET = "planted-secret-7f3a"


def connect(role: str = "ap", name: str = "", **fields: Any) -> Connection:
    """A connection of the first registered system of that role, in the open scope."""
    key = {"erp": "ifs", "ap": "bill"}[role]
    values = {"system": key, "environment": "simulator", "secrets": Sealed({"password": SECRET}), **fields}
    values.setdefault("secrets_set", {"password": {"at": "2026-03-03T10:00:00+00:00", "by": "ann@example.test"}})
    made: Connection = Connection.objects.create(name=name or f"{role} connection", **values)
    return made


@dataclass
class Desk:
    """A tenant with one integration; each call adds rows in a scope of its own."""

    tenant_id: UUID
    user: User
    integration: Integration = field(init=False)
    flows: dict[str, Flow] = field(init=False)
    made: int = 0

    def __post_init__(self) -> None:
        with tenant_scope(self.tenant_id, actor=actor_of(self.user)):
            erp, ap = connect("erp"), connect("ap")
            self.integration = Integration.objects.create(name="Acme payables", erp=erp, ap=ap, company="10")
            self.flows = {
                entity: add_flow(self.integration, Wanted(entity)) for entity in (Entity.VENDOR, Entity.INVOICE)
            }

    def turn_round(self) -> None:
        """From now on invoices are captured and paid on the other side, and come into the books."""
        with tenant_scope(self.tenant_id):
            Flow.objects.filter(entity=Entity.INVOICE).delete()
            for entity in (Entity.INVOICE, Entity.PAYMENT):
                self.flows[entity] = add_flow(self.integration, Wanted(entity, inbound=True))

    def record(
        self,
        state: str = "done",
        *,
        number: str = "",
        amount: str | None = "100.00",
        currency: str = "USD",
        due: date | None = date(2026, 12, 1),
        code: str = "",
        entity: str = "invoice",
        party_name: str = "Grafton Merchanting",
        urgent: bool = False,
        named: str = "",
        needs: tuple[str, str] | None = None,
        choices: tuple[tuple[str, str, str], ...] = (),
        snapshot: dict[str, Any] | None = None,
    ) -> OutboxItem:
        """One record in `state`; held ones get their review item, arrived ones their link."""
        self.made += 1
        now = timezone.now() - timedelta(minutes=5)
        key, number = f"10^{self.made}", number or f"INV-{self.made:05d}"
        with tenant_scope(self.tenant_id):
            flow = self.flows[entity]
            source = SourceRecord.objects.create(
                flow=flow,
                source_key=key,
                fingerprint=str(self.made),
                snapshot=snapshot or {"key": key, "company": "10", "net": amount or "0"},
                number=number,
                party="1001",
                party_name=party_name,
                amount=None if amount is None else Decimal(amount),
                currency=currency,
                due_date=due,
                first_seen=now,
                changed_at=now,
            )
            self._terms(source)
            item: OutboxItem = OutboxItem.objects.create(
                flow=flow,
                source=source,
                source_key=key,
                state=state,
                not_before=now,
                reason=code,
                message=f"Because {code}." if code else "",
                changed_at=now,
                attempts=3,
            )
            if state == "held":
                problem: dict[str, Any] = {
                    "code": code,
                    "message": f"Because {code}.",
                    "field": "",
                    "value": "",
                    "urgent": urgent,
                }
                problem["choices"] = [{"key": key, "label": label, "act": act} for key, label, act in choices]
                held = {"code": code, "named": named, "problems": [problem], "urgent": urgent}
                ReviewItem.objects.create(item=item, **held, opened_at=now)
            if state in ("done", "uncertain"):
                self._intent(item, settled=state == "done")
            if state == "done":
                RecordLink.objects.create(
                    integration=self.integration,
                    entity=entity,
                    inbound=flow.inbound,
                    source_key=key,
                    target_connection=flow.target,
                    target_id=f"00n{self.made:05d}",
                    fingerprint="f",
                    schema=1,
                    why=["account 4471 → 5010 by rule 3 version 2"],
                    linked_at=now,
                )
            if needs:
                worth = {"amount": source.amount, "currency": currency, "due_date": due, "since": now}
                Blocker.objects.create(item=item, integration=self.integration, kind=needs[0], key=needs[1], **worth)
        return item

    def _terms(self, source: SourceRecord) -> None:
        """By which the record is found."""
        words = {source.source_key, source.number, source.party, *source.party_name.split(), f"{source.amount or ''}"}
        SearchTerm.objects.bulk_create(
            SearchTerm(source=source, term=term.lower()[:60]) for term in {word.lower() for word in words} if term
        )

    def _intent(self, item: OutboxItem, *, settled: bool) -> None:
        now = timezone.now()
        WriteIntent.objects.create(
            item=item,
            revision=1,
            natural_key=f"bill|{item.source_key}",
            digest="d",
            draft={},
            fingerprint="f",
            send_by=now,
            created_at=now,
            settled_at=now if settled else None,
            outcome="created" if settled else "",
            evidence=[{"id": "00n9", "amount": "100.00"}] if settled else [],
        )

    def run(self, **fields: Any) -> SyncRun:
        """A run of the invoice flow."""
        values = {"kind": "push", "status": "done", "started_at": timezone.now(), "balanced": True, **fields}
        with tenant_scope(self.tenant_id):
            made: SyncRun = SyncRun.objects.create(flow=self.flows[values.pop("entity", "invoice")], **values)
        return made
