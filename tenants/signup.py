"""A new tenant: its id first, then its scope, then its rows."""

import uuid
from collections.abc import Sequence

from audit.log import record
from tenants.access import actor_of
from tenants.keys import make_key
from tenants.models import KeyPurpose, Membership, Role, Tenant, User
from tenants.scope import tenant_scope

# Who signs up alone must be able to try everything alone; with colleagues the roles are shared out.
FIRST_PERSON = (Role.OWNER, Role.INTEGRATOR, Role.CLERK)


def make_tenant(user: User, name: str, time_zone: str = "UTC", roles: Sequence[Role] = (Role.OWNER,)) -> Tenant:
    """Make the tenant with its keys and `user` in `roles`, and say so in its audit; one transaction."""
    tenant_id = uuid.uuid4()
    with tenant_scope(tenant_id, actor=actor_of(user)):
        tenant = Tenant.objects.create(id=tenant_id, name=name, time_zone=time_zone)
        for purpose in KeyPurpose:
            make_key(purpose)
        for role in roles:
            Membership.objects.create(user=user, role=role)
        record("tenant.created", subject=str(tenant_id), detail={"name": name, "time_zone": time_zone})
    return tenant
