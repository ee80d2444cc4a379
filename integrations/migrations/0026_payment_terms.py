from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0025_field_texts_history")]
    operations = [
        migrations.AlterField(
            model_name="glmapping",
            name="table",
            field=models.CharField(
                choices=[
                    ("account", "Account"),
                    ("tax_code", "Tax code to account"),
                    ("dimension", "Dimension value"),
                    ("payment_term", "Payment term of a vendor"),
                ],
                default="account",
                max_length=12,
            ),
        ),
    ]
