"""`manage.py rotate_keys [--data-keys] [--older-than DAYS]`"""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from tenants.access import tenant_directory
from tenants.keys import Unreadable
from tenants.rotation import renew_tenant, rewrap_global, rewrap_tenant


class Command(BaseCommand):
    help = (
        "Wrap everything with the first key of CREDENTIAL_KEYS; with --data-keys also give each tenant new data keys. "
        "Put a new key in front, restart, run this, then drop the old key. A cut run is resumed by running it again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data-keys", action="store_true", help="also renew the tenants' own keys")
        parser.add_argument("--older-than", type=int, default=1, metavar="DAYS", help="younger data keys stay")

    def handle(self, *args: Any, **options: Any) -> None:
        age = timedelta(days=options["older_than"]) if options["data_keys"] else None
        rewrapped, sealed, failed = rewrap_global(), 0, []
        for tenant_id, slug in tenant_directory():
            try:
                rewrapped += rewrap_tenant(tenant_id)
                sealed += renew_tenant(tenant_id, age, timezone.now()) if age is not None else 0
            except Unreadable as error:
                failed.append(slug)
                self.stderr.write(f"{slug}: {error}")
        self.stdout.write(f"{rewrapped} keys wrapped with the first key of CREDENTIAL_KEYS")
        if age is not None:
            self.stdout.write(f"{sealed} secrets sealed with new data keys")
        if failed:
            raise CommandError(f"The keys of {len(failed)} tenants could not be read; the others are done.")
