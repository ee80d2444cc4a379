"""A fault of ours: the page says so with a number, and the log says what happened under the same number.

What nobody can read is none.
"""

import logging
import re
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
from django.test.client import FakePayload

from integrations.web import dashboard
from mlconnector.utf8 import UTF8Request
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


def served(client: Client, method: str, path: str, body: bytes = b"", **headers: str) -> int:
    """The status that the application itself answers: Django's test client makes requests of another class."""
    environ = client._base_environ(  # type: ignore[attr-defined]
        REQUEST_METHOD=method, PATH_INFO=path.partition("?")[0], QUERY_STRING=path.partition("?")[2],
        CONTENT_LENGTH=str(len(body)), **{"wsgi.input": FakePayload(body), **headers},
    )  # fmt: skip
    found: list[int] = []
    application: Any = WSGIHandler()
    application.request_class = UTF8Request
    answer = application(environ, lambda status, *_: found.append(int(status[:3])))
    answer.close()
    return found[0]


FORM = b'--x\r\nContent-Disposition: form-data; name="theme"\r\n\r\ndark\r\n--x--\r\n'


@pytest.mark.parametrize("said", ["charset=base64", "charset=idna", "charset=utf-16", "charset=no", "x*=no''%41"])
def test_a_charset_that_is_not_ours_is_no_fault(owner: Client, desk: Desk, said: str) -> None:
    odd, multipart = f"application/x-www-form-urlencoded; {said}", f"multipart/form-data; boundary=x; {said}"
    for path in ("/records/?q=%C3%A4", "/api/v1/records/?q=%C3%A4"):
        assert served(owner, "GET", path, CONTENT_TYPE=odd) == 200
    assert served(owner, "POST", "/look/", b"theme=dark", CONTENT_TYPE=odd) == 400
    assert served(owner, "POST", "/look/", FORM, CONTENT_TYPE=multipart) == 400
    assert served(owner, "POST", "/api/v1/review-items/retry/", b"{}", CONTENT_TYPE=f"application/json; {said}") == 400
    assert served(owner, "GET", "/?q=%C3%A4", CONTENT_TYPE=odd, SERVER_NAME="evil.example") == 400
    assert served(owner, "GET", "/api/v1/records/", HTTP_ACCEPT=f"application/json; {said}") in (200, 406)


@pytest.mark.parametrize("said", ["utf-8", "UTF-8"])
def test_utf_8_may_be_said_however_it_is_spelled(owner: Client, desk: Desk, said: str) -> None:
    sent = owner.generic("POST", "/look/", b"theme=dark", f"application/x-www-form-urlencoded; charset={said}")
    assert sent.status_code == 302


def test_what_is_unreadable_has_the_one_shape_for_programs(owner: Client, desk: Desk) -> None:
    refused = owner.generic("POST", "/api/v1/review-items/retry/", b"{}", "application/json; charset=utf-16")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "parse_error")
