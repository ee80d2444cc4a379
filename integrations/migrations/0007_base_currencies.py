"""The base currencies of both sides, as set-up showed them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Three columns."""

    dependencies = [("integrations", "0006_source_gone")]

    operations = [
        migrations.AddField(
            "integration",
            "company_currency",
            models.CharField(blank=True, default="", max_length=10),
            preserve_default=False,
        ),
        migrations.AddField(
            "integration",
            "target_currency",
            models.CharField(blank=True, default="", max_length=10),
            preserve_default=False,
        ),
        migrations.AddField("integration", "currencies_confirmed", models.BooleanField(default=False)),
    ]
