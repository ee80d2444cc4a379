"""Beat and worker are told apart when one of them falls silent."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from integrations.models import Heartbeat
from integrations.runner import dispatch
from mlconnector.celery import app
from mlconnector.clock import Clock


@pytest.fixture
def silent(database: None) -> None:
    Heartbeat.objects.all().delete()


def test_the_one_that_is_silent_is_named(silent: None) -> None:
    dispatch.alive("beat")
    Heartbeat.objects.create(name="worker", at=timezone.now() - timedelta(minutes=5))
    checks = Client(SERVER_NAME="127.0.0.1").get("/readyz").json()["checks"]
    assert checks["beat"] == "ok"
    assert "look at the worker" in checks["worker"]


def test_before_the_first_tick_it_says_what_to_start(silent: None) -> None:
    assert dispatch.beat_trouble() == "No beat has ticked yet: start it."


def test_a_tick_is_noted(silent: None, tmp_path: Path) -> None:
    clock = Clock(app=app, schedule_filename=str(tmp_path / "beat"))
    clock.schedule.clear()  # nothing is handed out
    clock.tick()
    clock.close()
    assert dispatch.beat_trouble() == ""
