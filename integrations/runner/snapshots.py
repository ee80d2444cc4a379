"""The daily sums of every integration, kept; a signed statement when somebody asks for one."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from django.db import close_old_connections
from django.utils import timezone

from integrations.engine.statement import plain
from integrations.models import DueFlow, Integration, ReconciliationSnapshot, ReconciliationStatement
from integrations.runner.reconciling import moving
from integrations.store import reconciling, statements
from integrations.store.reconciling import Cell, alone, answer, unexplained
from tenants.models import Tenant
from tenants.scope import tenant_scope

MANY = 20_000  # records of an integration that are not reckoned anew with every look
FRESH = timedelta(minutes=1)
log = structlog.get_logger(__name__)


def tenants() -> list[UUID]:
    """Those that have something connected."""
    return list(DueFlow.objects.order_by("tenant_id").values_list("tenant_id", flat=True).distinct())


def take_due(tenant_id: UUID, now: datetime | None = None) -> int:
    """Keep today's sums of the tenant's integrations that have none yet; returns how many. Harmless again and again."""
    at = now or timezone.now()
    with tenant_scope(tenant_id):
        tenant = Tenant.objects.get()
        day = at.astimezone(ZoneInfo(tenant.time_zone)).date()
        kept = ReconciliationSnapshot.objects.filter(day=day).values_list("integration_id", flat=True)
        due = [] if tenant.deleted_at else list(Integration.objects.exclude(pk__in=list(kept)).order_by("id"))
    for integration in due:
        with tenant_scope(tenant_id):
            _keep(integration, day, at)
    return len(due)


def reckon(tenant_id: UUID, integration_id: int) -> bool:
    """Reckon an integration anew and keep that as its sums of today; whether it was done.

    Sums of the last minute are fresh enough, and what is being reckoned already is not reckoned twice at once.
    """
    at = timezone.now()
    with tenant_scope(tenant_id):
        integration = Integration.objects.filter(pk=integration_id).first()
        kept = ReconciliationSnapshot.objects.filter(integration=integration_id, at__gt=at - FRESH)
        if integration is None or kept.exists() or not alone(f"reckon:{integration_id}"):
            return False
        _keep(integration, at.astimezone(ZoneInfo(Tenant.objects.get().time_zone)).date(), at)
    return True


def _keep(integration: Integration, day: date, at: datetime) -> None:
    cells = reconciling.figures(integration, at, moving(integration, at))
    lost = unexplained(cells)
    ReconciliationSnapshot.objects.update_or_create(
        integration=integration,
        day=day,
        defaults={
            "at": at,
            "answer": answer(cells),
            "records": sum(cell.records for cell in cells),
            "unexplained": lost,
            "cells": [[*cell[:5], *(plain(amount) for amount in cell[5:9])] for cell in cells],
        },
    )
    if lost:
        log.error("records_unexplained", tenant=str(integration.tenant_id), integration=integration.pk, records=lost)


def figures(integration: Integration, at: datetime) -> tuple[Sequence[Cell], datetime | None]:
    """The sums of both sides and when they were reckoned: now, or of very many records when they last were.

    None: they are very many, and were not reckoned yet. In the open scope.
    """
    last = ReconciliationSnapshot.objects.filter(integration=integration).order_by("-day").first()
    if (last is not None and last.records > MANY) or reconciling.are_more_than(MANY, integration):
        return (_cells(last), last.at) if last else ((), None)
    return reconciling.figures(integration, at, moving(integration, at)), at


def _cells(kept: ReconciliationSnapshot) -> list[Cell]:
    return [Cell._make((*line[:5], *map(Decimal, line[5:9]), None)) for line in kept.cells]


def take_safely(tenant_id: UUID) -> None:
    """As `take_due`; what goes wrong at one tenant keeps nobody from the next."""
    try:
        take_due(tenant_id)
    except Exception:
        log.exception("snapshot_not_taken", tenant=str(tenant_id))
        close_old_connections()


def make_statement(integration: Integration, by: int | None) -> ReconciliationStatement:
    """Sign how both sides stand now; in the open scope."""
    at = timezone.now()
    flows = moving(integration, at)
    said = answer(reconciling.figures(integration, at, flows))
    zone = ZoneInfo(Tenant.objects.get().time_zone)
    return statements.make(integration, at, flows, said, by, at.astimezone(zone).date())
