"""The schema is closed, tenant tables are under row security, look-ups across tenants are named one by one."""

from django.db import migrations

from tenants.rowsecurity import USER, DefinerFunction, EnableRowSecurity, Grant, SchemaRights


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]

    operations = [
        SchemaRights(),
        EnableRowSecurity("tenants_membership", reads={"own_memberships": f"user_id = {USER}"}),
        EnableRowSecurity(
            "tenants_tenant",
            column="id",
            grants="SELECT, INSERT, UPDATE",
            # The rows of tenants_membership that this sees are those of app.user.
            reads={
                "own_tenants": f"EXISTS (SELECT FROM tenants_membership m"
                f" WHERE m.tenant_id = tenants_tenant.id AND m.user_id = {USER})"
            },
        ),
        EnableRowSecurity("tenants_invitation"),
        EnableRowSecurity("tenants_datakey"),
        Grant("tenants_user"),
        Grant("tenants_outgoingemail"),
        Grant("tenants_operatoraccess", "SELECT, INSERT"),
        DefinerFunction(
            "invitation_tenant(wanted bytea)",
            returns="uuid",
            body="SELECT tenant_id FROM tenants_invitation WHERE digest = wanted",
            reads={"tenants_invitation": ["tenant_id", "digest"]},
        ),
        DefinerFunction(
            "tenant_directory()",
            returns="TABLE (id uuid, slug varchar)",
            body="SELECT t.id, t.slug FROM tenants_tenant t ORDER BY t.slug",
            reads={"tenants_tenant": ["id", "slug"]},
        ),
        # Django's own book: read, never written by the application.
        Grant("django_migrations", "SELECT"),
    ]
