"""Due flows become slices: the dispatcher claims rows, a task serves one slice of one flow."""

import structlog
from django.db import close_old_connections
from django.utils import timezone

from integrations.models import Flow, Heartbeat
from integrations.runner import connecting, hinting
from integrations.runner.schedule import blackout_left
from integrations.runner.slices import Outcome, run_slice
from integrations.store.lease import Lease, LeaseLost, claim_due, poll_now, release, start
from tenants.scope import tenant_scope

SLICE_SECONDS = 5.0
SLOTS = 4  # slices under way or queued; the rows are the queue, the broker holds only what workers take soon
PER_TENANT = 3  # of those, at most so many of one tenant
HEARTBEAT_SECONDS = 30.0
_TROUBLE_WAIT = 5.0  # seconds, after an error of ours or of our database
log = structlog.get_logger(__name__)


def alive(name: str) -> None:
    """`beat` has ticked, or a `worker` has done what it asked for."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": timezone.now()})


def beat_trouble() -> str:
    """ "" while beat ticks, else what is wrong."""
    return _silence("beat", "No beat has ticked yet: start it.")


def worker_trouble() -> str:
    """ "" while workers do what beat asks for, else what is wrong."""
    return _silence("worker", "No worker has served yet: start worker and beat.")


def _silence(name: str, never: str) -> str:
    last = Heartbeat.objects.filter(name=name).values_list("at", flat=True).first()
    if last is None:
        return never
    silent = (timezone.now() - last).total_seconds()
    return "" if silent < HEARTBEAT_SECONDS else f"Silent for {silent:.0f} s: look at the {name}."


def claim_slices() -> list[Lease]:
    """Leases for the flows that are due now, longest unserved first."""
    connecting.begin_if_quiet()
    try:
        hinting.hand_on()
    except Exception:  # what is told only hastens what is found anyway: it must not hold up anybody
        log.exception("hints_not_handed_on")
    return claim_due(SLOTS, PER_TENANT)


def serve(flow_id: int, fence: int) -> Outcome | None:
    """One slice of a flow whose lease was claimed for us; None when the lease has lapsed meanwhile."""
    lease = start(flow_id, fence)
    if lease is None:
        return None
    try:
        outcome = _resting(lease) or run_slice(lease, seconds=SLICE_SECONDS)
    except LeaseLost:
        log.warning("lease_lost", flow=flow_id, fence=fence)
        return None
    except Exception:
        close_old_connections()  # the session may be what broke
        release(lease, due_in=_TROUBLE_WAIT)
        raise
    release(lease, due_in=outcome.due_in)
    if not outcome.error:
        hinting.serve_again(lease)
    return outcome


def _resting(lease: Lease) -> Outcome | None:
    """The wait until the flow's blackout ends, if there is one now."""
    with tenant_scope(lease.tenant_id):
        flow = Flow.objects.filter(pk=lease.flow_id).only("time_zone", "blackouts").first()
    if flow is None or not flow.blackouts:
        return None
    left = blackout_left(flow.time_zone, timezone.now(), flow.blackouts)
    return None if left is None else Outcome(due_in=left.total_seconds(), error="blackout")


def run_soon(flow_id: int) -> None:
    """Read the source and carry what is ready at the next dispatch."""
    poll_now(flow_id)
