"""Defence: a stranger gets nothing. Walks every route that Django knows, with the owner's ids, as three people.

A route that appears later is walked by itself. Findings: a 5xx, a mark of the owner's rows in an answer, an answer to a
foreign id that differs from the answer to a missing one, a page that an anonymous visitor may read though it is not on
the list below.
"""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connections, models
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tenants.models import TenantOwned
from tenants.scope import tenant_scope
from tests.defences.rows import fill, tenant_models
from tests.factories import Cast, forget_throttles, signed_in

# What a visitor without sign-in may see: begins of route names and paths.
PUBLIC = (
    "account_", "invitation", "healthz", "readyz", "metrics", "hooks", "admin:login", "admin:jsi18n", "theme",
)  # fmt: skip
METHODS = ("get", "post", "put", "patch", "delete")
MISSING_NUMBER = 10**9 + 7
Pair = tuple[object, object, str]  # an id of the owner's, one that nobody has, the table it is from
JSON: dict[str, dict[str, str]] = {"post": {}} | {
    method: {"content_type": "application/json"} for method in ("put", "patch", "delete")
}


@dataclass(frozen=True)
class Route:
    """A way into the application: its name, and its path with the converters' places."""

    name: str
    pattern: str

    @property
    def places(self) -> list[str]:
        return re.findall(r"<[^>]+>", self.pattern)

    def values(self, foreign: list[Pair], method: str) -> list[Pair]:
        """Those of the foreign values that fit the places; for methods no page knows a few are enough."""
        if not self.places:
            return [("", "", "")]
        converter = self.places[0].strip("<>").split(":")[0]
        kinds = {"uuid": (uuid.UUID,), "int": (int,)}.get(converter, (int, uuid.UUID))
        fitting = [pair for pair in foreign if isinstance(pair[0], kinds)]
        if self.name.startswith("admin:"):
            fitting = [pair for pair in fitting if pair[2] in self.name] or fitting[:2]
        return fitting if method in {"get", "post"} or self.pattern.startswith("api/") else fitting[:2]

    def at(self, value: object) -> str:
        """The path with `value` in every place."""
        return "/" + re.sub(r"<[^>]+>", str(value), self.pattern)


def routes(resolver: Any = None, prefix: str = "", names: str = "") -> Iterator[Route]:
    """Every route, whoever declared it."""
    for entry in (resolver or get_resolver()).url_patterns:
        path = prefix + _plain(str(entry.pattern))
        if isinstance(entry, URLResolver):
            yield from routes(entry, path, f"{names}{entry.namespace}:" if entry.namespace else names)
        elif isinstance(entry, URLPattern):
            yield Route(f"{names}{entry.name or path}", path)


def _plain(pattern: str) -> str:
    """Regular expressions as places, so that both kinds of route look alike: "settings/<int:pk>/"."""
    pattern = re.sub(r"\(\?P(<\w+>)[^)]*\)+", r"\1", pattern.lstrip("^").rstrip("$").replace("\\Z", ""))
    return pattern.replace("\\", "").rstrip("?$")


def findings(cast: Cast, *, under: tuple[str, ...] = ("",)) -> list[str]:
    """Every leak in one sentence, of the routes whose path begins so; empty: none."""
    _spread_numbers()
    walked = [route for route in routes() if route.pattern.startswith(under) and not route.name.endswith("logout")]
    mark = f"mark{uuid.uuid4().hex[:10]}"
    with tenant_scope(cast.tenant.pk):
        rows = list(fill(mark, cast.owner).values())
        marks = [mark, cast.tenant.name, str(cast.tenant.pk), cast.tenant.slug, cast.owner.email, cast.colleague.email]
        marks += [str(value) for row in rows for value in _uuids(row)]
    foreign = _foreign_values(cast, rows)
    return [
        *_walk(signed_in(cast.stranger), walked, "a stranger", marks, foreign),
        *_walk(Client(SERVER_NAME="127.0.0.1"), walked, "a visitor", marks, foreign, visitor=True),
    ]


def _uuids(row: TenantOwned) -> list[uuid.UUID]:
    return [
        getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if isinstance(field, models.UUIDField) and field.name != "tenant"
    ]


def _foreign_values(cast: Cast, rows: list[TenantOwned]) -> list[Pair]:
    """Ids of the owner's, each with one of the same kind that nobody has. Numbers the stranger has too are left out."""
    with tenant_scope(cast.elsewhere.pk):
        own = {pk for model in tenant_models() for pk in model.objects.values_list("pk", flat=True)}
    found: list[Pair] = [(row.pk, MISSING_NUMBER, row._meta.db_table) for row in rows if row.pk not in own]
    found += [(key, uuid.uuid4(), row._meta.db_table) for row in rows for key in _uuids(row)]
    return [*found, (cast.tenant.pk, uuid.uuid4(), "tenants_tenant")]


def _spread_numbers() -> None:
    """Give each table numbers of its own, so that no foreign id is by chance one of the stranger's."""
    with connections["owner"].cursor() as cursor:
        for place, model in enumerate(tenant_models(), 1):
            cursor.execute(
                "SELECT setval(s, GREATEST(%s, nextval(s))) FROM pg_get_serial_sequence(%s, 'id') s",
                [place * 10**7, model._meta.db_table],
            )


def _walk(
    client: Client, walked: list[Route], who: str, marks: list[str], foreign: list[Pair], *, visitor: bool = False
) -> Iterator[str]:
    client.raise_request_exception = False
    for route in walked:
        missing: dict[tuple[str, type], tuple[int, str]] = {}
        for method in METHODS:
            for there, nobodys, _ in route.values(foreign, method):
                answer = _ask(client, method, route.at(there))
                place = f"{method.upper()} {route.at(there)} ({route.name}) as {who}"
                if answer.status_code >= 500 and route.name != "readyz":
                    yield f"{place}: {answer.status_code}"
                elif seen := next((mark for mark in marks if mark in _text(answer, there)), None):
                    yield f"{place}: shows {seen}"
                elif visitor and answer.status_code < 300 and not route.name.startswith(PUBLIC):
                    yield f"{place}: open to everybody"
                if there:
                    kind = (method, type(there))
                    if kind not in missing:
                        missing[kind] = _shape(_ask(client, method, route.at(nobodys)), nobodys)
                    if _shape(answer, there) != missing[kind]:
                        yield f"{place}: answers otherwise than for an id that does not exist"


def _ask(client: Client, method: str, path: str) -> Any:
    forget_throttles()  # they would answer the later of two equal questions otherwise
    client.cookies.pop("messages", None)  # where the last answer repeats what was asked for
    if method == "get":
        return client.get(path)
    return getattr(client, method)(path, {} if method == "post" else b"{}", **JSON[method])


def body_of(answer: Any) -> bytes:
    """The whole body, streamed or not."""
    return b"".join(answer.streaming_content) if answer.streaming else bytes(answer.content)


def _text(answer: Any, asked: object) -> str:
    headers = "\n".join(f"{name}: {value}" for name, value in answer.items())
    text: str = f"{headers}\n{body_of(answer).decode('utf-8', 'replace')}\n{answer.cookies.output()}"
    return text.replace(str(asked), "") if asked else text  # its own address comes back in links


def _shape(answer: Any, asked: object) -> tuple[int, str]:
    return answer.status_code, answer.get("Location", "").replace(str(asked), "")
