"""`manage.py sync INTEGRATION`: one sync in the foreground, or its plan, or what a plan says; with progress or JSON."""

from argparse import ArgumentParser
from datetime import date
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from integrations.management import reporting
from integrations.models import Integration, Plan
from integrations.runner import foreground, planning
from integrations.store import plans as store
from tenants.scope import Actor, tenant_scope


class Command(BaseCommand):
    """Exit code 0 only when every run is balanced and nothing failed."""

    help = "Read and carry every flow of an integration now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        reporting.add_arguments(parser)
        days = {"since": ("--from", "from this day on"), "until": ("--to", "up to this day")}
        for name, (flag, words) in days.items():
            parser.add_argument(
                flag, dest=name, type=date.fromisoformat, metavar="YYYY-MM-DD", help=f"backfill: dated {words}"
            )

        plans = parser.add_mutually_exclusive_group()
        plans.add_argument("--plan", action="store_true", help="read and decide everything, write nothing")
        plans.add_argument("--apply", type=UUID, metavar="PLAN", help="do exactly what this plan says")

    def handle(self, *, integration: str, tenant: str, since: date | None, until: date | None, **options: Any) -> None:
        window = (since or date.min, until or date.max) if since or until else None
        if window and window[0] > window[1]:
            raise CommandError(f"--from {window[0]} lies behind --to {window[1]}. Swap them.")
        tenant_id, found = reporting.integration_of(tenant, integration)
        if options["plan"] or options["apply"]:
            if window or options["entity"]:
                raise CommandError("A plan is of the whole integration: leave out --entity, --from and --to.")
            reporting.show_plan(_plan(tenant_id, found, options["apply"]), tenant_id, self.stdout, options)
            return
        console = Console(stderr=options["json"])
        with reporting.progress_of(console) as tell:
            reports = foreground.sync(tenant_id, found, options["entity"] or (), tell, window)
        reporting.show(reports, self.stdout, console, options)


def _plan(tenant_id: UUID, integration: int, apply: UUID | None) -> Plan:
    """A new plan of the integration, or the one to apply after it was; raises CommandError with why not."""
    try:
        with tenant_scope(tenant_id, actor=Actor("command", "sync")):
            plans = Plan.objects.filter(integration=integration)
            one = Integration.objects.get(pk=integration)
            started = store.start_applying(plans.get(uuid=apply)) if apply else store.start(one, None)
    except Plan.DoesNotExist as error:
        raise CommandError("This integration has no such plan. `sync --plan` makes one and shows its id.") from error
    except store.PlanRefused as error:
        raise CommandError(str(error)) from error
    return planning.apply_plan(started.pk, tenant_id) if apply else planning.make_plan(started.pk, tenant_id)
