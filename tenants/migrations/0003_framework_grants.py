"""Rights on the tables of Django and allauth. They are global; each is on the closed list that the tests know."""

from django.db import migrations

from tenants.rowsecurity import Grant


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0002_row_security"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("sessions", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        Grant("django_session"),
        Grant("account_emailaddress"),
        Grant("account_emailconfirmation"),
        Grant("mfa_authenticator"),
        Grant("django_content_type", "SELECT"),
        Grant("auth_permission", "SELECT"),
    ]
