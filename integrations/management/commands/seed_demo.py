"""`manage.py seed_demo`: a tenant with an ERP and an AP connection to local stand-ins; every part is made once."""

import os
from argparse import ArgumentParser
from typing import Any

from allauth.account.models import EmailAddress
from django.core.management.base import BaseCommand

from integrations.models import FieldMapping, GLMapping, Integration
from integrations.runner import setup
from tenants.access import places_of
from tenants.models import User
from tenants.scope import tenant_scope
from tenants.signup import FIRST_PERSON, make_tenant

EMAIL, PASSWORD = "demo@example.com", "rehearse-first-then-go-live"
NAME = "Lakeside Manufacturing (demo)"


class Command(BaseCommand):
    """Prints the demo login; safe to repeat."""

    help = "Make the demo tenant on local stand-ins."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--ifs-url", default=os.environ.get("DEMO_IFS_URL", "http://127.0.0.1:8101"))
        parser.add_argument("--bill-url", default=os.environ.get("DEMO_BILL_URL", "http://127.0.0.1:8102"))

    def handle(self, *, ifs_url: str, bill_url: str, **_: Any) -> None:
        user = _user()
        places = places_of(user)
        tenant_id = places[0].tenant_id if places else make_tenant(user, NAME, "America/Chicago", FIRST_PERSON).pk
        with tenant_scope(tenant_id):
            existing = Integration.objects.select_related("erp", "ap").first()
            if existing is None:
                _join(ifs_url, bill_url)
            else:
                _move(existing, ifs_url, bill_url)
        self.stdout.write(f"Sign in as {EMAIL} with the password {PASSWORD}")


def _user() -> User:
    user = User.objects.filter(email=EMAIL).first() or User.objects.create_user(EMAIL, PASSWORD, name="Dana Demo")
    EmailAddress.objects.update_or_create(user=user, email=EMAIL, defaults={"verified": True, "primary": True})
    return user


def _join(ifs_url: str, bill_url: str) -> Integration:
    erp = setup.add_connection(
        "IFS Cloud (rehearsal)",
        "ifs",
        {"base_url": ifs_url, "realm": "demo", "client_id": "ml-connector", "client_secret": "demo-secret"},
        by=EMAIL,
    )
    ap = setup.add_connection(
        "BILL (rehearsal)",
        "bill",
        {
            "environment": "own",
            "base_url": bill_url,
            "organization_id": "00802DEMOORGANIZA001",
            "dev_key": "demo-dev-key",
            "credential_kind": "sync_token",
            "username": "ml-connector",
            "password": "demo-token",
        },
        by=EMAIL,
    )
    made = setup.join("Lakeside IFS to BILL", erp, ap, "10", "Lakeside Manufacturing Inc.")
    made.policy = {"match_by_number": True, "rounding_account": "8030"}
    made.save()
    for part, kind in (("B", "department"), ("C", ""), ("D", "accounting_class")):
        FieldMapping.objects.create(integration=made, source=f"dimensions.{part}", target=kind)
    for code in ("ST825", "ST6", "GST5"):
        GLMapping.objects.create(integration=made, table="tax_code", source=code, target="1260")
    return made


def _move(integration: Integration, ifs_url: str, bill_url: str) -> None:
    """The stand-ins may have moved to other ports since the last start."""
    for row, url in ((integration.erp, ifs_url), (integration.ap, bill_url)):
        if row.settings.get("base_url") != url:
            row.settings = {**row.settings, "base_url": url}
            row.save()
