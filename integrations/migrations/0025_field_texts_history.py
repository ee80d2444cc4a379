"""Changes of field mappings that were proposed or decided before: they name the same rules with their new fields."""

from django.db import migrations

_FORWARDS = """
    UPDATE integrations_mappingchange
    SET rule = '{"field": ""}'::jsonb || rule,
        old = CASE WHEN jsonb_typeof(old) = 'object' THEN '{"lookup": ""}'::jsonb || old ELSE old END,
        new = CASE WHEN jsonb_typeof(new) = 'object' THEN '{"lookup": ""}'::jsonb || new ELSE new END
    WHERE kind = 'field'
"""
_BACKWARDS = """
    UPDATE integrations_mappingchange SET rule = rule - 'field', old = old - 'lookup', new = new - 'lookup'
    WHERE kind = 'field' AND jsonb_typeof(coalesce(new, old)) = 'object'
"""


class Migration(migrations.Migration):
    dependencies = [("integrations", "0024_field_texts")]
    operations = [migrations.RunSQL(_FORWARDS, _BACKWARDS)]
