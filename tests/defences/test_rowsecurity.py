import pytest
from django.db import connections, transaction

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
    ],
)
def test_each_harm_is_found(database: None, harm: str, found: str) -> None:
    with transaction.atomic(using="owner"):
        with connections["owner"].cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '5s'")
            cursor.execute(harm)
        seen = findings()
        transaction.set_rollback(True, using="owner")
    assert any(found in finding for finding in seen), seen
