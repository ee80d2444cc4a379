"""The audit chain: entries written as a settle writes them, then verified from the database."""

import time
from typing import Any
from uuid import uuid4

from audit.log import Source, record
from audit.verify import verify_tenant
from bench.meter import Meter
from bench.world import backend_pid
from tenants.models import User
from tenants.scope import tenant_scope
from tenants.signup import make_tenant

BATCH = 1000


def verify(entries: int) -> dict[str, Any]:
    """Write `entries` in batches of 1,000, then follow the chain. RuntimeError when it does not hold."""
    user = User.objects.create_user(f"bench-{uuid4().hex[:12]}@example.test")
    tenant = make_tenant(user, "Bench of the chain").pk
    began = time.monotonic()
    for start in range(0, entries, BATCH):
        with tenant_scope(tenant):
            for number in range(start, min(start + BATCH, entries)):
                source = Source("ifs", "invoice", f"10|{number}", 'W/"abc"')
                refs = {"intent": number, "target": f"00n01{number:015d}", "rules": "12-3", "digest": f"{number:032x}"}
                record("created", subject="flow:1", source=source, refs=refs)
    written = time.monotonic() - began
    meter = Meter(backend_pid())
    report = verify_tenant(tenant)
    cost = meter.stop()
    if not report.whole or report.entries < entries:
        raise RuntimeError(f"The chain does not hold: {report}")
    return {"entries": report.entries, "written": written, **cost.plain()}
