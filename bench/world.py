"""A tenant with both connections, made by the product's own functions, once per measurement."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection
from django.utils import timezone

from integrations.engine.records import Dimension, Entity, GLAccount
from integrations.models import FieldMapping, Flow, GLMapping, Integration, SourceRecord, SyncRun
from integrations.runner import connecting, foreground, setup
from integrations.store import FlowStore
from integrations.store.lease import Lease, claim, park
from tenants.models import User
from tenants.scope import tenant_scope
from tenants.signup import make_tenant

COMPANY = "10"
ORGANIZATION = "00802DEMOORGANIZA001"
REFERENCE = (Entity.GL_ACCOUNT, Entity.DIMENSION, Entity.TAX_CODE)


@dataclass(frozen=True, slots=True)
class World:
    """Ids of what a measurement works on; `flow` is the invoice flow."""

    tenant: UUID
    integration: int
    flow: int


def make_world(erp_url: str, ap_url: str = "http://127.0.0.1:9") -> World:
    """Tenant, connections, integration and flows, held by no dispatcher. No request is sent."""
    settings.EGRESS_ALLOWED_HOSTS = [url.split("//")[1] for url in (erp_url, ap_url)]
    settings.EGRESS_ALLOW_PRIVATE = True
    connecting.begin_if_quiet()
    user = User.objects.create_user(f"bench-{uuid4().hex[:12]}@example.test")
    tenant = make_tenant(user, f"Bench {uuid4().hex[:8]}").pk
    with tenant_scope(tenant):
        made = _joined(erp_url, ap_url)
        FieldMapping.objects.create(integration=made, source="dimensions.B", target="department")
        flows = dict(Flow.objects.filter(integration=made).values_list("entity", "pk"))
    park(list(flows.values()))
    return World(tenant, made.pk, flows[Entity.INVOICE])


def _joined(erp_url: str, ap_url: str) -> Integration:
    given = {"base_url": erp_url, "realm": "demo", "client_id": "ml-connector", "client_secret": "demo-secret"}
    erp = setup.add_connection("ERP", "ifs", {**given, "requests_per_minute": "100000"}, by="bench")
    given = {"environment": "own", "base_url": ap_url, "organization_id": ORGANIZATION, "dev_key": "demo-dev-key"}
    signed = {"credential_kind": "sync_token", "username": "ml-connector", "password": "demo-token"}
    ap = setup.add_connection("AP", "bill", {**given, **signed}, by="bench")
    return setup.join("Bench", erp, ap, COMPANY)


def prepare_push(world: World) -> None:
    """The chart copied one to one and mapped, suppliers carried over, orders kept: all that an invoice waits for."""
    foreground.sync(world.tenant, world.integration, REFERENCE)
    with tenant_scope(world.tenant):
        integration = Integration.objects.select_related("ap").get(pk=world.integration)
        accounts = [row["number"] for row in _snapshots(integration, Entity.GL_ACCOUNT)]
        areas = [row for row in _snapshots(integration, Entity.DIMENSION) if row["kind"] == "B"]
    client = connecting.client(world.tenant, integration.ap_id)
    client.create_accounts([GLAccount(key=number, number=number, name=f"Account {number}") for number in accounts])
    client.create_dimensions(
        [Dimension(key=row["key"], kind="department", value=row["value"], name=row["name"]) for row in areas]
    )
    with tenant_scope(world.tenant):
        rule = {"integration": integration, "note": "one to one"}
        mapped = [GLMapping(**rule, table="account", source=number, target=number) for number in accounts]
        mapped += [
            GLMapping(**rule, table="dimension", part="B", source=row["value"], target=row["value"]) for row in areas
        ]
        GLMapping.objects.bulk_create(mapped)
    foreground.sync(world.tenant, world.integration, [Entity.VENDOR, Entity.PURCHASE_ORDER])


def _snapshots(integration: Integration, entity: Entity) -> list[dict[str, Any]]:
    return [row.snapshot for row in SourceRecord.objects.filter(flow__integration=integration, flow__entity=entity)]


def leased(world: World) -> Lease:
    """The lease of the invoice flow. RuntimeError: it is held, by whomever."""
    lease = claim(world.flow)
    if lease is None:
        raise RuntimeError("Somebody else holds the lease of a flow that was made for this measurement.")
    return lease


def store_of(world: World, lease: Lease) -> FlowStore:
    """The engine's store of the invoice flow, for a new poll run."""
    with tenant_scope(world.tenant):
        flow = Flow.objects.select_related("integration__erp", "integration__ap").get(pk=world.flow)
        run = SyncRun.objects.create(flow=flow, kind=SyncRun.Kind.POLL, started_at=timezone.now())
    return FlowStore(lease, flow, run)


def source_of(world: World) -> Any:
    """The real client of the ERP connection."""
    with tenant_scope(world.tenant):
        erp = Integration.objects.values_list("erp", flat=True).get(pk=world.integration)
    return connecting.client(world.tenant, erp)


def backend_pid() -> int:
    """The pid of the PostgreSQL backend that serves us, for the meter; the connection stays open."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])
