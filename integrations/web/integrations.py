"""Integrations: what flows between two connections, and when next."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from audit.log import record
from integrations import runner
from integrations.engine.errors import SyncError
from integrations.engine.records import MARKS, Company
from integrations.models import Connection, Flow, Integration, Plan, Settlement
from integrations.runner import setup
from integrations.runner.concerning import missing
from integrations.store.settlements import sums
from integrations.systems import registry
from integrations.web.figures import standings
from integrations.web.forms import IntegrationForm
from integrations.web.gate import may, page, place_of
from integrations.web.schedules import FlowView, flow_views, system_label
from integrations.web.setup_pages import may_confirm
from integrations.web.setup_steps import steps
from integrations.web.words import carried, listed, noun
from tenants.permissions import Act
from tenants.web.middleware import io_view

JOINED = "integration__erp", "integration__ap"


@page()
def integrations(request: HttpRequest) -> HttpResponseBase:
    views = flow_views(Flow.objects.select_related(*JOINED).order_by("id"))
    rows = [
        (i, system_label(i.erp.system), system_label(i.ap.system), [v for v in views if v.flow.integration_id == i.pk])
        for i in Integration.objects.select_related("erp", "ap").order_by("name")
    ]
    return render(
        request,
        "integrations/integrations.html",
        {"rows": rows, "answer": answer(views), "may_change": may(request, Act.CONNECT)},
    )


def answer(views: list[FlowView]) -> str:
    """What flows and what rests, in one sentence."""
    if not views:
        return "Nothing flows yet."
    on = [view for view in views if view.flow.enabled]
    due = [view.due_at for view in on if view.due_at]
    words = f"{len(on)} of {len(views)} flows {'is' if len(on) == 1 else 'are'} on"
    if len(on) == len(views):
        words = "The flow is on" if len(on) == 1 else f"All {len(on)} flows are on"
    if not due:
        return f"{words}."
    first = timezone.localtime(min(due))
    return f"{words}; the next run is due {'now' if min(due) <= timezone.now() else f'at {first:%H:%M}'}."


@page("POST", read=Act.CONNECT, write=Act.CONNECT)
@io_view
def add(request: HttpRequest) -> HttpResponseBase:
    """Choose two connections, then the company from the ERP's own list (or its code, when the list cannot be had)."""
    place = place_of(request)
    asked = request.POST if request.method == "POST" else request.GET
    with place.scope():
        erps, aps = _connections("erp"), _connections("ap")
        erp, ap = _chosen(erps, asked.get("erp", "")), _chosen(aps, asked.get("ap", ""))
        if erp is None or ap is None:
            context = {"erps": erps, "aps": aps, "steps": steps(None, "connections")}
            return render(request, "integrations/integration_choose.html", context)
    found, trouble = _companies(erp, place.tenant_id)
    paying, _ = _companies(ap, place.tenant_id)
    with place.scope():
        systems = registry.systems()
        possible = setup.possible(systems[erp.system], systems[ap.system])
        form = IntegrationForm(
            request.POST if request.method == "POST" else None,
            erp=erp,
            ap=ap,
            shared=systems[ap.system].shared,
            companies=sorted((c.key, " \N{EN DASH} ".join(filter(None, (c.key, c.name, c.currency)))) for c in found),
        )
        if request.method == "POST" and form.is_valid():
            made = _save(form, {c.key: c for c in found}, paying)
            if made is not None:
                messages.success(
                    request, f"{made.name} is joined. Nothing is read or written before you have said what."
                )
                return redirect("web:setup-start", made.uuid)
        context = {
            "form": form,
            "erp": erp,
            "ap": ap,
            "trouble": trouble,
            "paying": paying,
            "others": Integration.objects.filter(ap=ap).order_by("company"),
            "impossible": not possible,
            "steps": steps(None, "company"),
        }
        return render(request, "integrations/integration_form.html", context, status=400 if form.is_bound else 200)


def _connections(role: str) -> list[Connection]:
    keys = [system.key for system in registry.systems().values() if system.role == role]
    return list(Connection.objects.filter(system__in=keys).order_by("name"))


