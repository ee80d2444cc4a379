"""`manage.py verify_statement FILE [FILE ...] [--key KEY] [--tenant SLUG]`"""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.engine.statement import verify
from integrations.management.tenancy import tenant_of
from integrations.store import statements
from tenants.scope import tenant_scope


class Command(BaseCommand):
    """Exit code 0 when every file is as it was signed; what is not is named, line by line."""

    help = (
        "Check reconciliation statements: signature, hash of every row, sums, and the chain between the files in their "
        "order. Needs no database; with --tenant they are held against our own rows as well."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="the statements, oldest first")
        parser.add_argument("--key", default="", help="the public key that must have signed them")
        parser.add_argument("--tenant", default="", help="the tenant's slug: compare with what is stored of it")

    def handle(self, *, files: list[Path], key: str, tenant: str, **_: Any) -> None:
        previous: str | None = None
        wrong = 0
        for file in files:
            document = _read(file)
            found = verify(document, key=key, previous=previous)
            if tenant:
                with tenant_scope(tenant_of(tenant)):
                    found += statements.against_rows(document)
            for line in found:
                self.stderr.write(f"{file.name}: {line}")
            if not found:
                whole = document["statement"]
                self.stdout.write(
                    f"{file.name}: statement {whole['number']} of {whole['tenant']}, {len(whole['rows']):,} records, "
                    f"is as it was signed with key {document['public_key']}."
                )
            wrong += len(found)
            previous = str(document.get("hash", ""))
        if wrong:
            sys.exit(1)


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise CommandError(f"{file} is no reconciliation statement.")
    return found
