"""Connections: can we reach both systems, with which rights?"""

from collections.abc import Iterable
from uuid import UUID

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from integrations import runner
from integrations.models import Connection, ConnectionChange, Integration, MirrorRecord, PingResult, WebhookSubscription
from integrations.runner import addresses, parting, setup
from integrations.runner.connecting import CLOSED
from integrations.store.checking import may_approve
from integrations.systems import registry
from integrations.systems.base import Setting, System
from integrations.web import hooks
from integrations.web.forms import NAME_TAKEN, ConnectionForm
from integrations.web.gate import may, page, place_of
from integrations.web.schedules import system_label
from integrations.web.words import listed
from tenants.permissions import Act
from tenants.web.middleware import io_view

_MOST = 20  # past changes that are shown
_DONE: dict[str, str] = {
    ConnectionChange.Status.APPROVED: "Approved. Ping it to see what works.",
    ConnectionChange.Status.REJECTED: "Rejected: nothing changes.",
    ConnectionChange.Status.WITHDRAWN: "Withdrawn: nothing changes.",
}
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
    closed = [c.name for c in rows if c.closed]
    new = [c.name for c in rows if c.status == Connection.Status.NEW and not c.closed]
    if broken:
        return f"{listed(broken)} {'needs' if len(broken) == 1 else 'need'} you: ping to see what is missing."
    if closed:
        waits = "waits" if len(closed) == 1 else "wait"
        return f"{listed(closed)} {waits} for a controller; nothing is sent there before."
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


@page("POST", read=Act.CONNECT, write=Act.CONNECT)
def add(request: HttpRequest, key: str) -> HttpResponseBase:
    system = registry.systems().get(key)
    if system is None:
        raise Http404
    form = ConnectionForm(system, request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = _create(system, form, request)
        if made is not None:
            _say(request, made, addresses.proposed(made))
            return redirect("web:connection", made.uuid)
    return render(request, "integrations/connection_form.html", {"form": form, "system": system}, status=_status(form))


@page("POST", read=Act.CONNECT, write=Act.CONNECT)
def edit(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    connection = get_object_or_404(Connection, uuid=uuid)
    system = system_of(connection)
    form = ConnectionForm(system, request.POST or None, connection=connection)
    if request.method == "POST" and form.is_valid():
        try:
            asked = addresses.edit(
                place_of(request),
                connection,
                form.plain,
                name=form.cleaned_data["name"],
                secrets=form.secrets,
                reason=form.cleaned_data["change_reason"],
            )
        except IntegrityError:
            form.add_error("name", NAME_TAKEN)
        except addresses.Refused as refused:
            form.add_error(None, str(refused))
        else:
            _say(request, connection, asked)
            return redirect("web:connection", uuid)
    context = {"form": form, "system": system, "connection": connection}
    return render(request, "integrations/connection_form.html", context, status=_status(form))


def _status(form: ConnectionForm) -> int:
    return 400 if form.is_bound else 200


def _say(request: HttpRequest, row: Connection, asked: ConnectionChange | None) -> None:
    if asked is not None and asked.status == ConnectionChange.Status.PROPOSED:
        words = "nothing is sent to it" if asked.opens else "nothing changes there"
        messages.warning(request, f"Proposed. A controller approves where {row.name} leads; before that {words}.")
    else:
        messages.success(request, f"{row.name} is saved. Ping it to see what works.")


def _create(system: System, form: ConnectionForm, request: HttpRequest) -> Connection | None:
    """The saved row; None, with the form saying so, when somebody took the name meanwhile."""
    values = {**form.plain, **form.secrets}
    try:
        with transaction.atomic():
            place = place_of(request)
            made = setup.add_connection(form.cleaned_data["name"], system.key, values, place.actor.label)
            addresses.begin(place, made)
            return made
    except IntegrityError:
        form.add_error("name", NAME_TAKEN)
        return None


@page()
def connection(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    found = get_object_or_404(Connection, uuid=uuid)
    return _show(request, found, "integrations/connection.html")


def _show(request: HttpRequest, found: Connection, template: str) -> HttpResponseBase:
    system = registry.systems().get(found.system)
    settings = system.settings if system else ()
    shown = [(s, found.settings.get(s.name, "")) for s in settings if not s.secret]
    changes = addresses.history(found, _MOST)
    waiting = next((c for c in changes if c.status == ConnectionChange.Status.PROPOSED), None)
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
            "waiting": waiting,
            "differences": _differences(settings, waiting) if waiting else (),
            "may_approve": waiting is not None and may_approve(place_of(request), Act.CONNECT, waiting.made_by_id),
            "own": waiting is not None and waiting.made_by_id == request.user.pk,
            "changes": [(c, _differences(settings, c)) for c in changes if c is not waiting],
            "may_change": may(request, Act.CONNECT),
            "may_ping": system is not None
            and not found.closed
            and (may(request, Act.CONNECT) or may(request, Act.WORK)),
        },
    )


def _differences(settings: Iterable[Setting], change: ConnectionChange) -> list[tuple[str, str, str]]:
    """(label, old, new) of what a change is about, in the order in which the form asks for it."""
    named = {s.name: s for s in settings}
    found = []
    for name in [*(n for n in named if n in change.new), *sorted(set(change.new) - set(named))]:
        setting = named.get(name)
        choices = setting.choices if setting else ()
        old, new = (_words(choices, str(values.get(name, ""))) for values in (change.old, change.new))
        found.append((setting.label if setting else name, old, new))
    return found


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
    if found.closed and request.method == "POST":
        messages.error(request, CLOSED)
        return redirect("web:connection", uuid)
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


@page("POST", write=Act.READ)
def decide(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """Approve, reject or withdraw where a connection leads; whoever may not is told why."""
    change = get_object_or_404(ConnectionChange.objects.select_related("connection"), uuid=uuid)
    act = {"approve": addresses.approve, "reject": addresses.reject, "withdraw": addresses.withdraw}.get(
        request.POST.get("do", "")
    )
    if request.method == "POST" and act is not None:
        try:
            messages.success(request, _DONE[act(place_of(request), change).status])
        except addresses.Refused as refused:
            messages.error(request, str(refused))
    return redirect("web:connection", change.connection.uuid)


@page("POST", read=Act.CONNECT, write=Act.CONNECT)
def delete(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """Says what goes with it; refused while an integration uses it, because its records are evidence."""
    found = get_object_or_404(Connection.objects.select_for_update(), uuid=uuid)
    joined = list(_joined(found))
    mirrored, pings = MirrorRecord.objects.filter(connection=found), PingResult.objects.filter(connection=found)
    if request.method == "POST" and not joined:
        if parting.part(found, timezone.now()):
            messages.success(request, f"{found.name} is deleted.")
            return redirect("web:connections")
        label = system_label(found.system)
        messages.success(request, f"{found.name} is deleted as soon as {label} has given up our webhook.")
        return redirect("web:connection", uuid)
    left = WebhookSubscription.objects.filter(connection=found, parting__gte=parting.MOST).first()
    context = {
        "connection": found,
        "joined": joined,
        "left": left,
        "mirrored": mirrored.count(),
        "pings": pings.count(),
    }
    return render(
        request, "integrations/connection_delete.html", context, status=409 if request.method == "POST" else 200
    )
