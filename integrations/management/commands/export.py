"""`manage.py export TENANT`: the tenant as a TOML document, without secrets."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from integrations.management.tenancy import tenant_of
from integrations.runner import configuring
from tenants.scope import tenant_scope


class Command(BaseCommand):
    """What it writes is what `apply` reads."""

    help = "Write a tenant's configuration as TOML, without secrets."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("tenant", help="the tenant's slug")

    def handle(self, *, tenant: str, **_: Any) -> None:
        with tenant_scope(tenant_of(tenant)):
            self.stdout.write(configuring.dump(configuring.export()), ending="")
