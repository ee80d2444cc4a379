from django.db import migrations

from tenants.rowsecurity import EnableRowSecurity, Grant, TenantForeignKey

TABLES = {
    "connection": {},
    "pingresult": {"connection_id": "connection"},
    "integration": {"erp_id": "connection", "ap_id": "connection"},
    "flow": {"integration_id": "integration"},
    "syncrun": {"flow_id": "flow"},
    "checkpoint": {"flow_id": "flow"},
    "sourcerecord": {"flow_id": "flow"},
    "mirrorrecord": {"connection_id": "connection"},
    "mirrorstate": {"connection_id": "connection"},
    "outboxitem": {"flow_id": "flow", "source_id": "sourcerecord", "run_id": "syncrun"},
    "writeintent": {"item_id": "outboxitem", "run_id": "syncrun"},
    "blocker": {"item_id": "outboxitem", "integration_id": "integration"},
    "recordlink": {"integration_id": "integration", "target_connection_id": "connection"},
    "reviewitem": {"item_id": "outboxitem"},
    "glmapping": {"integration_id": "integration"},
    "fieldmapping": {"integration_id": "integration"},
}


class Migration(migrations.Migration):
    """Every table under row security, every key between them within the tenant."""

    dependencies = [("integrations", "0001_rows"), ("tenants", "0002_row_security")]

    operations = [
        *(EnableRowSecurity(f"integrations_{table}") for table in TABLES),
        *(
            TenantForeignKey(f"integrations_{table}", column, f"integrations_{target}")
            for table, keys in TABLES.items()
            for column, target in keys.items()
        ),
        # ids and due times only, so that a dispatcher claims across tenants
        Grant("integrations_dueflow"),
        Grant("integrations_heartbeat"),
    ]
