"""Row security holds only for a role that owns nothing: the application refuses to run as any other."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connections

QUESTION = """
    SELECT current_user, rolsuper, rolbypassrls, EXISTS (
        SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'v', 'm') AND c.relpersistence <> 't'
          AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
          AND pg_has_role(current_user, c.relowner, 'MEMBER'))
    FROM pg_roles WHERE rolname = current_user
"""


def privilege_of(using: str = "default") -> str:
    """Why the connected role must not run the application, as one sentence; "" when it may."""
    with connections[using].cursor() as cursor:
        cursor.execute(QUESTION)
        name, superuser, bypass, owns = cursor.fetchone()
    if superuser:
        fault = "is a superuser"
    elif bypass:
        fault = "has BYPASSRLS"
    elif owns:
        fault = "owns tables"
    else:
        return ""
    return (
        f"The database role {name} {fault}, so row security would not hold: "
        "let DATABASE_URL sign in as ml_app, which tenants/sql/roles.sql creates."
    )


def refuse_privileged_role(using: str = "default") -> None:
    """Raise ImproperlyConfigured when the application is signed in as a role that row security does not bind."""
    if sentence := privilege_of(using):
        raise ImproperlyConfigured(sentence)


def refuse_before_forking() -> None:
    """The same at the start of a server; leaves no connection for the processes that are forked from it."""
    refuse_privileged_role()
    connection: Any = connections["default"]
    connection.close()
    connection.close_pool()
