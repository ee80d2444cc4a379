"""How often it was tried to take a subscription away whose connection is to be deleted."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("integrations", "0034_account_balances")]

    operations: ClassVar = [
        migrations.AddField("webhooksubscription", "parting", models.PositiveSmallIntegerField(null=True)),
    ]
