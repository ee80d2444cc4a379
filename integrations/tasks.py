"""Celery: ids in, one call to the runner, nothing else."""

from uuid import UUID

from celery import shared_task

from integrations import runner
from integrations.runner import connecting, dispatch, planning, previewing, snapshots, subscribing
from integrations.runner.alerts import posting, watching


@shared_task
def dispatch_due() -> None:
    """Static beat entry: hand every due flow to a worker."""
    dispatch.alive("worker")
    for lease in dispatch.claim_slices():
        serve_flow.delay(lease.flow_id, lease.fence)


@shared_task
def serve_flow(flow_id: int, fence: int) -> None:
    """One slice of a flow."""
    runner.serve(flow_id, fence)


@shared_task
def make_plan(plan_id: int, tenant_id: str) -> None:
    """Read and decide everything; writes nothing to the other side."""
    planning.make_plan(plan_id, UUID(tenant_id))


@shared_task
def apply_plan(plan_id: int, tenant_id: str) -> None:
    """Do what a plan says that a person has asked for."""
    planning.apply_plan(plan_id, UUID(tenant_id))


@shared_task
def remember_limits() -> None:
    """Static beat entry: what was used of hourly limits."""
    connecting.remember_limits()


@shared_task
def look_after_hooks() -> None:
    """Static beat entry: hand every subscription that is due to a worker."""
    for tenant_id, connection_id in subscribing.due():
        look_after_hook.delay(connection_id, str(tenant_id))


@shared_task
def look_after_hook(connection_id: int, tenant_id: str) -> None:
    """See that a connection's system tells us of changes, or say why not."""
    subscribing.look_after(UUID(tenant_id), connection_id)


@shared_task
def watch() -> None:
    """Static beat entry: look at every tenant for what people should know, tell it, and have webhooks posted."""
    for tenant_id in watching.tenants():
        for channel_id in watching.look_safely(tenant_id):
            post_alerts.delay(channel_id, str(tenant_id))


@shared_task
def post_alerts(channel_id: int, tenant_id: str) -> None:
    """Post what is due on one endpoint."""
    posting.post_due(channel_id, UUID(tenant_id))


@shared_task
def make_preview(preview_id: int, tenant_id: str) -> None:
    """Decide the last months' records with and without a set of mapping changes; writes nothing to either side."""
    previewing.make_preview(preview_id, UUID(tenant_id))


@shared_task
def reconcile() -> None:
    """Static beat entry: hand every tenant to a worker, which keeps the sums of its day once."""
    for tenant_id in snapshots.tenants():
        take_snapshots.delay(str(tenant_id))


@shared_task
def take_snapshots(tenant_id: str) -> None:
    """Keep a tenant's sums of today, unless they are kept."""
    snapshots.take_safely(UUID(tenant_id))


@shared_task
def reckon(integration_id: int, tenant_id: str) -> None:
    """Keep an integration's sums as they are now."""
    snapshots.reckon(UUID(tenant_id), integration_id)