def _chosen(rows: list[Connection], uuid: str) -> Connection | None:
    return next((row for row in rows if str(row.uuid) == uuid), None)


def _companies(erp: Connection, tenant_id: UUID) -> tuple[Sequence[Company], str]:
    """(companies, why there are none). Talks to the ERP: no scope may be open."""
    try:
        found = runner.companies(erp.pk, tenant_id)
    except SyncError as error:
        return [], error.message
    return found, "" if found else "The ERP shows no company to this connection."


def _save(form: IntegrationForm, companies: dict[str, Company], paying: Sequence[Company]) -> Integration | None:
    """The integration, inactive and still without flows; None when somebody was faster: joined the same, took the
    name, or deleted a connection while its system was asked for its companies.
    """
    data = form.cleaned_data
    if len(Connection.objects.select_for_update().order_by("pk").filter(pk__in=[form.erp.pk, form.ap.pk])) < 2:
        form.add_error(None, "Somebody has deleted one of these connections meanwhile. Look at the list.")
        return None
    company = companies.get(data["company"])
    try:
        with transaction.atomic():
            made: Integration = Integration.objects.create(
                name=data["name"],
                erp=form.erp,
                ap=form.ap,
                company=data["company"],
                company_name=company.name if company else "",
                company_currency=company.currency if company else "",
                target_currency=paying[0].currency if len(paying) == 1 else "",
                start_date=timezone.localdate().replace(day=1),  # nothing older goes before somebody says so
                active=False,
                ap_shared=form.shared,
            )
    except IntegrityError:
        form.add_error(None, "Somebody has joined these connections, or taken this name, meanwhile. Look at the list.")
        return None
    refs = {"erp": form.erp.pk, "ap": form.ap.pk, "company": made.company}
    record("integration_joined", subject=f"integration:{made.pk}", refs=refs)
    return made


@page()
def integration(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    found = get_object_or_404(Integration.objects.select_related("erp", "ap"), uuid=uuid)
    views = flow_views(Flow.objects.select_related(*JOINED).filter(integration=found).order_by("id"))
    stand = standings(view.flow for view in views)
    open_ones = Settlement.objects.filter(integration=found, state=Settlement.State.PAID)
    return render(
        request,
        "integrations/integration.html",
        {
            "integration": found,
            "erp": system_label(found.erp.system),
            "ap": system_label(found.ap.system),
            "views": [(view, stand[view.flow.pk]) for view in views],
            "answer": what_flows(found, views),
            "may_change": may(request, Act.CONNECT),
            "may_confirm": may_confirm(request),
            "missing": missing(found),
            "further": further(found, [view.flow for view in views]),
            "unsettled": sums(open_ones, invoices=True).get("paid"),
            "plan": Plan.objects.filter(integration=found).order_by("-made_at").first(),
            "may_run": may(request, Act.CONNECT) or may(request, Act.WORK),
        },
    )


def further(joined: Integration, made: Sequence[Flow]) -> str:
    """What both sides could serve too, but nobody has ever chosen, in words."""
    systems = registry.systems()
    erp, ap = systems.get(joined.erp.system), systems.get(joined.ap.system)
    known = {(flow.entity, flow.inbound) for flow in made}
    possible = setup.possible(erp, ap) if erp and ap else []
    left = [each for each in possible if each.entity not in MARKS and (each.entity, each.inbound) not in known]
    return listed([noun(each.entity, inbound=each.inbound) for each in left])


def what_flows(joined: Integration, views: list[FlowView]) -> str:
    """What moves between the two, and what comes back, in one sentence."""
    moving = [view for view in views if view.writes]
    out = listed([carried(view.flow) for view in moving if not view.flow.inbound])
    back = listed([carried(view.flow) for view in moving if view.flow.inbound])
    of, way = f"of company {joined.company}", f"from {joined.erp.name} to {joined.ap.name}"
    if out:
        return f"{out.capitalize()} {of} flow {way}{f'; {back} come back' if back else ''}."
    home = f"from {joined.ap.name} to {joined.erp.name}"
    return f"{back.capitalize()} {of} come back {home}." if back else f"Nothing flows {way}."
