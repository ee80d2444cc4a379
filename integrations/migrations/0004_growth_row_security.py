from django.db import migrations

from tenants.rowsecurity import EnableRowSecurity, TenantForeignKey

TABLES = {
    "answer": {"item_id": "outboxitem"},
    "apikey": {},
    "idempotencykey": {},
    "plan": {"integration_id": "integration"},
    "planline": {"plan_id": "plan", "item_id": "outboxitem"},
    "searchterm": {"source_id": "sourcerecord"},
    "settingchange": {"integration_id": "integration"},
}


class Migration(migrations.Migration):
    """The new tables under row security, every key between them within the tenant."""

    dependencies = [("integrations", "0003_growth")]

    operations = [
        *(EnableRowSecurity(f"integrations_{table}") for table in TABLES),
        *(
            TenantForeignKey(f"integrations_{table}", column, f"integrations_{target}")
            for table, keys in TABLES.items()
            for column, target in keys.items()
        ),
    ]
