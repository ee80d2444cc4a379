"""`manage.py seed_demo`: a tenant with an ERP and two AP tools on local stand-ins; every part is made once."""

import os
from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from allauth.account.models import EmailAddress
from django.core.management.base import BaseCommand

from integrations.models import Connection, FieldMapping, GLMapping, Integration
from integrations.runner import setup
from tenants.access import places_of
from tenants.models import User
from tenants.scope import tenant_scope
from tenants.signup import FIRST_PERSON, make_tenant

EMAIL, PASSWORD = "demo@example.com", "rehearse-first-then-go-live"
NAME = "Lakeside Manufacturing (demo)"
COMPANY = ("10", "Lakeside Manufacturing Inc.")
# By system: the port of its stand-in, the connection's name, and what it signs in with.
STAND_INS: Mapping[str, tuple[int, str, Mapping[str, str]]] = {
    "ifs": (
        8101,
        "IFS Cloud (rehearsal)",
        {"realm": "demo", "client_id": "ml-connector", "client_secret": "demo-secret"},
    ),
    "bill": (
        8102,
        "BILL (rehearsal)",
        {
            "environment": "own",
            "organization_id": "00802DEMOORGANIZA001",
            "dev_key": "demo-dev-key",
            "credential_kind": "sync_token",
            "username": "ml-connector",
            "password": "demo-token",
        },
    ),
    "avidxchange": (
        8103,
        "AvidXchange (rehearsal)",
        {
            "environment": "simulator",
            "preset": "simulator",
            "auth_mode": "token_pair",
            "company_token": "demo-company-token",
            "user_token": "demo-user-token",
            "acct": "4711",
        },
    ),
}
PAID_ELSEWHERE = "AVID"  # the payment method of what AvidXchange pays: neither the ERP nor BILL may
BILL_POLICY = {"match_by_number": True, "rounding_account": "8030", "never_paid_here_methods": [PAID_ELSEWHERE]}
AVIDXCHANGE_POLICY = {
    "authoriser": "MEYER",
    "payment_method": PAID_ELSEWHERE,
    "no_tax_code": "NT",
    "voucher_type": "AVP",
    "settlement_account": "2410",
    "cash_account": "1150",
    "rounding_account": "8040",
}


class Command(BaseCommand):
    """Prints the demo login; safe to repeat."""

    help = "Make the demo tenant on local stand-ins."

    def add_arguments(self, parser: ArgumentParser) -> None:
        for system, (port, _, _) in STAND_INS.items():
            usual = os.environ.get(f"DEMO_{system.upper()}_URL", f"http://127.0.0.1:{port}")
            parser.add_argument(f"--{system}-url", default=usual)

    def handle(self, **options: Any) -> None:
        user = _user()
        places = places_of(user)
        tenant_id = places[0].tenant_id if places else make_tenant(user, NAME, "America/Chicago", FIRST_PERSON).pk
        with tenant_scope(tenant_id):
            erp, bill, avidxchange = (_connection(system, options[f"{system}_url"]) for system in STAND_INS)
            if (made := _joined("Lakeside IFS to BILL", erp, bill, BILL_POLICY)) is not None:
                _map(made)
            _joined("Lakeside IFS to AvidXchange", erp, avidxchange, AVIDXCHANGE_POLICY)
        self.stdout.write(f"Sign in as {EMAIL} with the password {PASSWORD}")


def _user() -> User:
    user = User.objects.filter(email=EMAIL).first() or User.objects.create_user(EMAIL, PASSWORD, name="Dana Demo")
    EmailAddress.objects.update_or_create(user=user, email=EMAIL, defaults={"verified": True, "primary": True})
    return user


def _connection(system: str, url: str) -> Connection:
    """The connection to the stand-in, which may have moved to another port since the last start."""
    _, name, values = STAND_INS[system]
    found: Connection | None = Connection.objects.filter(name=name).first()
    if found is None:
        return setup.add_connection(name, system, {"base_url": url, **values}, by=EMAIL)
    if found.settings.get("base_url") != url:
        found.settings = {**found.settings, "base_url": url}
        found.save()
    return found


def _joined(name: str, erp: Connection, ap: Connection, policy: Mapping[str, object]) -> Integration | None:
    """The new integration; None where it was made before."""
    if Integration.objects.filter(ap=ap).exists():
        return None
    made: Integration = setup.join(name, erp, ap, *COMPANY)
    made.policy = dict(policy)
    made.save()
    return made


def _map(made: Integration) -> None:
    """What BILL's chart does not say by itself."""
    for part, kind in (("B", "department"), ("C", ""), ("D", "accounting_class")):
        FieldMapping.objects.create(integration=made, source=f"dimensions.{part}", target=kind)
    for code in ("ST825", "ST6", "GST5"):
        GLMapping.objects.create(integration=made, table="tax_code", source=code, target="1260")
