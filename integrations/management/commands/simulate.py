"""`manage.py simulate SYSTEM --port N`: a local stand-in for a system, on 127.0.0.1."""

import importlib
import json
import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.management.serving import SimulatorServer
from integrations.systems import registry


class Command(BaseCommand):
    """Serves until it is stopped; tells where, and what it holds."""

    help = "Serve a local stand-in for a system on 127.0.0.1."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("system", help="the system's key")
        parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
        parser.add_argument("--data", help="file that keeps what it holds; without it everything is forgotten")
        parser.add_argument("--ledger", help="a spend export (CSV, also .gz) to load instead of demo data")
        parser.add_argument("--seeded", type=int, help="how many invoices, few of the clean kind, instead of demo data")
        parser.add_argument("--seed", type=int, help="number that makes the same data again")
        parser.add_argument("--ledger-mapping", help="JSON: which header holds what, when the headers differ")
        parser.add_argument("--date-for-undated", help="ISO date for transactions without a usable date")
        parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="any other option")
        parser.add_argument(
            "--control", action="store_true", help="also serve /_sim/ for faults and the request ledger"
        )

    def handle(self, *, system: str, port: int, **options: Any) -> None:
        if system not in registry.systems():
            raise CommandError(f"There is no system {system}. Known: {', '.join(sorted(registry.systems()))}.")
        module = importlib.import_module(f"integrations.systems.{system}.simulator")
        try:
            simulator = module.build(_given(options))
        except KeyError as error:
            raise CommandError(f"The export has no column {error}. Name it with --ledger-mapping.") from error
        except (ValueError, TypeError, OSError) as error:
            raise CommandError(str(error)) from error
        try:
            server = SimulatorServer(simulator, port)
        except OSError as error:
            raise CommandError(f"Port {port} cannot be used ({error.strerror}). Choose another with --port.") from error
        stop_on_sigterm()
        if about := getattr(simulator, "about", ""):
            self.stdout.write(about)
        self.stdout.write(f"{system} on http://127.0.0.1:{server.port}")
        self.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            self.stdout.write("stopped")
        finally:
            server.server_close()


def stop_on_sigterm() -> None:
    """SIGTERM ends the command as Ctrl-C does: what it started is stopped."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


def _given(options: dict[str, Any]) -> dict[str, Any]:
    """Options of the simulator from the command line; those not given are left to its defaults."""
    names = ("data", "ledger", "date_for_undated", "seeded", "seed")
    given: dict[str, Any] = {name: options[name] for name in names if options[name]}
    given |= dict(pair.split("=", 1) for pair in options["option"])
    if options["ledger_mapping"]:
        given["ledger_mapping"] = json.loads(options["ledger_mapping"])
    if options["control"]:
        given["control"] = True
    return given
