"""A set of mapping changes: what it changes, rule by rule; approved, rejected, withdrawn or undone as a whole."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from integrations.models import MappingSet
from integrations.runner import mappings
from integrations.store.checking import Ruling, ruling
from integrations.web.accepting import freed_words
from integrations.web.gate import page, place_of
from integrations.web.mappings import decidable
from integrations.web.paging import page_of
from tenants.permissions import Act


@page("POST", write=Act.READ)
def one(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """The set, newest change first; POST decides on it or takes it back, and whoever may not is told why."""
    found = get_object_or_404(
        MappingSet.objects.select_related("integration", "made_by", "checked_by", "undoes"), uuid=uuid
    )
    if request.method == "POST":
        return _act(request, found)
    waits = found.status == MappingSet.Status.PROPOSED
    context = {
        "set": found,
        "size": found.changes.count(),
        "page": page_of(found.changes.all(), request),
        "decide": decidable(request, MappingSet.objects.filter(pk=found.pk))[0] if waits else None,
        "counts": waits or found.status == MappingSet.Status.APPROVED,
        "undone_by": found.undone_by.order_by("-id").first(),
        "may_undo": found.status == MappingSet.Status.APPROVED and ruling(place_of(request), Act.MAP) is not Ruling.NO,
    }
    return render(request, "integrations/mapping_set.html", context)


def _act(request: HttpRequest, found: MappingSet) -> HttpResponseBase:
    place, do = place_of(request), request.POST.get("do", "")
    acts: dict[str, Any] = {"approve": mappings.approve, "reject": mappings.reject, "withdraw": mappings.withdraw}
    try:
        if do == "undo":
            found, kept = mappings.undo(place, found)
            rest = f" {kept:,} stay, because they were changed again since." if kept else ""
            messages.success(request, f"The way back: {found.get_status_display().lower()}.{rest}")
        elif do in acts:
            done = acts[do](place, found)
            freed = f" {freed_words(done)}" if do == "approve" else ""
            messages.success(request, f"{done.get_status_display()}.{freed}")
    except mappings.Refused as refused:
        messages.error(request, str(refused))
    return redirect("web:mapping-set", found.uuid)
