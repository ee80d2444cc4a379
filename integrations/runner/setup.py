"""Setting up what flows: a connection, two connections joined, their flows. In the caller's scope, audited."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db import connection as database
from django.utils import timezone

from audit.log import record as audit
from integrations.engine.errors import ConnectionBroken
from integrations.engine.records import Entity
from integrations.models import Connection, Flow, Integration
from integrations.systems import registry
from integrations.systems.base import System
from tenants.credentials import Sealed

REFERENCE = (
    Entity.GL_ACCOUNT,
    Entity.DIMENSION,
    Entity.TAX_CODE,
    Entity.PAYMENT_TERM,
)  # kept here for mapping; written where the AP tool takes them


class Refused(ValueError):
    """This cannot be set up; `problems` says why by field, each a sentence that says how to mend it."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = dict(problems)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A flow to be made: one entity in one direction."""

    entity: Entity
    inbound: bool = False


def add_connection(name: str, system: str, values: Mapping[str, str], by: str) -> Connection:
    """Save a connection; secrets are sealed at once. Raises Refused."""
    kind = registry.get(system)
    if problems := kind.problems(values):
        raise Refused(problems)
    secret = {s.name for s in kind.settings if s.secret}
    now = timezone.now().isoformat()
    made: Connection = Connection.objects.create(
        name=name,
        system=system,
        environment=kind.environment(values),
        settings={key: value for key, value in values.items() if key not in secret},
        secrets=Sealed({key: value for key, value in values.items() if key in secret and value}),
        secrets_set={key: {"at": now, "by": by} for key, value in values.items() if key in secret and value},
    )
    audit("connection_added", subject=f"connection:{made.pk}", refs={"system": system}, detail={"name": name})
    return made


def possible(erp: System, ap: System) -> list[Wanted]:
    """Every flow that both sides can serve, in the order they are run."""
    brought = [e for e in (Entity.INVOICE, Entity.PAYMENT) if e in ap.originates and e in erp.writes]
    kept = (*REFERENCE, *((Entity.ACCOUNTING_PERIOD,) if brought else ()))
    matched = Entity.INVOICE in ap.writes and Entity.PURCHASE_ORDER not in ap.writes  # orders are kept to match with
    kept += (Entity.PURCHASE_ORDER,) if matched else ()
    found = [Wanted(e) for e in kept if e in erp.reads]
    sent = (Entity.VENDOR, Entity.PURCHASE_ORDER, Entity.INVOICE, Entity.INVOICE_IMAGE)
    found += [Wanted(e) for e in sent if e in erp.reads and e in ap.writes]
    if Entity.INVOICE in ap.writes:
        wanted = (Entity.SENT_MARK, *([Entity.PAID_MARK] if brought == [Entity.PAYMENT] else []))
        found += [Wanted(e, inbound=True) for e in wanted if e in erp.writes]
    if Entity.VENDOR in ap.originates and Entity.VENDOR in erp.writes:
        found.append(Wanted(Entity.VENDOR, inbound=True))
    return found + [Wanted(e, inbound=True) for e in brought]


def join(
    name: str,
    erp: Connection,
    ap: Connection,
    company: str,
    company_name: str = "",
    start_date: date | None = None,
    *,
    active: bool = True,
) -> Integration:
    """Join two connections for one company, with every flow that both sides can serve. Raises Refused.

    Not `active`: it is read and planned; nothing is written until a plan is applied.
    """
    try:
        kinds = registry.get(erp.system), registry.get(ap.system)
    except ConnectionBroken as error:
        raise Refused({"erp": error.message}) from error
    if (kinds[0].role, kinds[1].role) != ("erp", "ap"):
        raise Refused({"erp": "Choose an ERP connection and an approval or payment connection."})
    serving = Integration.objects.filter(ap=ap)
    if serving.exists() and not kinds[1].shared:
        words = f"{ap} already serves a company. One company has one organisation of its own: add another connection."
        raise Refused({"ap": words})
    if serving.filter(company=company).exists():
        raise Refused({"company": f"{ap} already serves company {company}. Choose another company."})
    if Integration.objects.filter(name=name).exists():
        raise Refused({"name": "An integration of this name exists. Choose another name."})
    made: Integration = Integration.objects.create(
        name=name,
        erp=erp,
        ap=ap,
        company=company,
        company_name=company_name,
        start_date=start_date,
        active=active,
        ap_shared=kinds[1].shared,
    )
    for wanted in possible(*kinds):
        add_flow(made, wanted)
    audit("integration_joined", subject=f"integration:{made.pk}", refs={"erp": erp.pk, "ap": ap.pk, "company": company})
    return made


def add_flow(integration: Integration, wanted: Wanted) -> Flow:
    """A flow that is due at once."""
    flow: Flow = Flow.objects.create(integration=integration, entity=wanted.entity, inbound=wanted.inbound)
    with database.cursor() as cursor:
        cursor.execute(
            "INSERT INTO integrations_dueflow (flow_id, tenant_id, due_at, poll_at, fence, enabled) "
            "VALUES (%s, %s, now(), now(), 0, true)",
            [flow.pk, flow.tenant_id],
        )
    return flow
