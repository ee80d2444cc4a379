"""Connections: can we reach both systems, with which rights?"""

from collections.abc import Iterable
from uuid import UUID

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from audit.log import record
from integrations import runner
from integrations.models import Connection, Integration, MirrorRecord, PingResult
from integrations.runner import setup
from integrations.systems import registry
from integrations.systems.base import System
from integrations.web import hooks
from integrations.web.forms import NAME_TAKEN, ConnectionForm
from integrations.web.gate import may, page, place_of
from integrations.web.schedules import system_label
from integrations.web.words import listed
from tenants.permissions import Act
from tenants.web.middleware import io_view

ROLES = {"erp": "Ledger", "ap": "Approval and payment"}


def system_of(connection: Connection) -> System:
    """The declared system; 404 when it is no longer installed."""
    found = registry.systems().get(connection.system)
    if found is None:
        raise Http404
    return found


@page()
def connections(request: HttpRequest) -> HttpResponseBase:
    found = list(Connection.objects.order_by("name"))
    systems = registry.systems()
    return render(
        request,
        "integrations/connections.html",
        {
            "rows": [(c, systems.get(c.system)) for c in found],
            "answer": answer(found),
            "roles": ROLES,
            "may_change": may(request, Act.CONNECT),
        },
    )


def answer(found: Iterable[Connection]) -> str:
    """Which systems we reach, in one sentence."""
    rows = list(found)
    if not rows:
        return "Nothing is connected yet."
    broken = [c.name for c in rows if c.status == Connection.Status.BROKEN]
    new = [c.name for c in rows if c.status == Connection.Status.NEW]
    if broken:
        return f"{listed(broken)} {'needs' if len(broken) == 1 else 'need'} you: ping to see what is missing."
    if new:
        return f"{listed(new)} {'has' if len(new) == 1 else 'have'} not been tried yet: ping to see what is reached."
    if len(rows) == 1:
        return f"{rows[0].name} works."
    return f"All {len(rows)} connections work."


@page(read=Act.CONNECT)
def choose(request: HttpRequest) -> HttpResponseBase:
    """The systems that can be connected."""
    found = sorted(registry.systems().values(), key=lambda s: (s.role != "erp", s.label))
    return render(request, "integrations/connection_choose.html", {"systems": [(s, ROLES[s.role]) for s in found]})


