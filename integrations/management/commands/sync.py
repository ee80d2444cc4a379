"""`manage.py sync INTEGRATION`: one sync in the foreground, with a progress bar or one line of JSON."""

import json
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from integrations.engine.records import Entity
from integrations.management.tenancy import tenant_of
from integrations.models import Integration
from integrations.runner import foreground


class Command(BaseCommand):
    """Exit code 0 only when every run is balanced and nothing failed."""

    help = "Read and carry every flow of an integration now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("integration", help="its name or number")
        parser.add_argument("--tenant", required=True, help="the tenant's slug")
        parser.add_argument("--entity", action="append", choices=[str(e) for e in Entity], help="only this; repeatable")
        parser.add_argument("--json", action="store_true", help="end with one line of counts and amounts")

    def handle(self, *, integration: str, tenant: str, **options: Any) -> None:
        tenant_id = tenant_of(tenant)
        try:
            found = foreground.find(tenant_id, integration)
        except Integration.DoesNotExist as error:
            raise CommandError(
                f"There is no integration “{integration}”. The page /integrations/ lists them."
            ) from error
        console = Console(stderr=options["json"])
        with progress_of(console) as tell:
            reports = foreground.sync(tenant_id, found.pk, options["entity"] or (), tell)
        if options["json"]:
            self.stdout.write(json.dumps({report.entity: asdict(report) for report in reports}, sort_keys=True))
        else:
            console.print(table_of(reports))
        wrong = [report for report in reports if not report.balanced or report.failed]
        if wrong:
            names = "; ".join(f"{r.entity}: {r.error or ('failed' if r.failed else 'not balanced')}" for r in wrong)
            raise CommandError(f"The sync is not complete ({names}). The page /runs/ says why.", returncode=2)


@contextmanager
def progress_of(console: Console) -> Iterator[Callable[[str, int], None]]:
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
    table = Table("flow", "read", "poll", "push", "now", "balanced")
    for report in reports:
        words = [_words(report.poll), _words(report.push), _words(report.standing)]
        table.add_row(report.entity, str(report.read), *words, "yes" if report.balanced else "NO")
    return table


def _words(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count)
