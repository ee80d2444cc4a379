"""How commands show a sync: a progress bar on a terminal, a table or one line of JSON at its end, the exit code."""

import json
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, OutputWrapper
from django.db.models import Count, Sum
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from integrations.engine.records import Entity
from integrations.management.tenancy import tenant_of
from integrations.models import Integration, Plan, PlanLine
from integrations.runner import foreground
from integrations.store.counting import exact
from tenants.scope import tenant_scope

Tell = Callable[[str, int], None]


def add_arguments(parser: ArgumentParser) -> None:
    """What every command on an integration takes."""
    parser.add_argument("integration", help="its name or number")
    parser.add_argument("--tenant", required=True, help="the tenant's slug")
    parser.add_argument("--entity", action="append", choices=[str(e) for e in Entity], help="only this; repeatable")
    parser.add_argument("--json", action="store_true", help="end with one line of counts and amounts")


def integration_of(tenant: str, name: str) -> tuple[UUID, int]:
    """(tenant id, integration id); raises CommandError with what to do."""
    tenant_id = tenant_of(tenant)
    try:
        return tenant_id, foreground.find(tenant_id, name).pk
    except Integration.DoesNotExist as error:
        raise CommandError(f"There is no integration “{name}”. The page /integrations/ lists them.") from error


def show(reports: Sequence[foreground.FlowReport], stdout: OutputWrapper, console: Console, options: Any) -> None:
    """Print them; raises CommandError with code 2 unless every run is balanced and nothing failed."""
    if options["json"]:
        stdout.write(json.dumps({report.entity: asdict(report) for report in reports}, sort_keys=True))
    else:
        console.print(table_of(reports))
        for report in reports:
            if report.note:
                console.print(f"{report.entity}: {report.note}", markup=False)
    wrong = [report for report in reports if not report.balanced or report.failed]
    if wrong:
        names = "; ".join(f"{r.entity}: {r.error or ('failed' if r.failed else 'not balanced')}" for r in wrong)
        raise CommandError(f"It is not complete ({names}). The page /runs/ says why.", returncode=2)


def show_plan(plan: Plan, tenant_id: UUID, stdout: OutputWrapper, options: Any) -> None:
    """Print its lines added up, and what applying did with them; CommandError with code 2 unless it went well."""
    with tenant_scope(tenant_id):
        lines = PlanLine.objects.filter(plan=plan)
        grouped = lines.values("kind", "code", "currency", "result").order_by("kind", "code", "currency", "result")
        rows: list[Any] = list(grouped.annotate(count=Count("pk"), total=Sum("amount")))
        failed = lines.filter(result=PlanLine.Result.FAILED).count()
    for row in rows:
        row["total"] = None if row["total"] is None else exact(row["total"])
    if options["json"]:
        stdout.write(json.dumps({"plan": str(plan.uuid), "status": plan.status, "lines": rows}, sort_keys=True))
    else:
        table = Table("what", "why", "records", "amount", "result", title=f"Plan {plan.uuid}: {plan.status}")
        for row in rows:
            amount = f"{row['total']} {row['currency']}" if row["total"] else ""
            table.add_row(row["kind"], row["code"], str(row["count"]), amount, row["result"])
        Console().print(table)
    if plan.status not in (Plan.Status.READY, Plan.Status.APPLIED) or plan.message or failed:
        raise CommandError(plan.message or f"{failed} records did not go through: see the plan's page.", returncode=2)


@contextmanager
def progress_of(console: Console) -> Iterator[Tell]:
    """A progress bar per entity on a terminal, nothing elsewhere; yields what reports (entity, records done)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bars: dict[str, TaskID] = {}
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:

        def tell(entity: str, done: int) -> None:
            if entity not in bars:
                bars[entity] = progress.add_task(entity, total=None)
            progress.update(bars[entity], completed=done)

        yield tell


def table_of(reports: Sequence[foreground.FlowReport]) -> Table:
    """What a sync did, a row per flow."""
    table = Table("flow", "read", "poll", "sweep", "push", "now", "balanced")
    for report in reports:
        swept = {"repaired" if name == "staged" else name: count for name, count in report.sweep.items()}
        words = [_words(report.poll), _words(swept), _words(report.push), _words(report.standing)]
        table.add_row(report.entity, str(report.read), *words, "yes" if report.balanced else "NO")
    return table


def _words(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count)
