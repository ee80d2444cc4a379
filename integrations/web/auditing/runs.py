"""Runs that failed or do not add up, and how they ended."""

from dataclasses import dataclass

from django.db.models import OuterRef, Q, QuerySet, Subquery

from integrations.models import SyncRun
from integrations.web.auditing.asked import Asked
from integrations.web.auditing.population import Cells
from integrations.web.words import carried, in_order, outcome

_FLOW = ("flow__integration__erp", "flow__integration__ap")


@dataclass(frozen=True, slots=True)
class FailedRuns:
    """Each with the next run of the same kind and flow that went through."""

    columns: tuple[str, ...] = (
        *("Run", "Started", "Ended", "Integration", "Company", "Kind", "Of what", "What is wrong", "Code", "Message"),
        *("Records taken", "What came of them", "How it ended", "Next good run", "At"),
    )
    sums: tuple[str, ...] = ()
    query: str = (
        "Runs whose status is failed, or whose records do not add up; with the next run of the same flow and kind "
        "that is done and adds up."
    )

    def count(self, asked: Asked) -> int:
        return _rows(asked).count()

    def some(self, asked: Asked, after: int, limit: int) -> list[tuple[int, Cells]]:
        good = SyncRun.objects.filter(
            flow=OuterRef("flow"),
            kind=OuterRef("kind"),
            status=SyncRun.Status.DONE,
            balanced=True,
            started_at__gt=OuterRef("started_at"),
            started_at__lte=asked.at,
        ).order_by("started_at", "pk")
        rows = _rows(asked).filter(pk__gt=after).order_by("pk").select_related(*_FLOW)
        found = rows.annotate(good=Subquery(good.values("uuid")[:1]), good_at=Subquery(good.values("started_at")[:1]))
        return [(run.pk, _cells(run)) for run in found[:limit]]


def _rows(asked: Asked) -> "QuerySet[SyncRun]":
    wrong = Q(status=SyncRun.Status.FAILED) | Q(balanced=False)
    rows: QuerySet[SyncRun] = SyncRun.objects.filter(wrong, started_at__lte=asked.at, **asked.within("started_at"))
    return rows.filter(flow__integration=asked.integration) if asked.integration else rows


def _cells(run: SyncRun) -> Cells:
    joined, good = run.flow.integration, getattr(run, "good", None)
    wrong = "failed" if run.status == SyncRun.Status.FAILED else "does not add up"
    came = "; ".join(f"{outcome(name, run.kind)}: {count}" for name, count in in_order(run.counts))
    ended = "a later run went through" if good else "no later run went through yet"
    return (
        *(str(run.uuid), run.started_at, run.finished_at, joined.name, joined.company, run.get_kind_display()),
        *(carried(run.flow), wrong, run.error_code, run.error_message, run.taken, came),
        *(ended, str(good) if good else "", getattr(run, "good_at", None)),
    )
