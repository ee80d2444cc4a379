"""Due flows become slices: the dispatcher claims rows, a task serves one slice of one flow."""

import structlog
from django.db import close_old_connections
from django.utils import timezone

from integrations.models import Heartbeat
from integrations.runner import connecting
from integrations.runner.slices import Outcome, run_slice
from integrations.store.lease import Lease, LeaseLost, claim_due, poll_now, release, start

SLICE_SECONDS = 5.0
SLOTS = 4  # slices under way or queued; the rows are the queue, the broker holds only what workers take soon
PER_TENANT = 3  # of those, at most so many of one tenant
HEARTBEAT_SECONDS = 30.0
_TROUBLE_WAIT = 5.0  # seconds, after an error of ours or of our database
log = structlog.get_logger(__name__)


def beat() -> None:
    """A worker has done what beat asked for: both live."""
    Heartbeat.objects.update_or_create(name="dispatch", defaults={"at": timezone.now()})


def heartbeat_trouble() -> str:
    """ "" while workers serve the clock, else what is wrong."""
    last = Heartbeat.objects.filter(name="dispatch").values_list("at", flat=True).first()
    if last is None:
        return "No worker has served yet: start worker and beat."
    silent = (timezone.now() - last).total_seconds()
    return "" if silent < HEARTBEAT_SECONDS else f"Silent for {silent:.0f} s: look at worker and beat."


def claim_slices() -> list[Lease]:
    """Leases for the flows that are due now, longest unserved first."""
    connecting.begin_if_quiet()
    return claim_due(SLOTS, PER_TENANT)


def serve(flow_id: int, fence: int) -> Outcome | None:
    """One slice of a flow whose lease was claimed for us; None when the lease has lapsed meanwhile."""
    lease = start(flow_id, fence)
    if lease is None:
        return None
    try:
        outcome = run_slice(lease, seconds=SLICE_SECONDS)
    except LeaseLost:
        log.warning("lease_lost", flow=flow_id, fence=fence)
        return None
    except Exception:
        close_old_connections()  # the session may be what broke
        release(lease, due_in=_TROUBLE_WAIT)
        raise
    release(lease, due_in=outcome.due_in)
    return outcome


def run_soon(flow_id: int) -> None:
    """Read the source and carry what is ready at the next dispatch."""
    poll_now(flow_id)
