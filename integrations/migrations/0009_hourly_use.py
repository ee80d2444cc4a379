"""Hourly limits outlive a Redis that forgets."""

from django.db import migrations, models

from tenants.rowsecurity import Grant


class Migration(migrations.Migration):
    dependencies = [("integrations", "0008_api_keys")]

    operations = [
        migrations.CreateModel(
            name="HourlyUse",
            fields=[
                ("key", models.CharField(db_collation="C", max_length=200, primary_key=True, serialize=False)),
                ("hour", models.PositiveIntegerField()),
                ("requests", models.PositiveIntegerField()),
                ("logins", models.PositiveIntegerField()),
            ],
        ),
        Grant("integrations_hourlyuse"),
    ]
