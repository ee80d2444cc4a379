"""A real Chromium, the application on a local port, and the systems' stand-ins on ports of their own."""

import importlib
import shutil
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from playwright.sync_api import Page, expect, sync_playwright

from integrations.management.serving import SimulatorServer

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
PATIENCE = 15_000  # milliseconds

expect.set_options(timeout=PATIENCE)


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """The test says what went wrong, not the server."""


@pytest.fixture
def site(database: None, throttles: None) -> Iterator[str]:
    """The application's address; it runs in threads of this process, so that the test sees its mail."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), _Quiet)
    server.set_app(WSGIHandler())
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join(5)


class StandIns:
    """Starts the stand-in of a system and opens the way to it; gives its address. `simulators` are what was started."""

    def __init__(self, settings: Any) -> None:
        self.settings = settings
        self.servers: list[SimulatorServer] = []
        self.simulators: dict[str, Any] = {}
        settings.EGRESS_ALLOW_PRIVATE = True
        settings.EGRESS_ALLOWED_HOSTS = []

    def __call__(self, system: str) -> str:
        self.simulators[system] = importlib.import_module(f"integrations.systems.{system}.simulator").build({})
        server = SimulatorServer(self.simulators[system])
        self.servers.append(server)
        Thread(target=server.serve_forever, daemon=True).start()
        self.settings.EGRESS_ALLOWED_HOSTS = [f"127.0.0.1:{each.port}" for each in self.servers]
        return f"http://127.0.0.1:{server.port}"


@pytest.fixture
def stand_in(settings: Any) -> Iterator[StandIns]:
    """Stand-ins on ports of their own."""
    found = StandIns(settings)
    yield found
    for server in found.servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def window(site: str) -> Iterator[Page]:
    """A browser window on the site. Whatever the page complains about on its console fails the test."""
    yield from _window(site, javascript=True)


@pytest.fixture
def plain_window(site: str) -> Iterator[Page]:
    """As `window`, with JavaScript switched off."""
    yield from _window(site, javascript=False)


def _window(site: str, *, javascript: bool) -> Iterator[Page]:
    if CHROMIUM is None:
        pytest.skip("NO CHROMIUM HERE: the pages were not driven by a browser. Install chromium to run this.")
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(base_url=site, viewport={"width": 1280, "height": 900}, java_script_enabled=javascript)
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        browser.close()
    assert complaints == []
