"""What the blockers that are there already hold, and which of an item leads."""

from django.db import migrations

FILL = """
    UPDATE integrations_blocker b
    SET amount = s.amount, currency = s.currency, due_date = s.due_date, since = s.changed_at,
        leads = NOT EXISTS (SELECT 1 FROM integrations_blocker o
                            WHERE o.tenant_id = b.tenant_id AND o.item_id = b.item_id AND o.id < b.id)
    FROM integrations_outboxitem i
    JOIN integrations_sourcerecord s ON s.tenant_id = i.tenant_id AND s.id = i.source_id
    WHERE i.tenant_id = b.tenant_id AND i.id = b.item_id
"""


class Migration(migrations.Migration):
    dependencies = [("integrations", "0019_blockers_say_what_they_hold")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
