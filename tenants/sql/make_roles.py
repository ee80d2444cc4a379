"""Make the cluster's roles and the database where they are missing. `./dev` runs this file by itself.

Reads JSON from stdin: `admin`, `owner`, `app` (PostgreSQL URLs) and `passwords` (role -> password, may be
empty). Those passwords are set each time; without any, a role made here gets the password of its URL. Ends
with one sentence on stderr and code 1 when it cannot.
"""

import json
import sys
from pathlib import Path

from psycopg import Connection, Error, OperationalError, connect, errors, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

ROLES = ("ml_owner", "ml_app", "ml_lookup")


def open_database(admin: str, database: str) -> tuple[Connection, bool]:
    """A connection of the administrator, to the database or beside it; whether the database is there."""
    try:
        return connect(make_conninfo(admin, dbname=database, connect_timeout=10), autocommit=True), True
    except OperationalError as error:
        if f'"{database}" does not exist' not in str(error):
            raise
    return connect(make_conninfo(admin, dbname="postgres", connect_timeout=10), autocommit=True), False


def make_roles(admin: str, owner: str, app: str, passwords: dict[str, str]) -> None:
    """Roles that exist keep their rights, and their password unless `passwords` has one. Raises psycopg.Error."""
    owner_login, app_login = conninfo_to_dict(owner), conninfo_to_dict(app)
    database = str(owner_login["dbname"])
    connection, database_is_there = open_database(admin, database)
    with connection:
        known = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
        if not known.issuperset(ROLES):
            connection.execute((Path(__file__).parent / "roles.sql").read_bytes())
        wanted = passwords or {
            str(login["user"]): str(login["password"])
            for login in (owner_login, app_login)
            if login["user"] not in known and login.get("password")
        }
        for role, password in wanted.items():
            # Hashed here: a statement may end up in the server's log.
            digest = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
            change = sql.SQL("ALTER ROLE {} PASSWORD {}")
            connection.execute(change.format(sql.Identifier(role), sql.Literal(digest.decode())))
        if not database_is_there:
            names = sql.Identifier(database), sql.Identifier(str(owner_login["user"]))
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(*names))


if __name__ == "__main__":
    try:
        make_roles(**json.load(sys.stdin))
    except errors.InsufficientPrivilege as error:
        sys.exit(
            f"DATABASE_OWNER_URL may not make the missing roles or database ({error.diag.message_primary}); "
            "let an administrator run tenants/sql/roles.sql and create the database, owned by ml_owner."
        )
    except Error as error:
        sys.exit(
            f"The database cannot be prepared ({' '.join(str(error).split())}); "
            "check DATABASE_OWNER_URL: its address, user and password."
        )
