"""`python -m tests.journeys.chaos.prepare IFS_URL BILL_URL LAG [NAME [SECRET]]`: one tenant, its flows due at once.

Prints its ids as JSON. SECRET is the ERP's client secret where it is not the right one.

A process of its own, since the database of a chaos run is not the one that the test process is bound to.
"""

import json
import os
import sys

import django


def organization_of(name: str) -> str:
    """Each tenant has an organization of its own at BILL; the developer key is shared."""
    return f"008{name.upper():0<17.17}"


def main(ifs_url: str, bill_url: str, lag: str, name: str = "chaos", secret: str = "demo-secret") -> None:
    """Make tenant, connections, integration and flows; print their ids."""
    from integrations.models import FieldMapping, Flow  # models exist once Django is set up
    from integrations.runner import setup
    from tenants.models import User
    from tenants.scope import tenant_scope
    from tenants.signup import make_tenant

    tenant = make_tenant(User.objects.create_user(f"{name}@example.test"), name.capitalize())
    erp_settings = {"base_url": ifs_url, "realm": "demo", "client_id": "ml-connector", "client_secret": secret}
    ap_settings = {
        "environment": "own",
        "base_url": bill_url,
        "organization_id": organization_of(name),
        "dev_key": "demo-dev-key",
        "credential_kind": "sync_token",
        "username": "ml-connector",
        "password": "demo-token",
        "search_lag": lag,
    }
    with tenant_scope(tenant.pk):
        erp = setup.add_connection("ERP", "ifs", erp_settings, by="chaos")
        ap = setup.add_connection("AP", "bill", ap_settings, by="chaos")
        made = setup.join(name.capitalize(), erp, ap, "10")
        made.policy = {"match_by_number": True}
        made.save()
        FieldMapping.objects.create(integration=made, source="dimensions.B", target="department")
        flows = dict(Flow.objects.filter(integration=made).values_list("entity", "pk"))
    sys.stdout.write(json.dumps({"tenant": str(tenant.pk), "flows": flows}))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mlconnector.settings")
    django.setup()
    main(*sys.argv[1:])
