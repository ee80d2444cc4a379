"""What a dispatcher asks every second has to be found, not searched for."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0004_growth_row_security")]

    operations = [
        migrations.AddIndex(
            model_name="dueflow",
            index=models.Index(
                condition=models.Q(("lease_until__isnull", False)), fields=["lease_until"], name="due_flow_leased"
            ),
        ),
        migrations.AddIndex(
            model_name="dueflow",
            index=models.Index(fields=["last_served"], name="due_flow_served"),
        ),
    ]
