"""Records: what arrived, what did not and why; and the whole story of one."""

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from integrations.models import Comment, Flow, OutboxItem, SourceRecord, SyncRun
from integrations.store import images, queue
from integrations.store.correcting import spots
from integrations.store.search import search
from integrations.web import exports
from integrations.web.evidence import evidence_of
from integrations.web.facts import facts
from integrations.web.filters import KINDS, Narrowing, kind_words, of_kind
from integrations.web.gate import may, page, place_of
from integrations.web.members import members
from integrations.web.offers import candidates, work_of
from integrations.web.orders import ordered_of, orders_of
from integrations.web.paging import page_of
from integrations.web.payees import flagged
from integrations.web.proof import proof_of
from integrations.web.schedules import system_label
from integrations.web.settlements import paid_of
from integrations.web.states import look
from integrations.web.story import story
from integrations.web.suspects import suspects_of
from integrations.web.words import carried, reason
from tenants.permissions import Act
from tenants.web.middleware import io_view

JOINED = "source", "flow__integration__erp", "flow__integration__ap"
COUNTED = 1000
COLUMNS = (
    *("Entity", "Number", "Party", "Party name", "Amount", "Currency", "Due", "State", "Code", "Reason"),
    *("Changed (UTC)", "Flow", "Source key", "Record"),
)


class Filters(Narrowing):
    """What the list is narrowed by."""

    q = forms.CharField(label="Number, amount, name or id", required=False, max_length=120)
    state = forms.ChoiceField(
        label="State",
        required=False,
        choices=[("", "Any state"), *((s.value, look("item", s).word) for s in OutboxItem.State)],
    )
    entity = forms.ChoiceField(label="Kind", required=False, choices=KINDS)
    code = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    flow = forms.UUIDField(required=False, widget=forms.HiddenInput)
    run = forms.UUIDField(required=False, widget=forms.HiddenInput)
    needs = forms.CharField(required=False, max_length=250, widget=forms.HiddenInput)  # kind|key of what is missing

    def narrow(self, rows: "QuerySet[OutboxItem]") -> "QuerySet[OutboxItem]":
        """`rows` that pass every filter. `q` finds any id, number, amount or name by the beginning of its words."""
        chosen = self.chosen
        if text := chosen.get("q"):
            rows = rows.filter(source__in=search(text))
        if state := chosen.get("state"):
            rows = rows.filter(state=state)
        if entity := chosen.get("entity"):
            rows = rows.filter(flow__in=list(Flow.objects.filter(of_kind(entity)).values_list("pk", flat=True)))
        if code := chosen.get("code"):
            rows = rows.filter(reason=code)
        if flow := chosen.get("flow"):
            rows = rows.filter(flow__uuid=flow)
        if run := chosen.get("run"):
            rows = rows.filter(run__uuid=run)
        if needs := chosen.get("needs"):
            kind, _, key = needs.partition("|")
            rows = rows.filter(blockers__kind=kind, blockers__key=key, state__in=("held", "waiting"))
        return rows

    def said(self, name: str, value: Any) -> str:
        match name:
            case "q":
                return f"found by “{value}”"
            case "state":
                return look("item", value).word
            case "entity":
                return kind_words(value)
            case "flow":
                return flow_words(value)
            case "run":
                return f"last touched by run {str(value)[:8]}"
            case "needs":
                return f"wait for {value.replace('|', ' ')}"
        return reason(value)


def flow_words(uuid: UUID) -> str:
    """A flow's name for a chip; a foreign flow has none."""
    flow = Flow.objects.select_related("integration__erp", "integration__ap").filter(uuid=uuid).first()
    if flow is None:
        return "unknown flow"
    return f"{carried(flow)}, {system_label(flow.source.system)} to {system_label(flow.target.system)}"


@page()
def records(request: HttpRequest) -> HttpResponseBase:
    filters = Filters(request.GET)
    rows = filters.narrow(OutboxItem.objects.select_related(*JOINED))
    count = rows.order_by()[: COUNTED + 1].count()
    return render(
        request,
        "integrations/records.html",
        {
            "page": page_of(rows, request),
            "filters": filters,
            "chips": filters.chips,
            "answer": answer(count, narrowed=bool(filters.chips)),
            "read_anything": bool(count) or SyncRun.objects.exists(),
        },
    )


def answer(count: int, *, narrowed: bool) -> str:
    """How many records there are; counted only so far, because counting millions would take its time."""
    if not count:
        return "No record matches." if narrowed else "No record has been read yet."
    number = f"More than {COUNTED:,} records" if count > COUNTED else f"{count:,} record{'' if count == 1 else 's'}"
    verb = "matches" if count == 1 else "match"
    return f"{number} {verb}." if narrowed else f"{number} so far."


@page()
@io_view
def export(request: HttpRequest) -> HttpResponseBase:
    """The list as CSV."""
    filters = Filters(request.GET)

    def rows() -> QuerySet[OutboxItem]:
        return filters.narrow(OutboxItem.objects.select_related(*JOINED))

    name = f"records-{timezone.now():%Y-%m-%d}.csv"
    return exports.download(place_of(request), name, COLUMNS, rows, _cells)


def _cells(item: OutboxItem) -> tuple[Any, ...]:
    source: SourceRecord = item.source
    return (
        carried(item.flow, 1),
        source.number,
        source.party,
        source.party_name,
        source.amount,
        source.currency,
        source.due_date,
        look("item", item.state).word,
        item.reason,
        item.message,
        item.changed_at.isoformat(timespec="seconds"),
        f"{system_label(item.flow.source.system)} to {system_label(item.flow.target.system)}",
        item.source_key,
        item.uuid,
    )


@page()
def record(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The whole story of one record, and what may be done about it."""
    return show(request, get_object_or_404(OutboxItem.objects.select_related(*JOINED, "run"), uuid=uuid))


def show(request: HttpRequest, item: OutboxItem, refused: str = "", status: int = 200) -> HttpResponse:
    """The record's page; `refused` says why the act that was asked for is not done, what was typed is kept."""
    told = story(item)
    find = request.GET.get("find", "").replace("\0", "").strip()
    work = work_of(place_of(request), item, told.review)
    context = {
        "item": item,
        "source": item.source,
        "told": told,
        "work": work,
        "find": find,
        "spots": spots(item) if work.link else (),
        "candidates": candidates(item, find) if work.link else (),
        "refused": refused,
        "typed": request.POST,
        "next": _next(item) if told.review else None,
        "comments": Comment.objects.filter(item=item).select_related("author").order_by("id"),
        "may_work": may(request, Act.WORK),
        "members": members() if told.review else (),
        "suspects": suspects_of(item, told.review),
        "evidence": evidence_of(told.intent, told.review),
        "facts": facts(item.source.snapshot),
        "ordered": ordered_of(item),
        "names": orders_of(item),
        "images": images.kept_with(item),
        "invoice": images.invoice_of(item),
        "paid": paid_of(item),
        "proof": proof_of(item),
        "payee": flagged(item),
        "ledger_label": system_label(item.flow.integration.erp.system),
        "tool_label": system_label(item.flow.integration.ap.system),
        "from_label": system_label(item.flow.source.system),
        "to_label": system_label(item.flow.target.system),
    }
    return render(request, "integrations/record.html", context, status=status)


def _next(item: OutboxItem) -> OutboxItem | None:
    """The record that somebody who has done this one looks at next: the most pressing other one."""
    rows = queue.ordered(queue.opened().exclude(item=item), "risk")
    found = rows.first()
    return OutboxItem.objects.select_related("source").get(pk=found.item_id) if found else None
