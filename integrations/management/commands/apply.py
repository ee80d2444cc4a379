"""`manage.py apply FILE.toml`: makes a tenant what the document says, and shows what that changes."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from integrations.management.tenancy import tenant_of
from integrations.runner import configuring
from tenants.models import Role, User
from tenants.scope import Actor, tenant_scope
from tenants.signup import make_tenant


class Command(BaseCommand):
    """Idempotent: the second time there is nothing to do. All of it happens, or nothing."""

    help = "Apply a tenant's configuration from a TOML document."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the document; `export` shows how it looks")
        parser.add_argument("--tenant", default="", help="the tenant's slug, when it is not the document's")
        parser.add_argument("--check", action="store_true", help="only show; exit code 1 when something would change")

    def handle(self, *, file: str, tenant: str, check: bool, **_: Any) -> None:
        try:
            document = configuring.load(Path(file).read_text("utf-8"))
            slug = tenant or document.tenant.slug
            tenant_id = tenant_of(slug) if slug else None
            if tenant_id is None and check:
                raise CommandError(f"Tenant {document.tenant.name} would be made.", returncode=1)
            with transaction.atomic(), tenant_scope(tenant_id or _make(document), actor=Actor("command", "apply")):
                changes = configuring.compare(document, os.environ)
                for change in changes:
                    self.stdout.write(str(change))
                if not check:
                    configuring.apply(changes)
        except (configuring.Wrong, OSError, UnicodeDecodeError) as error:
            raise CommandError(str(error)) from error
        if check and changes:
            raise CommandError(f"{len(changes)} changes would be made.", returncode=1)
        self.stdout.write(f"{len(changes)} changes made." if changes else "Nothing to change.")


def _make(document: configuring.Document) -> UUID:
    """A new tenant, owned by the first owner among the document's users."""
    email = next((user.email for user in document.users if Role.OWNER in user.roles), "")
    owner = User.objects.filter(email=email).first()
    if owner is None:
        raise configuring.Wrong("A new tenant needs an owner: name a user who has signed up, with the role owner.")
    made: UUID = make_tenant(owner, document.tenant.name, document.tenant.time_zone).pk
    return made
