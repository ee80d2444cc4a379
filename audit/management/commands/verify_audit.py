"""`manage.py verify_audit [TENANT | --file FILE]`"""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from audit.verify import Report, verify, verify_file
from tenants.access import tenant_directory


class Command(BaseCommand):
    help = "Check that audit chains are whole: of every tenant, of one, or of an export (needs no database)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("tenant", nargs="?", help="slug or id; without it every tenant is checked")
        parser.add_argument("--tenant", dest="slug", help="the same")
        parser.add_argument("--file", type=Path, help="an export to check instead")

    def handle(self, *args: Any, **options: Any) -> None:
        reports = self._reports(options["file"], options["tenant"] or options["slug"])
        for report in reports:
            (self.stdout if report.whole else self.stderr).write(str(report))
        if not all(report.whole for report in reports):
            sys.exit(1)

    def _reports(self, file: Path | None, tenant: str | None) -> list[Report]:
        if file is not None:
            try:
                return [verify_file(file)]
            except (OSError, ValueError) as error:
                raise CommandError(str(error)) from error
        return [verify(tenant_id) for tenant_id in tenants_named(tenant)]


def tenants_named(name: str | None) -> list[UUID]:
    """The tenants with this slug or id; all of them without a name."""
    found = [number for number, slug in tenant_directory() if name is None or name in {slug, str(number)}]
    if name is not None and not found:
        raise CommandError(f"There is no tenant {name}.")
    return found
