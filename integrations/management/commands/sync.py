"""`manage.py sync INTEGRATION`: one sync in the foreground, with a progress bar or one line of JSON."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from integrations.management import reporting
from integrations.runner import foreground


class Command(BaseCommand):
    """Exit code 0 only when every run is balanced and nothing failed."""

    help = "Read and carry every flow of an integration now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        reporting.add_arguments(parser)
        days = {"since": ("--from", "from this day on"), "until": ("--to", "up to this day")}
        for name, (flag, words) in days.items():
            parser.add_argument(
                flag, dest=name, type=date.fromisoformat, metavar="YYYY-MM-DD", help=f"backfill: dated {words}"
            )

    def handle(self, *, integration: str, tenant: str, since: date | None, until: date | None, **options: Any) -> None:
        window = (since or date.min, until or date.max) if since or until else None
        if window and window[0] > window[1]:
            raise CommandError(f"--from {window[0]} lies behind --to {window[1]}. Swap them.")
        tenant_id, found = reporting.integration_of(tenant, integration)
        console = Console(stderr=options["json"])
        with reporting.progress_of(console) as tell:
            reports = foreground.sync(tenant_id, found, options["entity"] or (), tell, window)
        reporting.show(reports, self.stdout, console, options)
