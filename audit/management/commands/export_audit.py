"""`manage.py export_audit TENANT FILE`"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from audit.export import write_export
from audit.management.commands.verify_audit import tenants_named
from tenants.scope import tenant_scope


class Command(BaseCommand):
    help = "Write one tenant's audit to a file that `verify_audit --file` checks offline."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("tenant", help="slug or id")
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        [tenant_id] = tenants_named(options["tenant"])
        with options["file"].open("wb") as out, tenant_scope(tenant_id):
            entries = write_export(out, timezone.now())
        self.stdout.write(f"{entries} entries written to {options['file']}")