@never_cache
@page("POST", read=Act.CONNECT, write=Act.CONNECT)
def add(request: HttpRequest, key: str) -> HttpResponseBase:
    system = registry.systems().get(key)
    if system is None:
        raise Http404
    form = ConnectionForm(system, request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = _create(system, form, request)
        if made is not None:
            messages.success(request, f"{made.name} is saved. Ping it to see what works.")
            return redirect("web:connection", made.uuid)
    return render(request, "integrations/connection_form.html", {"form": form, "system": system}, status=_status(form))


@never_cache
@page("POST", read=Act.CONNECT, write=Act.CONNECT)
def edit(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    connection = get_object_or_404(Connection, uuid=uuid)
    system = system_of(connection)
    form = ConnectionForm(system, request.POST or None, connection=connection)
    if request.method == "POST" and form.is_valid():
        changed = _changed(connection, form)
        if _change(connection, form, request):
            # names only: values may say more than the audit should
            record("connection_changed", subject=f"connection:{connection.pk}", refs={"settings": changed})
            messages.success(request, f"{connection.name} is saved. Ping it to see what works.")
            return redirect("web:connection", uuid)
    context = {"form": form, "system": system, "connection": connection}
    return render(request, "integrations/connection_form.html", context, status=_status(form))


def _status(form: ConnectionForm) -> int:
    return 400 if form.is_bound else 200


def _changed(connection: Connection, form: ConnectionForm) -> list[str]:
    plain = {name for name, value in form.plain.items() if connection.settings.get(name, "") != value}
    renamed = {"name"} if connection.name != form.cleaned_data["name"] else set()
    return sorted(plain | renamed | set(form.secrets))


def _create(system: System, form: ConnectionForm, request: HttpRequest) -> Connection | None:
    """The saved row; None, with the form saying so, when somebody took the name meanwhile."""
    values = {**form.plain, **form.secrets}
    try:
        with transaction.atomic():
            return setup.add_connection(form.cleaned_data["name"], system.key, values, place_of(request).actor.label)
    except IntegrityError:
        form.add_error("name", NAME_TAKEN)
        return None


def _change(connection: Connection, form: ConnectionForm, request: HttpRequest) -> bool:
    """Save what was changed; what the last ping said counts no more."""
    now, by = timezone.now().isoformat(timespec="seconds"), place_of(request).actor.label
    connection.name = form.cleaned_data["name"]
    connection.settings = form.plain
    if form.secrets:
        # A sealed value is written whole: what was not replaced is taken over unseen.
        connection.secrets = connection.secrets.with_values(form.secrets)
    connection.secrets_set = {**connection.secrets_set, **{name: {"at": now, "by": by} for name in form.secrets}}
    connection.environment = form.system.environment(form.plain)
    connection.status, connection.status_code, connection.status_message = Connection.Status.NEW, "", ""
    try:
        with transaction.atomic():
            connection.save()
    except IntegrityError:
        form.add_error("name", NAME_TAKEN)
        return False
    return True


@page()
def connection(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    found = get_object_or_404(Connection, uuid=uuid)
    return _show(request, found, "integrations/connection.html")


def _show(request: HttpRequest, found: Connection, template: str) -> HttpResponseBase:
    system = registry.systems().get(found.system)
    settings = system.settings if system else ()
    shown = [(s, found.settings.get(s.name, "")) for s in settings if not s.secret]
    return render(
        request,
        template,
        {
            "connection": found,
            "system": system,
            "label": system_label(found.system),
            "role": ROLES[system.role] if system else "no longer installed",
            "hooks": hooks.shown(found),
            "ping": PingResult.objects.filter(connection=found).order_by("-at").first(),
            "settings": [(s, _words(s.choices, value)) for s, value in shown if value],
            "secrets": [(s, found.secrets_set.get(s.name)) for s in settings if s.secret],
            "joined": list(_joined(found)),
            "may_change": may(request, Act.CONNECT),
            "may_ping": system is not None and (may(request, Act.CONNECT) or may(request, Act.WORK)),
        },
    )


def _words(choices: tuple[tuple[str, str], ...], value: str) -> str:
    return dict(choices).get(value, value)


def _joined(connection: Connection) -> Iterable[Integration]:
    found: QuerySet[Integration] = Integration.objects.filter(Q(erp=connection) | Q(ap=connection))
    return found.order_by("name")


@page("POST")
@io_view
def ping(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """Ask the system what works; no scope is open while we wait for it."""
    place = place_of(request)
    with place.scope():
        found = get_object_or_404(Connection, uuid=uuid)
    if (
        request.method != "POST"
        or found.system not in registry.systems()
        or not (may(request, Act.CONNECT) or may(request, Act.WORK))
    ):
        return redirect("web:connection", uuid)
    runner.ping(found.pk, place.tenant_id, place.actor)
    if not request.headers.get("HX-Request"):
        return redirect("web:connection", uuid)
    with place.scope():
        return _show(request, get_object_or_404(Connection, uuid=uuid), "integrations/connection.html")


@page("POST", read=Act.CONNECT, write=Act.CONNECT)
def delete(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """Says what goes with it; refused while an integration uses it, because its records are evidence."""
    found = get_object_or_404(Connection.objects.select_for_update(), uuid=uuid)
    joined = list(_joined(found))
    mirrored, pings = MirrorRecord.objects.filter(connection=found), PingResult.objects.filter(connection=found)
    if request.method == "POST" and not joined:
        record("connection_deleted", subject=f"connection:{found.pk}", detail={"name": found.name})
        found.delete()
        messages.success(request, f"{found.name} is deleted.")
        return redirect("web:connections")
    context = {"connection": found, "joined": joined, "mirrored": mirrored.count(), "pings": pings.count()}
    return render(
        request, "integrations/connection_delete.html", context, status=409 if request.method == "POST" else 200
    )
