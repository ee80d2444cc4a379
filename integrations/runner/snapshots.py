"""The daily sums of every integration, kept; a signed statement when somebody asks for one."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from django.db import close_old_connections
from django.utils import timezone

from integrations.engine.statement import plain
from integrations.models import DueFlow, Integration, ReconciliationSnapshot, ReconciliationStatement
from integrations.runner.reconciling import moving
from integrations.store import reconciling, statements
from integrations.store.reconciling import answer, unexplained
from tenants.models import Tenant
from tenants.scope import tenant_scope

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
            cells = reconciling.figures(integration, at, moving(integration, at))
            lost = unexplained(cells)
            ReconciliationSnapshot.objects.get_or_create(
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
            log.error("records_unexplained", tenant=str(tenant_id), integration=integration.pk, records=lost)
    return len(due)


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
