"""Migration operations that put a table under row security (https://www.postgresql.org/docs/15/sql-createpolicy.html).

`ml_owner` migrates and owns the tables, `ml_app` runs everything and owns nothing, `ml_lookup` cannot sign in and owns
the few SECURITY DEFINER functions. The owner passes row security (no FORCE); the application never runs as the owner.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation

APP = "ml_app"
LOOKUP = "ml_lookup"

TENANT = "( SELECT NULLIF(current_setting('app.tenant', true), '')::uuid)"
USER = "( SELECT NULLIF(current_setting('app.user', true), '')::bigint)"

POLICY = "tenant_rows"
ALL = "SELECT, INSERT, UPDATE, DELETE"


class _Sql(Operation):
    """An operation on the database alone: `forward` and `backward` are lists of statements."""

    reversible = True
    reduces_to_sql = True

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Nothing: Django's model state does not know row security."""

    def forward(self) -> Sequence[str]:
        raise NotImplementedError

    def backward(self) -> Sequence[str]:
        raise NotImplementedError

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        _run(schema_editor, self.forward())

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        _run(schema_editor, self.backward())


def _run(schema_editor: BaseDatabaseSchemaEditor, statements: Sequence[str]) -> None:
    for statement in statements:
        schema_editor.execute(statement, params=None)


class EnableRowSecurity(_Sql):
    """Row security, the tenant's policy, the grants to the application, and UNIQUE (tenant_id, id) to refer to.

    `reads`: further SELECT policies by name, e.g. {"own_memberships": "user_id = ..."}.
    """

    def __init__(
        self,
        table: str,
        *,
        column: str = "tenant_id",
        grants: str = ALL,
        reads: Mapping[str, str] | None = None,
    ) -> None:
        self.table = table
        self.column = column
        self.grants = grants
        self.reads = dict(reads or {})

    def describe(self) -> str:
        return f"Put {self.table} under row security"

    def forward(self) -> Sequence[str]:
        rule = f"{self.column} = {TENANT}"
        statements = [
            f"ALTER TABLE {self.table} ENABLE ROW LEVEL SECURITY",
            f"CREATE POLICY {POLICY} ON {self.table} FOR ALL TO {APP} USING ({rule}) WITH CHECK ({rule})",
            f"REVOKE ALL ON {self.table} FROM PUBLIC",
            f"GRANT {self.grants} ON {self.table} TO {APP}",
        ]
        if self.column != "id":
            statements.append(
                f"ALTER TABLE {self.table} ADD CONSTRAINT {self.table}_tenant_key UNIQUE ({self.column}, id)"
            )
        for name, condition in self.reads.items():
            statements.append(f"CREATE POLICY {name} ON {self.table} FOR SELECT TO {APP} USING ({condition})")
        return statements

    def backward(self) -> Sequence[str]:
        statements = [f"DROP POLICY {name} ON {self.table}" for name in (POLICY, *self.reads)]
        if self.column != "id":
            statements.append(f"ALTER TABLE {self.table} DROP CONSTRAINT {self.table}_tenant_key")
        return [
            *statements,
            f"REVOKE ALL ON {self.table} FROM {APP}",
            f"ALTER TABLE {self.table} DISABLE ROW LEVEL SECURITY",
        ]


class TenantForeignKey(_Sql):
    """(tenant_id, column) refers to (tenant_id, id) of `target`: no row can point into another tenant.

    Give the model's field `db_constraint=False`: the composite key covers it.
    """

    def __init__(self, table: str, column: str, target: str) -> None:
        self.table = table
        self.column = column
        self.target = target

    def describe(self) -> str:
        return f"Bind {self.table}.{self.column} to {self.target} within the tenant"

    @property
    def name(self) -> str:
        return f"{self.table}_{self.column}_fk"[:63]

    def forward(self) -> Sequence[str]:
        return [
            (
                f"ALTER TABLE {self.table} ADD CONSTRAINT {self.name} FOREIGN KEY (tenant_id, {self.column}) "
                f"REFERENCES {self.target} (tenant_id, id) DEFERRABLE INITIALLY DEFERRED"
            )
        ]

    def backward(self) -> Sequence[str]:
        return [f"ALTER TABLE {self.table} DROP CONSTRAINT {self.name}"]


