"""Defence: hostile input to forms gets a clear sentence: no 5xx, nothing half saved, nothing typed lost, no way out.

Every form is filled well first; then one field at a time is made hostile.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx
from django.test import Client

from integrations.management.serving import SimulatorServer
from integrations.models import Connection
from tenants.models import Role, User
from tenants.scope import tenant_scope
from tests.defences.stranger import ask, body_of
from tests.defences.trials.setting_up import FIELDS
from tests.factories import PASSWORD, Cast, join, signed_in
from tests.integrations.factories import Desk

SLOWEST = 5.0  # seconds for one answer, on a busy machine
RAW = "application/x-www-form-urlencoded"
MARKUP = "<script>alert(1)</script>"
HOSTILE: dict[str, str | bytes] = {
    "NUL": "a\0b",
    "half a character": b"a%ED%A0%80b",
    "bytes that are no text": b"%FF%FE%00",
    "a million letters": "x" * 1_000_000,
    "right to left": "\u202egnp.exe",
    "nothing to see": "\u200b\u200b",
    "markup": MARKUP,
    "quotes and comments": "'; DROP TABLE tenants_tenant; --",
    "a template": "{{ 7|add:7 }}{% debug %}{0.__class__}",
    "lines": "a\r\nSet-Cookie: evil=1",
    "deep JSON": "[" * 100_000,
}
SHARP = {"NUL", "half a character", "a million letters", "markup", "lines"}  # for every field; the rest for one
EVIL = (
    *("//evil.example", "https://evil.example/", "https:evil.example", "javascript:alert(1)", "/\\evil.example"),
    *("\\\\evil.example", "http:///evil.example", "///evil.example", " //evil.example", "\t//evil.example", "evil"),
    *("https://127.0.0.1@evil.example/", "data:text/html,x", "//evil.example/%2f..", "a\0b"),
)
INSIDE = (
    *("http://gateway.example.com", "https://127.0.0.1", "https://localhost", "https://169.254.169.254"),
    *(
        "http://169.254.169.254/latest/meta-data/",
        "https://[::1]",
        "https://[::ffff:127.0.0.1]",
        "https://[::ffff:7f00:1]",
    ),
    *("https://[64:ff9b::7f00:1]", "https://2130706433", "https://0x7f.1", "https://0x7f000001", "https://0177.0.0.1"),
    *("https://127.1", "https://0", "https://user:pass@gateway.example.com", "https://gateway.example.com@127.0.0.1"),
    *(
        "https://gateway.example.com:22",
        "https://gateway.example.com:6379",
        "https://127.0.0.1.:443",
        "https://①②⑦.0.0.1",
    ),
    *("file:///etc/passwd", "gopher://127.0.0.1:6379/_x", "https://gateway.example.com\\@127.0.0.1", "https://a b.com"),
    *("https://metadata.google.internal:80", "https://localhost.localdomain:8000", "//127.0.0.1", "https://"),
)


@dataclass(frozen=True)
class Form:
    """A form as it is filled well; `rows` counts what it makes, `by` signs in."""

    path: str
    filled: dict[str, str]
    rows: Callable[[], int]
    by: Client


def findings(cast: Cast, desk: Desk) -> list[str]:
    """Every trouble in one sentence; empty: none."""
    for role in (Role.INTEGRATOR, Role.CLERK):
        join(cast.owner, cast.tenant, role)
    forms = list(_forms(cast, desk))
    return [
        *(finding for form in forms for finding in _fields(form)),
        *_queries(cast),
        *_addresses(cast),
        *_ways_out(cast),
        *_sign_up(cast),
    ]


def _forms(cast: Cast, desk: Desk) -> Iterator[Form]:
    owner = signed_in(cast.owner)
    owner.raise_request_exception = False
    visitor = Client(SERVER_NAME="127.0.0.1", raise_request_exception=False)

    def connections() -> int:
        with tenant_scope(cast.tenant.pk):
            return int(Connection.objects.count())

    person = {"organisation": "Acme", "password1": PASSWORD, "time_zone": "UTC"}
    yield Form("/connections/add/bill/", {**FIELDS, "name": "hostile"}, connections, owner)
    ifs = {"name": "hostile ifs", "base_url": "https://ifs.example.com", "realm": "r", "client_id": "c"}
    yield Form("/connections/add/ifs/", {**ifs, "client_secret": "s", "profile_overrides": ""}, connections, owner)
    yield Form("/signup/", {**person, "email": f"{uuid.uuid4().hex[:9]}@example.test"}, User.objects.count, visitor)
    yield Form("/login/", {"login": "nobody@example.test", "password": "x"}, lambda: 0, visitor)
    yield Form("/password/reset/", {"email": "nobody@example.test"}, lambda: 0, visitor)
    yield Form("/settings/members/invite/", {"email": "x@example.test", "role": "clerk"}, lambda: 0, owner)
    yield Form("/tenants/", {"tenant": str(cast.tenant.pk)}, lambda: 0, owner)
    yield Form("/look/", {"next": "/", "theme": "dark"}, lambda: 0, owner)
    yield Form("/review/retry/", {"code": "x", "item": str(uuid.uuid4()), "next": "/review/"}, lambda: 0, owner)
    narrowed = {"every": "on", "code": "x", "named": "x", "assignee": "1", "least": "1", "due": "2026-12-31", "q": "x"}
    yield Form("/review/assign/", {**narrowed, "to": "1"}, lambda: 0, owner)
    yield Form("/review/comment/", {**narrowed, "text": "x"}, lambda: 0, owner)
    yield Form("/review/ignore/", {**narrowed, "reason": "x", "until": "2099-12-31"}, lambda: 0, owner)
    yield Form(f"/flows/{desk.flows['vendor'].uuid}/", {"do": "nothing"}, lambda: 0, owner)
    mapping = {"integration": str(desk.integration.pk), "table": "account", "source": "1", "target": "2", "company": ""}
    yield Form("/admin/integrations/glmapping/add/", {**mapping, "part": "", "note": ""}, lambda: 0, owner)
    with tenant_scope(cast.tenant.pk):
        erp, ap = Connection.objects.order_by("pk")[:2]
    joined = {"erp": str(erp.uuid), "ap": str(ap.uuid), "name": "n", "company": "c"}
    yield Form("/integrations/add/", joined, lambda: 0, owner)
    rhythm = {"rhythm": "own", "cron": "0 6 * * *", "time_zone": "UTC", "days_0": "5,6", "from_0": "", "to_0": "20:00"}
    yield Form(f"/flows/{desk.flows['vendor'].uuid}/schedule/", rhythm, lambda: 0, owner)
    ours = f"/integrations/{desk.integration.uuid}"
    yield Form(f"{ours}/setup/flows/", {**rhythm, "entities": "vendor"}, lambda: 0, owner)
    zone = {"rhythm": "daily", "daily_at": "08:00", "time_zone": "UTC", "kinds": "held", "from_0": "", "to_0": ""}
    yield Form("/settings/alerts/", zone, lambda: 0, owner)
    place = {"name": "hook", "url": "https://hooks.example.com/", "kinds": "held"}
    yield Form("/settings/alerts/webhooks/add/", place, lambda: 0, owner)
    yield Form(f"{ours}/settings/change/?name=max_lines", {"max_lines": "0", "reason": ""}, lambda: 0, owner)


def _fields(form: Form) -> Iterator[str]:
    for number, field in enumerate(form.filled):
        for what, value in HOSTILE.items():
            if number and what not in SHARP:
                continue
            place, before, started = f"{form.path} with {what} as {field}", form.rows(), time.monotonic()
            answer = _send(form, field, value)
            yield from _troubles(place, answer, time.monotonic() - started)
            page = body_of(answer).decode("utf-8", "replace")
            if answer.status_code == 200 and form.rows() != before:
                yield f"{place}: saved, but the form came back"
            if answer.status_code in {200, 400} and "<form" in page and "password" not in field:
                yield from (
                    f"{place}: what was typed as {name} is lost"
                    for name in ("organisation", "username", "realm", "organization_id")
                    if name in form.filled and name != field and form.filled[name] not in page
                )
            if what == "markup" and MARKUP in page:
                yield f"{place}: comes back as it is"


FILTERS = (
    *("q", "state", "status", "channel", "entity", "code", "flow", "run", "before", "after", "action"),
    *("who", "since", "until", "party", "seed", "size"),
)
LISTS = (
    "/settings/alerts/log/",
    "/records/",
    "/records.csv",
    "/review/",
    "/runs/",
    "/audit/",
    "/audit/exports/second-person/",
    "/audit/exports/random-records.csv",
    "/audit/exports/vouchers.csv",
    "/connections/",
    "/integrations/add/",
)


def _queries(cast: Cast) -> Iterator[str]:
    """Filters, places and cursors of every list."""
    client = signed_in(cast.owner)
    client.raise_request_exception = False
    asked = [(path, FILTERS) for path in LISTS] + [("/api/v1/connections/", (name,)) for name in ("cursor", "limit")]
    for what, value in HOSTILE.items():
        raw = value.decode() if isinstance(value, bytes) else quote_plus(value[:10_000])
        for path, names in asked:
            started = time.monotonic()
            answer = client.get(f"{path}?{'&'.join(f'{name}={raw}' for name in names)}")
            body_of(answer)
            yield from _troubles(f"{path} with {what} in its query", answer, time.monotonic() - started)


def _send(form: Form, field: str, value: str | bytes) -> Any:
    """As a browser sends it, or bytes that no browser would send."""
    rest = {name: each for name, each in form.filled.items() if name != field}
    typed = value if isinstance(value, bytes) else quote_plus(value).encode()
    ask(form.by, "get", "/healthz")  # throttles start at zero
    return form.by.generic("POST", form.path, urlencode(rest).encode() + f"&{field}=".encode() + typed, RAW)


def _troubles(place: str, answer: Any, seconds: float) -> Iterator[str]:
    if answer.status_code >= 500:
        yield f"{place}: {answer.status_code}"
    if seconds > SLOWEST:
        yield f"{place}: took {seconds:.1f} s"
    if "evil" in answer.cookies:
        yield f"{place}: sets a cookie of its own"


def _addresses(cast: Cast) -> Iterator[str]:
    """Addresses that point inside are refused beside their field, and nothing is saved."""
    owner = signed_in(cast.owner)
    owner.raise_request_exception = False
    forms: list[tuple[str, dict[str, str]]] = [
        ("/connections/add/bill/", {**FIELDS, "environment": "own"}),
        ("/connections/add/ifs/", {"realm": "r", "client_id": "c", "client_secret": "s"}),
    ]
    for place, url in enumerate(INSIDE):
        for path, data in forms if place < 4 else [forms[place % 2]]:  # both ask the same rules
            name = f"i{uuid.uuid4().hex[:8]}"
            answer = ask(owner, "post", path, {**data, "name": name, "base_url": url})
            page = body_of(answer).decode()
            with tenant_scope(cast.tenant.pk):
                saved = Connection.objects.filter(name=name).exists()
            if saved or answer.status_code != 400:
                yield f"{path} takes {url}"
            elif 'id="id_base_url_error"' not in page:
                yield f"{path} does not say beside the field what is wrong with {url}"


def _ways_out(cast: Cast) -> Iterator[str]:
    """`next` never leads to another site."""
    owner, visitor = signed_in(cast.owner), Client(SERVER_NAME="127.0.0.1")
    for client, path, data in (
        (visitor, "/login/", {"login": cast.colleague.email, "password": PASSWORD}),
        (owner, "/look/", {"theme": "dark"}),
        (owner, "/review/retry/", {"item": str(uuid.uuid4())}),
        (owner, "/review/assign/", {"item": str(uuid.uuid4()), "to": "nobody"}),
        (owner, "/reauthenticate/", {"password": PASSWORD}),
        (visitor, "/signup/", {"email": f"{uuid.uuid4().hex[:9]}@example.test", "password1": PASSWORD}),
    ):
        client.raise_request_exception = False
        for target in EVIL:
            answer = ask(client, "post", path, {**data, "next": target})
            goes = answer.get("Location", "")
            if answer.status_code >= 500:
                yield f"{path} with next={target!r}: {answer.status_code}"
            elif leads_away(goes):
                yield f"{path} with next={target!r} leads to {goes}"
            if client is visitor:
                client.cookies.clear()


def leads_away(target: str) -> bool:
    """Whether a browser would leave our site for it."""
    plain = target.replace("\\", "/").strip("\t\r\n ")
    parts = urlsplit(plain)
    return plain.startswith("//") or (parts.scheme, parts.netloc) not in {("", ""), ("http", "127.0.0.1")}


def _sign_up(cast: Cast) -> Iterator[str]:
    """A known address is answered as a new one; weak passwords are refused with a reason and without an account."""
    visitor = Client(SERVER_NAME="127.0.0.1", raise_request_exception=False)
    person = {"organisation": "Acme", "password1": PASSWORD, "time_zone": "UTC"}
    fresh = f"{uuid.uuid4().hex[:9]}@example.test"
    answers = [ask(visitor, "post", "/signup/", {**person, "email": each}) for each in (cast.owner.email, fresh)]
    if len({(each.status_code, each.get("Location")) for each in answers}) > 1:
        yield "sign-up tells which addresses are known"
    for weak in ("short", "password1234", "123456789012", "x" * 129, fresh.replace("@", "1@")):
        email = fresh.replace("@", "1@")
        answer = ask(visitor, "post", "/signup/", {**person, "email": email, "password1": weak})
        if User.objects.filter(email=email).exists():
            yield f"sign-up takes the password {weak[:20]!r}"
        elif 'aria-invalid="true"' not in body_of(answer).decode() and "errorlist" not in body_of(answer).decode():
            yield f"sign-up does not say what is wrong with {weak[:20]!r}"


@contextmanager
def listener(location: str = "") -> Iterator[tuple[SimulatorServer, list[str]]]:
    """A server on a local port, and what reached it; with `location` it sends everybody there."""
    reached: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        reached.append(f"{request.method} {request.url.path}")
        return httpx.Response(302 if location else 200, headers={"Location": location} if location else {}, text="{}")

    server = SimulatorServer(answer)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server, reached
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
