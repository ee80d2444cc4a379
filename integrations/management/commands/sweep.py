"""`manage.py sweep INTEGRATION`: read everything anew, now; what the polls had missed is repaired and counted."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from rich.console import Console

from integrations.management import reporting
from integrations.runner import foreground


class Command(BaseCommand):
    """Exit code 0 only when every run is balanced and nothing failed."""

    help = "Read everything of an integration anew, repair what was missed, look up what is no longer there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        reporting.add_arguments(parser)

    def handle(self, *, integration: str, tenant: str, **options: Any) -> None:
        tenant_id, found = reporting.integration_of(tenant, integration)
        console = Console(stderr=options["json"])
        with reporting.progress_of(console) as tell:
            reports = foreground.sweep(tenant_id, found, options["entity"] or (), tell)
        reporting.show(reports, self.stdout, console, options)
