"""A record that two sweeps and two reads by key did not find is gone; once may be an accident."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0005_due_flow_indexes")]

    operations = [
        migrations.AddField(model_name="sourcerecord", name="gone", field=models.BooleanField(default=False)),
    ]
