"""`manage.py rehearse FILE.csv.gz`: a go-live on your own history, on local stand-ins, in one command."""

import json
import re
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from integrations.engine.records import Dimension, Entity, GLAccount
from integrations.management.commands.simulate import stop_on_sigterm
from integrations.management.reporting import progress_of, table_of
from integrations.models import FieldMapping, Flow, GLMapping, Integration, SourceRecord
from integrations.runner import connecting, foreground, setup
from integrations.store.lease import park
from tenants.models import User
from tenants.scope import tenant_scope
from tenants.signup import make_tenant

ORGANIZATION = "00802DEMOORGANIZA001"


class Command(BaseCommand):
    """Makes a tenant of its own for every rehearsal; it is left for you to look at."""

    help = "Load a spend export into a local ERP stand-in and carry it into a local AP stand-in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the spend export: CSV, also .gz")
        parser.add_argument("--ledger-mapping", help="JSON: which header holds what, when the headers differ")
        parser.add_argument("--date-for-undated", help="ISO date for transactions without a usable date")
        parser.add_argument("--again", action="store_true", help="sync a second time: nothing may be written")
        parser.add_argument("--json", action="store_true", help="end with one line of counts and amounts")
        parser.add_argument("--dump", help="write what the AP stand-in holds to this file, as JSON")

    def handle(self, *, file: str, **options: Any) -> None:
        stop_on_sigterm()
        console = Console(stderr=options["json"])
        # the vendor's own limit would only make a rehearsal wait; the stand-in's is switched off, ours set high
        ledger = ["--ledger", file, "--option", "unlimited=yes"]
        for name in ("ledger_mapping", "date_for_undated"):
            if options[name]:
                ledger += [f"--{name.replace('_', '-')}", options[name]]
        with stand_in("ifs", *ledger, console=console) as erp, stand_in("bill", "--option", "chart=empty") as ap:
            settings.EGRESS_ALLOWED_HOSTS = [*settings.EGRESS_ALLOWED_HOSTS, erp.split("//")[1], ap.split("//")[1]]
            settings.EGRESS_ALLOW_PRIVATE = True  # this process alone, for the two stand-ins it has just started
            tenant_id, integration = _prepare(erp, ap)
            runs = [_sync(tenant_id, integration, console) for _ in range(2 if options["again"] else 1)]
            if options["dump"]:
                _dump(ap, options["dump"])
        for run in runs:
            if not options["json"]:
                console.print(table_of(run))
        if options["json"]:
            lines = [{report.entity: asdict(report) for report in run} for run in runs]
            self.stdout.write(json.dumps({"tenant": str(tenant_id), "runs": lines}, sort_keys=True))
        if any(not report.balanced or report.failed for run in runs for report in run):
            raise CommandError("The rehearsal is not complete. The table above says which flow.", returncode=2)


@contextmanager
def stand_in(system: str, *arguments: str, console: Console | None = None) -> Iterator[str]:
    """A simulator in a process of its own; yields its address."""
    command = [sys.executable, "manage.py", "simulate", system, "--port", "0", "--control", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=settings.BASE_DIR)  # noqa: S603
    try:
        said: list[str] = []
        for line in process.stdout or ():
            said.append(line.rstrip())
            if found := re.search(r"on (http://127\.0\.0\.1:\d+)", line):
                if console is not None:
                    console.print("\n".join(said[:-1]))
                yield found[1]
                return
        raise CommandError(f"The stand-in for {system} did not start: {' '.join(said) or 'see above'}")
    finally:
        process.terminate()
        process.wait(timeout=10)


def _prepare(erp_url: str, ap_url: str) -> tuple[UUID, Integration]:
    """Tenant, connections and integration; the chart copied one to one, the mapping written out row by row."""
    user = User.objects.create_user(f"rehearsal-{uuid4().hex[:12]}@example.test")
    tenant_id = make_tenant(user, f"Rehearsal of {time.strftime('%Y-%m-%d %H:%M')}").pk
    with tenant_scope(tenant_id):
        integration = _joined(erp_url, ap_url)
        park(list(Flow.objects.filter(integration=integration).values_list("pk", flat=True)))
    references = [Entity.GL_ACCOUNT, Entity.DIMENSION, Entity.TAX_CODE]
    foreground.sync(tenant_id, integration.pk, references)
    _copy_chart(tenant_id, integration)
    return tenant_id, integration


def _joined(erp_url: str, ap_url: str) -> Integration:
    erp = setup.add_connection(
        "ERP (rehearsal)",
        "ifs",
        {
            "base_url": erp_url,
            "realm": "demo",
            "client_id": "ml-connector",
            "client_secret": "demo-secret",
            "requests_per_minute": "100000",
        },
        by="rehearsal",
    )
    ap = setup.add_connection(
        "AP (rehearsal)",
        "bill",
        {
            "environment": "own",
            "base_url": ap_url,
            "organization_id": ORGANIZATION,
            "dev_key": "demo-dev-key",
            "credential_kind": "sync_token",
            "username": "ml-connector",
            "password": "demo-token",
        },
        by="rehearsal",
    )
    made = setup.join("Rehearsal", erp, ap, "10")
    FieldMapping.objects.create(integration=made, source="dimensions.B", target="department")
    return made


def _copy_chart(tenant_id: UUID, integration: Integration) -> None:
    """Every account and dimension value of the ERP on the AP side under the same number, and a rule for each."""
    with tenant_scope(tenant_id):
        sources = SourceRecord.objects.filter(flow__integration=integration)
        rows = {
            entity: [row.snapshot for row in sources.filter(flow__entity=entity)]
            for entity in (Entity.GL_ACCOUNT, Entity.DIMENSION)
        }
    accounts = [GLAccount(key=r["key"], number=r["number"], name=r["name"]) for r in rows[Entity.GL_ACCOUNT]]
    values = [
        Dimension(key=r["key"], kind="department", value=r["value"], name=r["name"])
        for r in rows[Entity.DIMENSION]
        if r["kind"] == "B"
    ]
    client = connecting.client(tenant_id, integration.ap_id)
    client.create_accounts(accounts)
    client.create_dimensions(values)
    with tenant_scope(tenant_id):
        rule = {"integration": integration, "note": "one to one"}
        mapped = [GLMapping(**rule, table="account", source=a.number, target=a.number) for a in accounts]
        mapped += [GLMapping(**rule, table="dimension", part="B", source=v.value, target=v.value) for v in values]
        GLMapping.objects.bulk_create(mapped)


def _sync(tenant_id: UUID, integration: Integration, console: Console) -> list[foreground.FlowReport]:
    with progress_of(console) as tell:
        return foreground.sync(tenant_id, integration.pk, (), tell)


def _dump(ap: str, path: str) -> None:
    held: dict[str, list[Any]] = {}
    for entity in ("vendors", "bills", "vendor-credits"):
        after: int | None = 0
        while after is not None:
            answer = httpx.get(f"{ap}/_sim/dump", params={"entity": entity, "after": after}).json()
            held[entity] = held.get(entity, []) + answer["rows"]
            after = answer["next"]
    held["requests"] = httpx.get(f"{ap}/_sim/ledger").json()
    Path(path).write_text(json.dumps(held), encoding="utf-8")
