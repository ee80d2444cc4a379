"""The catalogue of reasons as a page: what each code means, whose work it is, what to do, and what waits for it now."""

from django.db.models import Count
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from integrations.engine.reasons import GROUPS, REASONS
from integrations.models import ReviewItem
from integrations.web.gate import page


@page()
def reasons(request: HttpRequest) -> HttpResponseBase:
    """All of it on one page, in groups."""
    rows = ReviewItem.objects.filter(status=ReviewItem.Status.OPEN).values_list("code").annotate(n=Count("id"))
    held = dict(rows.order_by())
    groups = [
        (title, [(code, reason, held.get(code, 0)) for code, reason in sorted(found.items())])
        for title, found in GROUPS.items()
    ]
    answer = f"{len(REASONS):,} codes; records wait for {sum(code in REASONS for code in held):,} of them now."
    return render(request, "integrations/reasons.html", {"groups": groups, "answer": answer})