class AppendOnly(_Sql):
    """A trigger refuses UPDATE, DELETE and TRUNCATE for everybody, the owner included."""

    def __init__(self, table: str) -> None:
        self.table = table

    def describe(self) -> str:
        return f"Make {self.table} append-only"

    def forward(self) -> Sequence[str]:
        return [
            """
            CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS
            $$ BEGIN RAISE EXCEPTION 'Rows of % are never changed or deleted', TG_TABLE_NAME; END $$
            """,
            "REVOKE ALL ON FUNCTION refuse_change() FROM PUBLIC",
            (
                f"CREATE TRIGGER append_only_rows BEFORE UPDATE OR DELETE ON {self.table} "
                "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            ),
            (
                f"CREATE TRIGGER append_only_table BEFORE TRUNCATE ON {self.table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            ),
            f"REVOKE UPDATE, DELETE, TRUNCATE ON {self.table} FROM {APP}",
        ]

    def backward(self) -> Sequence[str]:
        return [f"DROP TRIGGER {name} ON {self.table}" for name in ("append_only_rows", "append_only_table")]


class Grant(_Sql):
    """Rights of the application on a global table, e.g. Grant("django_session")."""

    def __init__(self, table: str, rights: str = ALL) -> None:
        self.table = table
        self.rights = rights

    def describe(self) -> str:
        return f"Let the application use {self.table}"

    def forward(self) -> Sequence[str]:
        return [f"REVOKE ALL ON {self.table} FROM PUBLIC", f"GRANT {self.rights} ON {self.table} TO {APP}"]

    def backward(self) -> Sequence[str]:
        return [f"REVOKE ALL ON {self.table} FROM {APP}"]


class DefinerFunction(_Sql):
    """An SQL function that answers one narrow question across tenants: it runs as `ml_lookup`.

    `signature` is "name(argument type, ...)", `returns` the result type, `body` one SQL query. `reads` names the
    columns it may see per table; there `ml_lookup` gets a SELECT policy of its own. Only `ml_app` may execute it.
    """

    def __init__(self, signature: str, *, returns: str, body: str, reads: Mapping[str, Sequence[str]]) -> None:
        self.signature = signature
        self.returns = returns
        self.body = body
        self.reads = {table: list(columns) for table, columns in reads.items()}

    def describe(self) -> str:
        return f"Look-up across tenants: {self.signature}"

    def forward(self) -> Sequence[str]:
        statements = []
        for table, columns in self.reads.items():
            statements += [
                f"GRANT SELECT ({', '.join(columns)}) ON {table} TO {LOOKUP}",
                f"DROP POLICY IF EXISTS lookup_rows ON {table}",
                f"CREATE POLICY lookup_rows ON {table} FOR SELECT TO {LOOKUP} USING (true)",
            ]
        return [
            *statements,
            (
                f"CREATE FUNCTION {self.signature} RETURNS {self.returns} LANGUAGE sql STABLE SECURITY DEFINER "
                f"SET search_path = public, pg_temp AS $definer$ {self.body} $definer$"
            ),
            f"REVOKE ALL ON FUNCTION {self.signature} FROM PUBLIC",
            f"GRANT EXECUTE ON FUNCTION {self.signature} TO {APP}",
            # A new owner needs CREATE on the schema at this moment and never again.
            f"GRANT CREATE ON SCHEMA public TO {LOOKUP}",
            f"ALTER FUNCTION {self.signature} OWNER TO {LOOKUP}",
            f"REVOKE CREATE ON SCHEMA public FROM {LOOKUP}",
        ]

    def backward(self) -> Sequence[str]:
        rights = [f"SELECT ({', '.join(columns)}) ON {table}" for table, columns in self.reads.items()]
        return [f"DROP FUNCTION {self.signature}", *(f"REVOKE {right} FROM {LOOKUP}" for right in rights)]


class SchemaRights(_Sql):
    """The first operation of all: nobody but the owner creates in the schema."""

    def describe(self) -> str:
        return "Close the schema to everybody but the owner"

    def forward(self) -> Sequence[str]:
        return [
            "REVOKE ALL ON SCHEMA public FROM PUBLIC",
            f"GRANT USAGE ON SCHEMA public TO {APP}, {LOOKUP}",
        ]

    def backward(self) -> Sequence[str]:
        return [f"REVOKE USAGE ON SCHEMA public FROM {APP}, {LOOKUP}"]
