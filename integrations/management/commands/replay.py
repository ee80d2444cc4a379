"""`manage.py replay INTEGRATION`: decide stored records again; nothing is read, written only what the decision says."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from integrations.management import reporting
from integrations.runner import foreground


class Command(BaseCommand):
    """Exit code 0 only when every run is balanced and nothing failed."""

    help = "Decide the stored records of an integration again, with today's mappings and settings."

    def add_arguments(self, parser: ArgumentParser) -> None:
        reporting.add_arguments(parser)
        parser.add_argument("--key", default="", help="only the record with this key in its source")

    def handle(self, *, integration: str, tenant: str, key: str, **options: Any) -> None:
        tenant_id, found = reporting.integration_of(tenant, integration)
        console = Console(stderr=options["json"])
        with reporting.progress_of(console) as tell:
            ready, reports = foreground.replay(tenant_id, found, options["entity"] or (), key, tell)
        if not ready:
            raise CommandError("There is nothing to decide again: no such record, or it is ignored or being looked up.")
        console.print(f"{ready} records are decided again.")
        reporting.show(reports, self.stdout, console, options)
