"""Defence: a stranger gets nothing. Walks every route that Django knows, with the owner's ids, as four people.

Findings: a 5xx; a mark of the owner's rows in an answer; an answer to a foreign id that differs from the answer to a
missing one; a page that an anonymous visitor may read though it is not on the list below; a row of the owner's that
changed meanwhile.
"""

import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_plus

from django.db import connections, models
from django.test import Client

from integrations.store import access
from tenants.models import Role, TenantOwned, User
from tests.defences.house import House, furnish
from tests.defences.routes import Route, routes
from tests.defences.rows import tenant_models
from tests.factories import PASSWORD, Cast, forget_throttles, join, person, signed_in

# What a visitor without sign-in may see: begins of route names and paths.
PUBLIC = (
    *("account_", "tenants:invitation", "admin:login", "admin:jsi18n", "web:theme"),
    *("healthz", "readyz", "metrics", "hooks"),
)
METHODS = ("get", "post", "put", "patch", "delete")
FIRST_NUMBER = 10**7  # numbers of the scene's rows begin here: long enough not to be part of a page by chance
MISSING_NUMBER = 10**9 + 7
# What differs between two equal pages: form tokens, the token of the page's own script, and how long ago or how soon
# something is, for the clock goes on between two questions.
_CHANGING = re.compile(
    r"""name="csrfmiddlewaretoken" value="[^"]*"|X-CSRFToken[^}]*"""
    r"|\bas of <time[^>]*>[^<]*</time>"
    r"|\b20\d\d-\d\d-\d\dT\d\d:\d\d[0-9:.]*(?:Z|\+00:00)?"
    r"|(?:\bin )?\b[0-9]+ (?:second|minute|hour)s?\b(?:, [0-9]+ (?:second|minute)s?\b)?(?: ago\b)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Pair:
    """An id of the owner's, and one of the same kind that nobody has."""

    there: object
    nobodys: object
    table: str = ""


@dataclass(frozen=True)
class Scene:
    """Two full tenants: `house` must stay closed to everybody else; `elsewhere` is the stranger's."""

    cast: Cast
    house: House
    elsewhere: House

    @classmethod
    def make(cls, cast: Cast) -> "Scene":
        """The stranger holds every role at home: no walk ends at a role that is merely missing."""
        _spread_numbers()
        for role in set(Role) - {Role.OWNER, Role.AUDITOR}:
            join(cast.stranger, cast.elsewhere, role)
        return cls(cast, furnish(cast.tenant, cast.owner), furnish(cast.elsewhere, cast.stranger))

    @property
    def marks(self) -> list[str]:
        """Texts that nobody else may ever see."""
        cast = self.cast
        people = [cast.owner.email, cast.colleague.email]
        keys = [str(value) for rows in self.house.rows.values() for row in rows for value in uuids(row)]
        return [self.house.mark, cast.tenant.name, str(cast.tenant.pk), cast.tenant.slug, *people, *keys]

    def pairs(self) -> list[Pair]:
        """Ids of the owner's rows: the number of one row of each model, the public ids of one row of each state."""
        tables = self.house.rows.values()
        last = [rows[-1] for rows in tables if rows[-1].pk >= FIRST_NUMBER]
        found = [Pair(row.pk, MISSING_NUMBER, row._meta.db_table) for row in last]
        shown = [row for rows in tables for row in states(rows)]
        found += [Pair(key, uuid.uuid4(), row._meta.db_table) for row in shown for key in uuids(row)]
        return [*found, Pair(self.cast.tenant.pk, uuid.uuid4(), "tenants_tenant")]


def findings(scene: Scene, *, under: tuple[str, ...] = ("",)) -> list[str]:
    """Every leak in one sentence, of the routes whose path begins so; empty: none."""
    walked = [route for route in routes() if route.pattern.startswith(under) and not route.name.endswith("logout")]
    ours = [route for route in walked if route.pattern.startswith("api/")]
    pairs, before = scene.pairs(), digests(scene.house)
    return [
        *_walk(signed_in(scene.cast.stranger), walked, "a stranger", scene.marks, pairs),
        *_walk(_program(scene), ours, "a stranger's program", scene.marks, pairs),
        *_walk(Client(SERVER_NAME="127.0.0.1"), walked, "a visitor", scene.marks, _few(pairs), visitor=True),
        *_walk(signed_in(person()), walked, "a person without tenant", scene.marks, _few(pairs)),
        *_walk(signed_in(_operator()), walked, "an operator who entered nothing", scene.marks, _few(pairs)),
        *(f"walking changed the owner's rows of {table}" for table in changed(before, scene.house)),
    ]


def _program(scene: Scene) -> Client:
    """A program with a key of the stranger's tenant that may do all a key can."""
    place = scene.cast.place(scene.cast.stranger)
    with place.scope():
        _, text = access.make(place, "program", list(access.SCOPES))
    return Client(SERVER_NAME="127.0.0.1", HTTP_AUTHORIZATION=f"Api-Key {text}")


def _operator() -> User:
    return User.objects.create_superuser(f"op{uuid.uuid4().hex[:10]}@example.test", PASSWORD)


def _few(pairs: list[Pair]) -> list[Pair]:
    """One of each kind."""
    return list({type(pair.there): pair for pair in pairs}.values())


def states(rows: list[Any]) -> Iterable[Any]:
    """The first row of each state, or of all."""
    return {getattr(row, "state", None): row for row in reversed(rows)}.values()


def uuids(row: TenantOwned) -> list[uuid.UUID]:
    """The public ids of a row."""
    return [
        getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if isinstance(field, models.UUIDField) and field.name != "tenant"
    ]


def _spread_numbers() -> None:
    """Give each table numbers of its own, so that no foreign id is by chance one of the stranger's."""
    with connections["owner"].cursor() as cursor:
        for place, model in enumerate(tenant_models(), 1):
            cursor.execute(
                "SELECT setval(s, GREATEST(%s, nextval(s))) FROM pg_get_serial_sequence(%s, 'id') s",
                [place * FIRST_NUMBER, model._meta.db_table],
            )


OWNED = """
    SELECT c.table_name, c.column_name FROM information_schema.columns c
    JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
    AND (c.column_name = 'tenant_id' OR (c.table_name, c.column_name) = ('tenants_tenant', 'id'))
"""


def digests(house: House) -> dict[str, str]:
    """A digest of the tenant's rows by table, read past all walls; global tables that name the tenant included."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(OWNED)
        found: dict[str, str] = {}
        for table, column in cursor.fetchall():
            cursor.execute(
                f"SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM {table} t WHERE {column} = %s",
                [house.tenant.pk],
            )
            found[table] = cursor.fetchone()[0] or ""
        return found


def changed(before: dict[str, str], house: House) -> list[str]:
    """Tables whose rows of the tenant are others than `before`."""
    now = digests(house)
    return sorted(table for table in before if before[table] != now[table])


def _fitting(route: Route, pairs: list[Pair], method: str) -> list[Pair]:
    """Those of the pairs that fit the place; for methods that no page knows one is enough."""
    if method not in {"get", "post"} and (route.is_admin or not route.is_ours):
        return []  # these views know two methods only: any other is a GET to them
    if not route.places:
        return [Pair("", "")]
    kinds = {"uuid": (uuid.UUID,), "int": (int,)}.get(route.kind, (int, uuid.UUID))
    fitting = [pair for pair in pairs if isinstance(pair.there, kinds)]
    if route.is_admin:
        fitting = [pair for pair in fitting if f"/{pair.table.replace('_', '/', 1)}/" in route.pattern] or fitting[:1]
    elif not route.is_ours or route.kind not in {"uuid", "int"}:
        fitting = fitting[:2]
    return fitting if method in {"get", "post"} else fitting[:1]


def _walk(
    client: Client, walked: list[Route], who: str, marks: list[str], pairs: list[Pair], *, visitor: bool = False
) -> Iterator[str]:
    client.raise_request_exception = False
    for route in walked:
        missing: dict[tuple[str, type], tuple[object, ...]] = {}
        for method in METHODS:
            for pair in _fitting(route, pairs, method):
                answer = ask(client, method, route.at(pair.there))
                place = f"{method.upper()} {route.at(pair.there)} ({route.name}) as {who}"
                if fault := fault_of(answer, pair.there, marks, route):
                    yield f"{place}: {fault}"
                elif visitor and answer.status_code < 300 and not route.name.startswith(PUBLIC):
                    yield f"{place}: open to everybody"
                if pair.there:
                    kind = (method, type(pair.there))
                    if kind not in missing:
                        missing[kind] = shape(ask(client, method, route.at(pair.nobodys)), pair.nobodys)
                    if shape(answer, pair.there) != missing[kind]:
                        yield f"{place}: answers otherwise than for an id that does not exist"


def fault_of(answer: Any, asked: object, marks: list[str], route: Route) -> str:
    """What is wrong with an answer to somebody who may know nothing; "" when all is well."""
    if answer.status_code >= 500 and route.name != "readyz":
        return str(answer.status_code)
    text = text_of(answer, asked)
    seen = next((mark for mark in marks if mark in text), None)
    return f"shows {seen}" if seen else ""


def ask(client: Client, method: str, path: str, data: Any = None) -> Any:
    """One request, JSON to the API; what earlier ones left behind (throttles, messages) does not colour its answer."""
    forget_throttles()
    client.cookies.pop("messages", None)  # where the last answer repeats what was asked for
    if method == "get":
        return client.get(path, data)
    form = method == "post" and not path.startswith("/api/")
    return getattr(client, method)(path, data or {}, **({} if form else {"content_type": "application/json"}))


def body_of(answer: Any) -> bytes:
    """The whole body, streamed or not."""
    return b"".join(answer.streaming_content) if answer.streaming else bytes(answer.content)


def text_of(answer: Any, asked: object) -> str:
    """Headers, body and cookies, without what was asked for: it comes back in links."""
    headers = "\n".join(f"{name}: {value}" for name, value in answer.items())
    return _without(f"{headers}\n{body_of(answer).decode('utf-8', 'replace')}\n{answer.cookies.output()}", asked)


def shape(answer: Any, asked: object) -> tuple[object, ...]:
    """What tells two answers apart: status, target, body; without what was asked for."""
    body = "" if answer.streaming else _CHANGING.sub("", bytes(answer.content).decode("utf-8", "replace"))
    return answer.status_code, _without(answer.get("Location", ""), asked), _without(body, asked)


def _without(text: str, asked: object) -> str:
    """`text` without what was asked for, also as chips show it: as words ("0657a566 efc1 ..."), by its beginning, or
    as an amount ("10,000,013").
    """
    if not (plain := str(asked)):
        return text
    spellings = [re.escape(plain).replace(r"\-", "[-_ ]"), re.escape(quote(plain, safe=""))]
    spellings += [re.escape(quote_plus(plain))]
    spellings += [plain[:8]] if isinstance(asked, uuid.UUID) else []
    spellings += [f"{asked:,}"] if isinstance(asked, int) else []
    return re.sub("|".join(spellings), "", text, flags=re.IGNORECASE)
