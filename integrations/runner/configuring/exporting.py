"""What a tenant is now, as a document. Inside the tenant's scope; secrets appear as the variables to set."""

import re

from integrations.models import Connection, FieldMapping, Flow, GLMapping, Integration
from integrations.runner.configuring.document import (
    ENV,
    ConnectionPart,
    Document,
    FieldPart,
    FlowPart,
    IntegrationPart,
    MappingPart,
    TenantPart,
    UserPart,
)
from tenants.models import Membership, Tenant


def export() -> Document:
    """The open scope's tenant."""
    tenant = Tenant.objects.get()
    return Document(
        tenant=TenantPart(name=tenant.name, slug=tenant.slug, time_zone=tenant.time_zone),
        users=_users(),
        connections=tuple(_connection(row) for row in Connection.objects.order_by("name")),
        integrations=tuple(
            _integration(row) for row in Integration.objects.select_related("erp", "ap").order_by("name")
        ),
    )


def variable(connection: str, secret: str) -> str:
    """The environment variable that an export names for a secret."""
    return re.sub(r"[^A-Z0-9]+", "_", f"{connection}_{secret}".upper()).strip("_")


def _users() -> tuple[UserPart, ...]:
    roles: dict[str, list[str]] = {}
    for row in Membership.objects.select_related("user").order_by("user__email", "role"):
        roles.setdefault(row.user.email, []).append(row.role)
    return tuple(UserPart(email=email, roles=tuple(found)) for email, found in roles.items())


def _connection(row: Connection) -> ConnectionPart:
    return ConnectionPart(
        name=row.name,
        system=row.system,
        settings={name: str(value) for name, value in sorted(row.settings.items()) if str(value)},
        secrets={name: f"{ENV}{variable(row.name, name)}" for name in sorted(row.secrets_set)},
    )


def _integration(row: Integration) -> IntegrationPart:
    return IntegrationPart(
        name=row.name,
        erp=row.erp.name,
        ap=row.ap.name,
        company=row.company,
        company_name=row.company_name,
        start_date=row.start_date,
        active=row.active,
        policy=dict(sorted(row.policy.items())),
        flows=tuple(_flow(each) for each in Flow.objects.filter(integration=row).order_by("inbound", "entity")),
        fields=tuple(
            FieldPart(**each.said((*each.KEY, *each.VALUES)))
            for each in FieldMapping.objects.filter(integration=row, active=True).order_by(*FieldMapping.KEY)
        ),
        mappings=tuple(
            _mapping(each)
            for each in GLMapping.objects.filter(integration=row, active=True).order_by(
                "table", "company", "part", "source", "valid_from"
            )
        ),
    )


def _flow(row: Flow) -> FlowPart:
    return FlowPart(
        entity=row.entity,
        inbound=row.inbound,
        enabled=row.enabled,
        schedule=row.schedule,
        time_zone=row.time_zone,
        blackouts=tuple(row.blackouts),
    )


def _mapping(row: GLMapping) -> MappingPart:
    return MappingPart(
        table=row.table,
        source=row.source,
        target=row.target,
        company=row.company,
        part=row.part,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        note=row.note,
    )
