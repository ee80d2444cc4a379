"""The database keeps tenants apart; each harm done to it is found."""

from typing import Any

import pytest
from django.db import connections, models, transaction
from django.test.utils import isolate_apps

from integrations.models import Connection
from tenants.models import TenantOwned
from tenants.rowsecurity import EnableRowSecurity, TenantForeignKey
from tests.defences import rowsecurity
from tests.defences.rowsecurity import findings


def test_the_database_keeps_tenants_apart(database: None) -> None:
    assert findings() == []


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        ("DROP POLICY tenant_rows ON tenants_membership", "does not have exactly the tenant's policy"),
        ("ALTER TABLE tenants_datakey DISABLE ROW LEVEL SECURITY", "tenants_datakey has no row security"),
        ("CREATE TABLE novelty (id bigint, tenant_id uuid)", "novelty has no row security"),
        ("CREATE TABLE novelty (id bigint)", "novelty has no row security"),
        ("CREATE VIEW peephole AS SELECT * FROM tenants_membership", "peephole is a view"),
        ("ALTER POLICY tenant_rows ON tenants_invitation USING (true)", "tenants_invitation does not have exactly"),
        ("CREATE POLICY more ON tenants_datakey USING (true)", "tenants_datakey has a further policy more"),
        ("GRANT SELECT ON tenants_datakey TO PUBLIC", "everybody may SELECT tenants_datakey"),
        ("GRANT SELECT ON tenants_datakey TO ml_lookup", "ml_lookup may SELECT all columns of tenants_datakey"),
        ("GRANT UPDATE ON audit_auditentry TO ml_app", "ml_app may UPDATE audit_auditentry"),
        ("GRANT TRUNCATE ON tenants_membership TO ml_app", "ml_app may TRUNCATE tenants_membership"),
        ("GRANT CREATE ON SCHEMA public TO ml_app", "ml_app may create in the schema"),
        ("GRANT EXECUTE ON FUNCTION tenant_directory() TO PUBLIC", "everybody may execute tenant_directory()"),
        ("ALTER FUNCTION tenant_directory() RESET search_path", "tenant_directory() does not set its search_path"),
        ("CREATE UNIQUE INDEX oracle ON tenants_invitation (email)", "oracle on tenants_invitation starts with email"),
        ("ALTER TABLE audit_auditentry DISABLE TRIGGER append_only_rows", "lacks its trigger append_only_rows"),
        ("ALTER TABLE integrations_flow DROP CONSTRAINT integrations_flow_integration_id_fk", "integrations_flow"),
        ("ALTER TABLE integrations_dueflow ADD COLUMN vendor text", "integrations_dueflow.vendor"),
        ("CREATE MATERIALIZED VIEW peephole AS SELECT * FROM tenants_membership", "peephole is a view"),
        ("ALTER TABLE tenants_datakey OWNER TO ml_lookup", "tenants_datakey belongs to ml_lookup"),
        ("GRANT SELECT ON tenants_datakey TO pg_monitor", "pg_monitor may SELECT tenants_datakey"),
        ("GRANT DELETE ON audit_auditentry TO ml_app", "ml_app may DELETE audit_auditentry"),
        ("GRANT SELECT (email) ON tenants_user TO PUBLIC", "PUBLIC may SELECT tenants_user.email"),
        ("GRANT SELECT (wrapped) ON tenants_datakey TO ml_lookup", "ml_lookup may SELECT tenants_datakey.wrapped"),
        ("ALTER FUNCTION tenant_directory() OWNER TO ml_owner", "tenant_directory() runs with the rights of ml_owner"),
        ("GRANT CREATE ON SCHEMA public TO ml_lookup", "ml_lookup may create in the schema"),
        ("ALTER TABLE audit_auditentry DISABLE TRIGGER append_only_table", "lacks its trigger append_only_table"),
        ("CREATE SCHEMA aside; CREATE TABLE aside.novelty (id bigint)", "aside.novelty lies outside the schema"),
        ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC", "new objects get rights by default"),
    ],
)
def test_each_harm_is_found(database: None, harm: str, found: str) -> None:
    with transaction.atomic(using="owner"):
        with connections["owner"].cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '5s'")
            if "OWNER TO ml_lookup" in harm:
                cursor.execute("GRANT CREATE ON SCHEMA public TO ml_lookup")
            cursor.execute(harm)
        seen = findings()
        transaction.set_rollback(True, using="owner")
    assert any(found in finding for finding in seen), seen


# Harms that only a superuser could do: told to the audit instead of done.
@pytest.mark.parametrize(
    ("query", "told", "found"),
    [
        (rowsecurity.ROLES, ("ml_app", True, True, []), "ml_app has powers beyond its work"),
        (rowsecurity.ROLES, ("ml_lookup", False, True, []), "ml_lookup may sign in"),
        (rowsecurity.ROLES, ("ml_app", False, False, []), "ml_app cannot sign in"),
        (rowsecurity.ROLES, ("ml_app", False, True, ["ml_owner"]), "ml_app is a member of ['ml_owner']"),
        (rowsecurity.FUNCTIONS, ("peep", False, "postgres", "search_path=", False), "peep() belongs to postgres"),
    ],
)
def test_each_harm_of_a_superuser_is_found(
    database: None, monkeypatch: pytest.MonkeyPatch, query: str, told: Any, found: str
) -> None:
    real = rowsecurity.ask
    monkeypatch.setattr(rowsecurity, "ask", lambda asked, *given: [told] if asked == query else real(asked, *given))
    assert found in findings()


def test_a_new_tenant_model_is_found_until_its_migration_secures_it(database: None) -> None:
    with isolate_apps("integrations"):

        class Novelty(TenantOwned):
            """Somebody's next model."""

            connection = models.ForeignKey(Connection, models.CASCADE, db_constraint=False, related_name="+")

            class Meta(TenantOwned.Meta):
                app_label = "integrations"

            def __str__(self) -> str:
                return ""

    steps = (
        EnableRowSecurity("integrations_novelty"),
        TenantForeignKey("integrations_novelty", "connection_id", "integrations_connection"),
    )
    owner = connections["owner"]
    with transaction.atomic(using="owner"):
        with owner.schema_editor(atomic=False) as editor:
            editor.create_model(Novelty)
        bare = findings()
        with owner.schema_editor(atomic=False) as editor:
            for step in steps:
                step.database_forwards("integrations", editor, None, None)
        secured = findings()
        transaction.set_rollback(True, using="owner")
    assert any("integrations_novelty has no row security" in finding for finding in bare)
    assert any("integrations_novelty does not have exactly" in finding for finding in bare)
    assert secured == []
