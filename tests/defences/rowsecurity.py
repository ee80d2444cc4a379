"""Defence: the database keeps tenants apart by itself. `findings()` reads the catalogue and names every gap.

A new table is a finding until it is under row security or on the closed list of global tables below.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connections

from tenants.models import Tenant, TenantOwned

GLOBAL = {
    "account_emailaddress",
    "account_emailconfirmation",
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "django_admin_log",
    "django_content_type",
    "django_migrations",
    "django_session",
    "integrations_dueflow",
    "integrations_heartbeat",
    "integrations_hourlyuse",
    "mfa_authenticator",
    "tenants_operatoraccess",
    "tenants_outgoingemail",
    "tenants_user",
}
# Ids, due times, lease, fence, last_served: nothing of a tenant's business may be added to the due table.
DUE_COLUMNS = {"flow_id", "tenant_id", "due_at", "poll_at", "lease_until", "fence", "last_served", "enabled"}
SECOND_READS = {
    ("tenants_membership", "own_memberships", "ml_app"),
    ("tenants_tenant", "own_tenants", "ml_app"),
}
GLOBAL_UNIQUE = {("tenants_tenant", "slug")}  # its random end makes it say nothing about other tenants
RULE = "({column} = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS \"nullif\"))"
APPEND_ONLY = {"audit_auditentry"}


def findings() -> list[str]:
    """Every gap in one sentence; empty: none."""
    tables = {row[0]: row for row in ask(TABLES)}
    owned = {name: "id" if name == Tenant._meta.db_table else "tenant_id" for name in tables if name not in GLOBAL}
    return [
        *_policies(tables, owned),
        *_foreign_keys(),
        *_unique_keys(owned),
        *_rights(tables, owned),
        *_column_rights(),
        *_elsewhere(),
        *_roles(),
        *_functions(),
        *_triggers(),
    ]


def ask(query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Ask the catalogue, as the owner."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())


TABLES = """
    SELECT c.relname, c.relrowsecurity, pg_get_userbyid(c.relowner), c.relkind FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""
POLICIES = """
    SELECT tablename, policyname, permissive, roles::text[], cmd, qual, with_check
    FROM pg_policies WHERE schemaname = 'public'
"""


def _policies(tables: dict[str, Any], owned: dict[str, str]) -> Iterator[str]:
    found: dict[str, dict[str, Any]] = {}
    for table, name, permissive, roles, command, using, check in ask(POLICIES):
        found.setdefault(table, {})[name] = (permissive, roles, command, using, check)
    for table, column in owned.items():
        if tables[table][3] in "vmf":
            yield f"{table} is a view: it would be read with its owner's eyes"
            continue
        if not tables[table][1]:
            yield f"{table} has no row security and is not on the closed list of global tables"
        rule = RULE.format(column=column)
        policies = dict(found.get(table, {}))
        if policies.pop("tenant_rows", None) != ("PERMISSIVE", ["ml_app"], "ALL", rule, rule):
            yield f"{table} does not have exactly the tenant's policy"
        for name, (_, roles, command, _, _) in policies.items():
            known = (table, name, roles[0]) in SECOND_READS or (name, roles) == ("lookup_rows", ["ml_lookup"])
            if not known or command != "SELECT":
                yield f"{table} has a further policy {name} for {command}"


FOREIGN_KEYS = """
    SELECT k.conrelid::regclass::text, k.confrelid::regclass::text,
        (SELECT array_agg(a.attname ORDER BY x.n)::text[] FROM unnest(k.conkey) WITH ORDINALITY x (att, n)
            JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = x.att),
        (SELECT array_agg(a.attname ORDER BY x.n)::text[] FROM unnest(k.confkey) WITH ORDINALITY x (att, n)
            JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = x.att)
    FROM pg_constraint k WHERE k.contype = 'f' AND k.convalidated
"""


def _foreign_keys() -> Iterator[str]:
    composite = {(table, target, tuple(here), tuple(there)) for table, target, here, there in ask(FOREIGN_KEYS)}
    for model in apps.get_models():
        if not issubclass(model, TenantOwned):
            continue
        for field in model._meta.concrete_fields:
            target = field.related_model
            if not (isinstance(target, type) and issubclass(target, TenantOwned)):
                continue
            wanted = (model._meta.db_table, target._meta.db_table, ("tenant_id", field.column), ("tenant_id", "id"))
            if wanted not in composite:
                yield f"{model._meta.db_table}.{field.column} can point into another tenant"


UNIQUE_KEYS = """
    SELECT t.relname, i.relname, x.indisprimary, COALESCE(a.attname, '?') FROM pg_index x
    JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
    LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0]
    WHERE x.indisunique AND t.relnamespace = 'public'::regnamespace
"""


def _unique_keys(owned: dict[str, str]) -> Iterator[str]:
    for table, index, primary, first in ask(UNIQUE_KEYS):
        if table in owned and not primary and first != owned[table] and (table, first) not in GLOBAL_UNIQUE:
            yield f"{index} on {table} starts with {first}: it tells one tenant about another"


