from django.db import migrations, models

from tenants.rowsecurity import DefinerFunction


class Migration(migrations.Migration):
    """A key finds its tenant by its prefix alone; answers that were kept long enough are found to be dropped."""

    dependencies = [("integrations", "0007_base_currencies")]

    operations = [
        migrations.AddIndex("apikey", models.Index("prefix", name="api_key_by_prefix")),
        migrations.AddIndex("idempotencykey", models.Index("tenant", "at", name="idempotency_old")),
        DefinerFunction(
            "api_key_tenant(wanted varchar)",
            returns="uuid",
            body="SELECT tenant_id FROM integrations_apikey WHERE prefix = wanted LIMIT 1",
            reads={"integrations_apikey": ["tenant_id", "prefix"]},
        ),
    ]
