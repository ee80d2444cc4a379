"""Row security for the audit, and a trigger that refuses every change."""

from django.db import migrations

from tenants.rowsecurity import AppendOnly, EnableRowSecurity


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial"), ("tenants", "0002_row_security")]

    operations = [
        EnableRowSecurity("audit_auditentry", grants="SELECT, INSERT"),
        AppendOnly("audit_auditentry"),
        EnableRowSecurity("audit_audithead", grants="SELECT, INSERT, UPDATE"),
    ]
