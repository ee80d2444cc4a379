"""Our pull: the real client, the real store, one process. What is measured is the pull alone, not making the tenant."""

import time
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from audit.chain import canonical
from audit.verify import verify_tenant
from bench.meter import Meter
from bench.world import COMPANY, World, backend_pid, leased, make_world, source_of, store_of
from integrations.engine.poll import poll
from integrations.engine.ports import Scope
from integrations.engine.records import Entity
from integrations.models import Checkpoint, OutboxItem, SourceRecord, SyncRun
from integrations.store import FlowStore
from tenants.keys import Keys
from tenants.models import KeyPurpose
from tenants.scope import tenant_scope

SCOPE = Scope(company=COMPANY)
_TERMS = """
    SELECT count(*), md5(string_agg(term, ' ' ORDER BY s.source_key, term))
    FROM integrations_searchterm t JOIN integrations_sourcerecord s ON s.tenant_id = t.tenant_id AND s.id = t.source_id
    WHERE t.tenant_id = %s AND s.flow_id = %s
"""


def ours(erp: str, again: bool = True) -> dict[str, Any]:
    """Pull every invoice into a new tenant; then (`again`) read and stage once more with nothing changed."""
    world = make_world(erp)
    source, lease = source_of(world), leased(world)
    store = store_of(world, lease)
    meter = Meter(backend_pid())
    poll(source, Entity.INVOICE, SCOPE, store, lambda: False)
    cost = meter.stop()
    with tenant_scope(world.tenant):
        rows = SourceRecord.objects.filter(flow=world.flow, readable=True).count()
    unchanged = _unchanged(world, source, store_of(world, lease)) if again else {}
    names = {"tenant": str(world.tenant), "flow": world.flow}
    return {"rows": rows, **cost.plain(), "unchanged": unchanged, "names": names}


def _unchanged(world: World, source: Any, store: FlowStore) -> dict[str, float]:
    """CPU seconds of ours and PostgreSQL's for staging pages in which nothing changed, fetching left out."""
    rows, own, wall = 0, 0.0, 0.0
    postgres = 0.0
    for page in source.read(Entity.INVOICE, "", SCOPE):
        meter = Meter(backend_pid())
        store.stage(page)
        cost = meter.stop()
        rows, own, wall, postgres = rows + page.read, own + cost.ours, wall + cost.wall, postgres + cost.postgres
    with tenant_scope(world.tenant):
        staged = OutboxItem.objects.filter(flow=world.flow, revision__gt=1).count()
    return {"rows": rows, "ours": own, "postgres": postgres, "wall": wall, "staged": staged}


def for_hand(erp: str) -> dict[str, Any]:
    """A tenant for the hand loop, with a checkpoint to move: the names its statements need."""
    world = make_world(erp)
    lease = leased(world)
    run = store_of(world, lease).run
    with tenant_scope(world.tenant):
        Checkpoint.objects.create(flow_id=world.flow, at=timezone.now())
        sealed = Keys.of_scope().encrypt(KeyPurpose.AUDIT, canonical({"actor": "", "detail": {}}))
    names = {"tenant": str(world.tenant), "flow": world.flow, "run": run.pk, "fence": lease.fence}
    return {**names, "sealed": sealed.hex()}


def left_by(tenant: str, flow: int) -> dict[str, Any]:
    """What a pull left behind, to be compared: rows, sums, a digest of all snapshots, whether the chain holds."""
    sql = """
        SELECT count(*), sum(amount)::text, count(dated), md5(string_agg(plain, '' ORDER BY source_key)),
               md5(string_agg(md5((snapshot - 'version')::text), '' ORDER BY source_key))
        FROM integrations_sourcerecord WHERE tenant_id = %s AND flow_id = %s
    """
    with tenant_scope(UUID(tenant)):
        with connection.cursor() as cursor:
            cursor.execute(sql, [tenant, flow])
            *found, content = cursor.fetchone()
            cursor.execute(_TERMS, [tenant, flow])
            found += cursor.fetchone()
        ready = OutboxItem.objects.filter(flow=flow, state=OutboxItem.State.READY).count()
        taken = SyncRun.objects.filter(flow=flow).order_by("id").values_list("taken", flat=True).first()
    chain = verify_tenant(UUID(tenant)).whole
    named = dict(zip(("rows", "amount", "dated", "plain", "terms", "words"), found, strict=True))
    return {**named, "content": content, "ready": ready, "taken": taken, "chain": chain}


def profile(erp: str, places: int = 25) -> str:
    """The dearest functions of a pull, for people."""
    import cProfile
    import io
    import pstats

    world = make_world(erp)
    source, store = source_of(world), store_of(world, leased(world))
    profiler = cProfile.Profile(time.process_time)
    profiler.runcall(poll, source, Entity.INVOICE, SCOPE, store, lambda: False)
    text = io.StringIO()
    pstats.Stats(profiler, stream=text).sort_stats("tottime").print_stats(places)
    return text.getvalue()
