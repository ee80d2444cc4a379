"""A tenant between an honest IFS and a stranger for AvidXchange."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connections

from integrations.management.serving import SimulatorServer
from integrations.models import OutboxItem, ReviewItem
from integrations.runner import setup
from integrations.systems.ifs.simulator import Simulator, SimulatorConfig, seed_masters
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.factories import Cast
from tests.journeys.hostile.stranger import Stranger, stranger

_ACCOUNTS = ("6100", "2410", "1150", "8040")
_MORE = {"State": "TX", "ZipCode": "78701"}
_POLICY = {
    "authoriser": "ALICE",
    "payment_method": "AVID",
    "no_tax_code": "NT",
    "voucher_type": "AVP",
    "settlement_account": "2410",
    "cash_account": "1150",
    "rounding_account": "8040",
}
SECRETS = ("company-token-of-ours", "user-token-of-ours")
Json = dict[str, Any]


@dataclass
class Place:
    """Both sides, the tenant and what the syncs said."""

    ifs: Simulator
    avid: Stranger
    tenant: Tenant
    integration: int
    hosts: tuple[str, str]
    logs: list[str] = field(default_factory=list)

    def sync(self, *arguments: str, longest: float = 150) -> tuple[int, Json]:
        """`manage.py sync`, with everything in the log: (exit code, what it printed by entity)."""
        name = connections["default"].settings_dict["NAME"]
        env = {
            **os.environ,
            "DATABASE_URL": urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl(),
            "EGRESS_ALLOW_PRIVATE": "1",
            "EGRESS_ALLOWED_HOSTS": ",".join(self.hosts),
            "REQUEST_DEADLINE": "2",
            "LOG_LEVEL": "DEBUG",
        }
        command = [sys.executable, "manage.py", "sync", str(self.integration), "--tenant", self.tenant.slug, "--json"]
        done = subprocess.run(
            [*command, *arguments], cwd=settings.BASE_DIR, env=env, capture_output=True, text=True, timeout=longest
        )  # fmt: skip
        self.logs.append(done.stderr + done.stdout)
        lines = done.stdout.splitlines()
        return done.returncode, json.loads(lines[-1]) if lines else {}

    def standing(self, entity: str) -> dict[str, tuple[str, str]]:
        """Of every record that came in: (state, code of its open review item or of its reason)."""
        with tenant_scope(self.tenant.pk):
            found = {}
            for item in OutboxItem.objects.filter(flow__entity=entity, flow__inbound=True):
                review = ReviewItem.objects.filter(item=item, status=ReviewItem.Status.OPEN).first()
                found[item.source_key] = (item.state, review.code if review else item.reason)
            return found

    def booked(self) -> list[str]:
        """Numbers of the invoices in the books."""
        return sorted(row["InvoiceNo"] for row in self.ifs.rows("ManSuppInvoice") if row["InvoiceNo"].startswith("N-"))


@pytest.fixture
def place(cast: Cast) -> Iterator[Place]:
    """Supplier S1, account 6100 and open periods; the stranger holds nothing yet."""
    ifs = Simulator(config=SimulatorConfig(requests_per_window=None))
    seed_masters(ifs, 3, 3, 3, 0)
    _supplier(ifs, "S1")
    for number in _ACCOUNTS:
        _account(ifs, number)
    server = SimulatorServer(ifs)
    Thread(target=server.serve_forever, daemon=True).start()
    with stranger() as avid:
        hosts = (f"127.0.0.1:{server.port}", avid.host)
        yield Place(ifs, avid, cast.tenant, _joined(cast.tenant, hosts), hosts)
    server.shutdown()
    server.server_close()
    ifs.close()


def _supplier(ifs: Simulator, key: str) -> None:
    ifs.insert(
        "SupplierInfoGeneral", {"SupplierId": key, "Name": "Northwind", "Country": "US", "PartyType": "Supplier"}
    )
    ifs.insert(
        "SupplierInvoiceCompany", {"SupplierId": key, "Company": "10", "Identity": key, "DefCurrency": "USD"}
    )  # fmt: skip
    address = {"SupplierId": key, "AddressId": "1"}
    ifs.insert("SupplierInfoAddress", {**address, "Address1": "1 Test Way", "City": "Austin", "Country": "US", **_MORE})
    ifs.insert("SupplierInfoAddressType", {**address, "AddressTypeCode": "Pay", "DefAddress": True})


def _account(ifs: Simulator, number: str) -> None:
    row = {"Company": "10", "Account": number, "Description": "Test", "LogicalAccountType": "Cost", "LedgFlag": False}
    demands = {f"ReqCode{part}": "Can" for part in "BCDEFGHIJ"}
    ifs.insert("Account", {**row, **demands, "ValidFrom": "2010-01-01", "ValidUntil": "2099-12-31"})


def _joined(tenant: Tenant, hosts: tuple[str, str]) -> int:
    erp = {
        "base_url": f"http://{hosts[0]}",
        "realm": "demo",
        "client_id": "ml-connector",
        "client_secret": "demo-secret",
        "requests_per_minute": "100000",
    }
    limits = {"limits": {"per_minute": 100_000}, "paging": {"size": 20, "max_pages": 30}}
    ap = {
        "environment": "simulator",
        "base_url": f"http://{hosts[1]}",
        "acct": "4711",
        "preset": "simulator",
        "company_token": SECRETS[0],
        "user_token": SECRETS[1],
        "profile": json.dumps(limits),
    }
    with tenant_scope(tenant.pk):
        sides = (
            setup.add_connection("ERP", "ifs", erp, by="test"),
            setup.add_connection("AP", "avidxchange", ap, by="test"),
        )
        made = setup.join("Hostile", *sides, "10", start_date=(datetime.now(UTC) - timedelta(days=20)).date())
        made.policy = _POLICY
        made.save()
        return made.pk