GRANTS = """
    SELECT c.relname, COALESCE(NULLIF(g.grantee, 0)::regrole::text, 'PUBLIC'), g.privilege_type
    FROM pg_class c, aclexplode(c.relacl) g
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
"""


def _rights(tables: dict[str, Any], owned: dict[str, str]) -> Iterator[str]:
    for name, (_, _, owner, _) in tables.items():
        if owner != "ml_owner":
            yield f"{name} belongs to {owner}"
    for table, grantee, right in ask(GRANTS):
        if grantee == "PUBLIC":
            yield f"everybody may {right} {table}"
        elif grantee == "ml_lookup":
            yield f"ml_lookup may {right} all columns of {table}"
        elif grantee == "ml_app" and right not in {"SELECT", "INSERT", "UPDATE", "DELETE"}:
            yield f"ml_app may {right} {table}"
        elif grantee == "ml_app" and table in APPEND_ONLY and right in {"UPDATE", "DELETE"}:
            yield f"ml_app may {right} {table}, which is append-only"
        elif grantee not in {"ml_app", "ml_owner"}:
            yield f"{grantee} may {right} {table}"
    due = ask("SELECT column_name FROM information_schema.columns WHERE table_name = 'integrations_dueflow'")
    for (column,) in due:
        if column not in DUE_COLUMNS:
            yield f"integrations_dueflow.{column} is not on the list of what a global due table may hold"


# What the few functions that look across tenants may read.
LOOKED_UP = {
    ("tenants_tenant", "id"),
    ("tenants_tenant", "slug"),
    ("tenants_invitation", "tenant_id"),
    ("tenants_invitation", "digest"),
    ("integrations_apikey", "tenant_id"),
    ("integrations_apikey", "prefix"),
    *(("integrations_connection", name) for name in ("tenant_id", "id", "system", "status")),
    *(("integrations_webhookevent", name) for name in ("tenant_id", "connection_id", "processed_at")),
    *(
        ("integrations_webhooksubscription", name)
        for name in ("tenant_id", "token_digest", "connection_id", "id", "due_at", "refused", "checked_at")
    ),
}
COLUMN_GRANTS = """
    SELECT c.relname, a.attname, COALESCE(NULLIF(g.grantee, 0)::regrole::text, 'PUBLIC'), g.privilege_type
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid, aclexplode(a.attacl) g
    WHERE c.relnamespace = 'public'::regnamespace AND NOT a.attisdropped
"""


def _column_rights() -> Iterator[str]:
    for table, column, grantee, right in ask(COLUMN_GRANTS):
        if (grantee, right) != ("ml_lookup", "SELECT") or (table, column) not in LOOKED_UP:
            yield f"{grantee} may {right} {table}.{column}"


def _elsewhere() -> Iterator[str]:
    """Tables outside the schema that is looked after, and rights that new tables would get by themselves."""
    for schema, table in ask(
        "SELECT relnamespace::regnamespace::text, relname FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f') "
        "AND relnamespace::regnamespace::text !~ '^(public$|pg_|information_schema)'"
    ):
        yield f"{schema}.{table} lies outside the schema that is looked after"
    if ask("SELECT 1 FROM pg_default_acl"):
        yield "new objects get rights by default"


ROLES = """
    SELECT rolname, rolsuper OR rolbypassrls OR rolcreaterole OR rolreplication, rolcanlogin,
        ARRAY(SELECT m.roleid::regrole::text FROM pg_auth_members m WHERE m.member = r.oid)
    FROM pg_roles r WHERE rolname IN ('ml_owner', 'ml_app', 'ml_lookup')
"""


def _roles() -> Iterator[str]:
    memberships = {"ml_owner": ["ml_lookup"], "ml_app": [], "ml_lookup": []}
    for role, powers, login, member_of in ask(ROLES):
        if powers:
            yield f"{role} has powers beyond its work"
        if login != (role != "ml_lookup"):
            yield f"{role} may sign in" if login else f"{role} cannot sign in"
        if member_of != memberships[role]:
            yield f"{role} is a member of {member_of}"
    for role in ("ml_app", "ml_lookup"):
        if ask("SELECT has_schema_privilege(%s, 'public', 'CREATE')", role) == [(True,)]:
            yield f"{role} may create in the schema"


FUNCTIONS = """
    SELECT p.proname, p.prosecdef, pg_get_userbyid(p.proowner), COALESCE(p.proconfig::text, ''),
        has_function_privilege('public', p.oid, 'EXECUTE')
    FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
"""


def _functions() -> Iterator[str]:
    for name, definer, owner, config, public in ask(FUNCTIONS):
        if public:
            yield f"everybody may execute {name}()"
        if "search_path=" not in config:
            yield f"{name}() does not set its search_path"
        if definer and owner != "ml_lookup":
            yield f"{name}() runs with the rights of {owner}"
        if owner not in {"ml_owner", "ml_lookup"}:
            yield f"{name}() belongs to {owner}"


def _triggers() -> Iterator[str]:
    for table in APPEND_ONLY:
        enabled = ask("SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled = 'O'", table)
        missing = {"append_only_rows", "append_only_table"} - {name for (name,) in enabled}
        for name in sorted(missing):
            yield f"{table} lacks its trigger {name}"
