"""A fault of ours: the page says so with a number, and the log says what happened under the same number."""

import logging
import re

import pytest
from django.test import Client

from integrations.web import dashboard
from tests.integrations.factories import Desk


def test_the_number_on_the_page_is_the_number_in_the_log(
    owner: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(dashboard, "standings", broken)
    owner.raise_request_exception = False
    with caplog.at_level(logging.ERROR):
        answer = owner.get("/")
    number = re.search(r'<strong class="mono">([0-9a-f-]{36})</strong>', answer.content.decode())
    assert answer.status_code == 500
    assert number
    logged = [str(record.msg) for record in caplog.records if "planted" in f"{record.msg}{record.exc_text}"]
    assert any(number[1] in line for line in logged)


def test_the_page_names_nothing_inside(owner: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(dashboard, "standings", broken)
    owner.raise_request_exception = False
    assert "planted" not in owner.get("/").content.decode()


def test_a_program_gets_the_one_shape_of_errors(owner: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr("integrations.api.views.status.standings", broken)
    owner.raise_request_exception = False
    error = owner.get("/api/v1/status/").json()["error"]
    assert (error["code"], len(error["details"]["number"][0])) == ("internal", 36)
