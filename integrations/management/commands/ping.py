"""`manage.py ping CONNECTION`: what works and what is missing, per check."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from integrations import runner
from integrations.management.tenancy import tenant_of
from integrations.models import Connection
from tenants.scope import tenant_scope


class Command(BaseCommand):
    """Exit code 0 when nothing is missing."""

    help = "Ask a connected system what works and what is missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("connection", help="its name")
        parser.add_argument("--tenant", required=True, help="the tenant's slug")

    def handle(self, *, connection: str, tenant: str, **_: Any) -> None:
        tenant_id = tenant_of(tenant)
        with tenant_scope(tenant_id):
            found = Connection.objects.filter(name=connection).values_list("pk", flat=True).first()
        if found is None:
            raise CommandError(f"There is no connection “{connection}”. The page /connections/ lists them.")
        result = runner.ping(found, tenant_id)
        table = Table("check", "verdict", "why", "what to do")
        for check in result.checks:
            table.add_row(check["name"], check["verdict"], check["why"], check["advice"])
        Console().print(table)
        if not result.green:
            raise CommandError("Something is missing: see above.", returncode=2)
