"""What would change: a set of mapping changes run over the records of the last months, and what it would have meant."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from integrations import tasks
from integrations.models import MappingPreview, MappingSet, PreviewLine
from integrations.store import previews
from integrations.store.checking import Ruling, ruling
from integrations.web import exports
from integrations.web.gate import may, page, place_of
from integrations.web.paging import page_of
from integrations.web.schedules import system_label
from integrations.web.tags import said
from integrations.web.words import carried
from tenants.permissions import Act
from tenants.web.middleware import io_view

Kind, Status = PreviewLine.Kind, MappingPreview.Status
COLUMNS = (
    *("Kind of record", "Number", "Party", "Party name", "Amount", "Currency", "What would change"),
    *("Before", "After", "Source key", "Record"),
)


@dataclass(frozen=True, slots=True)
class Group:
    """The records to which one thing would happen."""

    kind: str
    count: int
    amounts: Mapping[str, Decimal]

    @property
    def title(self) -> str:
        return str(Kind(self.kind).label)


def begin(request: HttpRequest, found: MappingSet) -> HttpResponseBase:
    """Have a new preview of the set made, and go where it will be seen."""
    try:
        made = previews.start(found, place_of(request).person)
    except previews.PreviewRefused as refused:
        messages.warning(request, str(refused))
    else:
        transaction.on_commit(partial(tasks.make_preview.delay, made.pk, str(made.tenant_id)))
    return redirect("web:mapping-preview", found.uuid)


@page("POST", write=Act.WORK)
def preview(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """The last preview of the set, and the records of one kind when it is opened; POST has a new one made."""
    found = get_object_or_404(MappingSet.objects.select_related("integration__erp", "integration__ap"), uuid=uuid)
    if request.method == "POST":
        return begin(request, found)
    newest = _newest(found)
    groups = groups_of(newest) if newest else []
    chosen = _chosen(request)
    override = ruling(place_of(request), Act.OVERRIDE)
    context = {
        "set": found,
        "preview": newest,
        "live": newest is not None and newest.status == Status.MAKING,
        "answer": answer(newest, groups),
        "groups": groups,
        "accounts": _accounts(newest, found) if newest else [],
        "chosen": chosen,
        "page": page_of(_lines(newest.pk, chosen), request) if newest and groups else None,
        "may_start": may(request, Act.WORK) and found.status in (found.Status.PROPOSED, found.Status.APPROVED),
        "may_repost": chosen == Kind.POSTED and found.status == found.Status.APPROVED and override is not Ruling.NO,
        "second": override is Ruling.PROPOSE,
    }
    return render(request, "integrations/mapping_preview.html", context)


def groups_of(made: MappingPreview) -> list[Group]:
    """What would happen, in the order of the kinds."""
    kinds = made.totals.get("kinds", {})
    return [Group(kind, kinds[kind]["count"], _money(kinds[kind]["amounts"])) for kind in Kind.values if kind in kinds]


def answer(made: MappingPreview | None, groups: list[Group]) -> str:
    """What would change, or how far the preview is, in sentences with numbers."""
    if made is None:
        return f"Nobody has looked yet. The records of the last {previews.DAYS} days are decided with and without it."
    if made.status == Status.MAKING:
        return "It is being made: the records of the last months are decided with and without it; nothing is written."
    if made.status == Status.FAILED:
        return made.message
    records = made.totals.get("records", 0)
    if not groups:
        return f"Nothing: all {records:,} records of the last {previews.DAYS} days come out as they do without it."
    counts = {group.kind: group for group in groups}
    open_words = [
        _part(counts.get(Kind.RECODED), "would be coded otherwise"),
        _part(counts.get(Kind.FREED), "that {is} held would go"),
        _part(counts.get(Kind.STOPPED), "would newly be held"),
    ]
    posted = sum(counts[kind].count for kind in (Kind.POSTED, Kind.POSTED_HELD) if kind in counts)
    words = "; ".join(filter(None, open_words)) or "none that is still open changes"
    first = f"Of {records:,} records of the last {previews.DAYS} days: {words}."
    if not posted:
        return first
    verb = "was posted and stays as it is" if posted == 1 else "were posted and stay as they are"
    return f"{first} {posted:,} {verb}, but would have come out otherwise."


def _part(group: Group | None, verb: str) -> str:
    if group is None:
        return ""
    money = said(group.amounts)
    words = verb.format(**{"is": "is" if group.count == 1 else "are"})
    return f"{group.count:,} {words}" + (f" ({money})" if money else "")


def _money(amounts: Mapping[str, str]) -> dict[str, Decimal]:
    return {currency: Decimal(amount) for currency, amount in amounts.items()}


def _accounts(made: MappingPreview, asked: MappingSet) -> list[dict[str, Any]]:
    """Accounts and values that get more or less, with the system they are in."""
    joined = asked.integration
    labels = {inbound: system_label((joined.erp if inbound else joined.ap).system) for inbound in (True, False)}
    rows = []
    for row in made.totals.get("accounts", ()):
        before, after = Decimal(row["before"]), Decimal(row["after"])
        place = {"system": labels[row["inbound"]], "difference": after - before}
        rows.append({**row, "before": before, "after": after, **place})
    return rows


def _newest(found: MappingSet) -> MappingPreview | None:
    rows: Any = MappingPreview.objects.filter(set=found).select_related("made_by").order_by("-id")
    made: MappingPreview | None = rows.first()
    return made


def _chosen(request: HttpRequest) -> str:
    asked = request.GET.get("kind", "")
    return asked if asked in Kind.values else ""


def _lines(made: int, kind: str) -> "QuerySet[PreviewLine]":
    rows: QuerySet[PreviewLine] = PreviewLine.objects.filter(preview=made).select_related("item__source", "item__flow")
    return rows.filter(kind=kind) if kind else rows


@page()
@io_view
def export(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """The changed records as CSV."""
    place = place_of(request)
    with place.scope():
        made = _newest(get_object_or_404(MappingSet, uuid=uuid))
        key = made.pk if made else 0
    rows = partial(_lines, key, _chosen(request))
    return exports.download(place, "what-would-change.csv", COLUMNS, rows, _cells)


def _cells(line: PreviewLine) -> tuple[Any, ...]:
    source = line.item.source
    return (
        carried(line.item.flow, 1),
        source.number,
        source.party,
        source.party_name,
        line.amount,
        line.currency,
        line.get_kind_display(),
        line.before,
        line.after,
        line.item.source_key,
        line.item.uuid,
    )
