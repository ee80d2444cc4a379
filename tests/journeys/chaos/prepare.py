"""`python -m tests.journeys.chaos.prepare JSON`: one tenant with an integration, its flows due at once.

JSON is a `Tenancy`; the ids made of it are printed as JSON. A process of its own, since the database of a chaos run is
not the one that the test process is bound to.
"""

import json
import os
import sys
from typing import Any, TypedDict

import django


class Tenancy(TypedDict):
    """A tenant to be made: settings of both sides, the policy, and the mappings of fields (target by source)."""

    name: str
    ap: str
    erp_settings: dict[str, str]
    ap_settings: dict[str, str]
    policy: dict[str, Any]
    mappings: dict[str, str]


def main(tenancy: Tenancy) -> None:
    """Make tenant, connections, integration and flows; print their ids."""
    from integrations.models import FieldMapping, Flow  # models exist once Django is set up
    from integrations.runner import setup
    from tenants.models import User
    from tenants.scope import tenant_scope
    from tenants.signup import make_tenant

    name = tenancy["name"]
    tenant = make_tenant(User.objects.create_user(f"{name}@example.test"), name.capitalize())
    with tenant_scope(tenant.pk):
        erp = setup.add_connection("ERP", "ifs", tenancy["erp_settings"], by="chaos")
        ap = setup.add_connection("AP", tenancy["ap"], tenancy["ap_settings"], by="chaos")
        made = setup.join(name.capitalize(), erp, ap, "10")
        made.policy = tenancy["policy"]
        made.save()
        for source, target in tenancy["mappings"].items():
            FieldMapping.objects.create(integration=made, source=source, target=target)
        flows = dict(Flow.objects.filter(integration=made).values_list("entity", "pk"))
    sys.stdout.write(json.dumps({"tenant": str(tenant.pk), "flows": flows}))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mlconnector.settings")
    django.setup()
    main(json.loads(sys.argv[1]))
