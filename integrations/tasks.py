"""Celery: ids in, one call to the runner, nothing else."""

from celery import shared_task

from integrations import runner
from integrations.runner import dispatch


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
