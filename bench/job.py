"""The whole job in one process: pull, decide, map, intent, bulk push, link, audit. The simulators are processes too."""

from typing import Any

import httpx

from bench.meter import Meter
from bench.stand import COUNT, LATENCY
from bench.world import backend_pid, make_world, prepare_push
from integrations.engine.records import Entity
from integrations.models import RecordLink
from integrations.runner import foreground
from tenants.scope import tenant_scope


def run(erp: str, ap: str, latency: float = 0.0) -> dict[str, Any]:
    """Carry every invoice of the stand-in; chart, mappings, suppliers and orders are there before the clock starts."""
    world = make_world(erp, ap)
    prepare_push(world)
    for address in (erp, ap):
        httpx.put(f"{address}{LATENCY}", content=str(latency)).raise_for_status()
    before = {"ifs": _requests(erp), "bill": _requests(ap)}
    meter = Meter(backend_pid())
    (report,) = foreground.sync(world.tenant, world.integration, [Entity.INVOICE])
    cost = meter.stop()
    requests = {"ifs": _requests(erp) - before["ifs"], "bill": _requests(ap) - before["bill"]}
    with tenant_scope(world.tenant):
        linked = RecordLink.objects.filter(integration=world.integration, entity=Entity.INVOICE).count()
    (second,) = foreground.sync(world.tenant, world.integration, [Entity.INVOICE])
    return {
        "created": linked,
        "balanced": report.balanced and not report.failed,
        "written_again": second.push.get("created", 0),
        "push": report.push,
        "error": report.error,
        "requests": requests,
        **cost.plain(),
    }


def _requests(address: str) -> int:
    """How many requests the stand-in has had."""
    return int(httpx.get(f"{address}{COUNT}").json())
