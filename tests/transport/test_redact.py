"""Nothing that is written down holds a secret."""

import base64
import io
import json
import logging
import time
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import httpx
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from integrations.transport.client import ApiClient
from integrations.transport.redact import (
    MASK,
    RedactingFilter,
    RedactingProcessor,
    one_line,
    quiet_http_loggers,
    redact,
)

SECRET = 'p"w/+ d\u00e9\\1'
SPOKEN_SECRET = f"with {SECRET}"

SPOKEN = [
    '{"password": "hunter2 is long", "a": 1}',
    '{"devKey":"hunter2","sessionId":"hunter2"}',
    r'{"body": "{\"client_secret\":\"hunter2\"}"}',
    "{'access_token': 'hunter2', 'x': 1}",
    '"password":123hunter2',
    "grant_type=client_credentials&client_secret=hunter2&scope=a",
    "https://erp.example.com/x?api_key=hunter2&y=1",
    "https://user:hunter2@erp.example.com/x",
    "Authorization: Bearer hunter2.abc-_~+/=",
    "authorization=Basic aHVudGVyMg==hunter2",
    "proxy-authorization: hunter2",
    "Cookie: hunter2",
    "x-bill-sha-signature: hunter2",
    "sent with Bearer hunter2hunter2",
    'refresh_token = "hunter2 with blanks"',
    "eyJhbGciOiJSUzI1.hunter2hunter2.c2ln",
]


@pytest.mark.parametrize("text", SPOKEN)
def test_what_looks_like_a_secret_is_masked(text: str) -> None:
    assert "hunter2" not in redact(text)
    assert MASK in redact(text)


@pytest.mark.parametrize("text", ["invalid password", "the token expired", '"token_type":"Bearer"', "x=1&y=2"])
def test_ordinary_words_stay(text: str) -> None:
    assert redact(text) == text


@given(st.text(min_size=3, max_size=20, alphabet=st.characters(exclude_categories=["Cs"])), st.text(max_size=10))
def test_a_known_secret_is_masked_in_every_spelling(secret: str, around: str) -> None:
    spellings = {secret, json.dumps(secret)[1:-1], quote(secret, safe=""), quote_plus(secret), one_line(secret)}
    if len(secret) >= 6:
        spellings.add(base64.b64encode(secret.encode()).decode().rstrip("="))
    for spelling in spellings:
        text = redact(f"\N{SNOWMAN}{spelling}\N{SNOWMAN}{around}", [secret])
        assert spelling in MASK or spelling in around or spelling not in text


@pytest.mark.parametrize(
    "evil",
    [
        "password" * 10_000,
        'password:"' * 10_000,
        "\\" * 50_000 + '"',
        "a-" * 50_000,
        '"password":"' + "\\" * 60_000,
        "secret" * 20_000,
    ],
)
def test_hostile_text_is_redacted_quickly(evil: str) -> None:
    started = time.monotonic()
    redact(evil, [SECRET])
    assert time.monotonic() - started < 2


@given(st.text())
def test_one_line_is_printable(text: str) -> None:
    assert one_line(text).isprintable()


def logger(filters: list[logging.Filter]) -> tuple[logging.Logger, io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    for each in filters:
        handler.addFilter(each)
    made = logging.getLogger(f"test.{id(stream)}")
    made.addHandler(handler)
    made.setLevel(logging.INFO)
    made.propagate = False
    return made, stream


def speak(log: logging.Logger) -> None:
    log.info("signed in with %s", SECRET)
    log.info("body: %(body)s", {"body": '{"password": "hunter2"}'})
    try:
        raise ValueError(f"refused {SECRET}")
    except ValueError:
        log.exception("failed")


def leaks(text: str) -> list[str]:
    return [secret for secret in (SECRET, "hunter2") if secret in text]


def test_the_filter_cleans_messages_arguments_and_tracebacks() -> None:
    log, stream = logger([RedactingFilter([SECRET])])
    speak(log)
    assert leaks(stream.getvalue()) == []
    assert "ValueError" in stream.getvalue()


def test_without_the_filter_the_same_search_finds_leaks() -> None:
    log, stream = logger([])
    speak(log)
    assert leaks(stream.getvalue()) == [SECRET, "hunter2"]


@pytest.mark.parametrize("on", [True, False])
def test_the_structlog_processor_cleans_every_depth(on: bool) -> None:
    stream = io.StringIO()
    processors = [RedactingProcessor([SECRET])] if on else []
    log = structlog.wrap_logger(
        structlog.PrintLogger(stream), processors=[*processors, structlog.processors.KeyValueRenderer()]
    )
    log.info(SPOKEN_SECRET, password="hunter2", deep={"list": [{"devKey": "hunter2"}, (SECRET,), SECRET.encode()]}, n=1)
    assert (leaks(stream.getvalue()) == []) is on
    assert "n=1" in stream.getvalue()


def test_http_libraries_do_not_print_addresses(
    make_client: Callable[..., ApiClient], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    quiet_http_loggers()
    make_client(lambda _request: httpx.Response(200)).get("/x", params="token=hunter2")
    assert "hunter2" not in caplog.text


def test_end_of_our_own_address_for_events_is_masked() -> None:
    assert redact("POST /hooks/bill/hEHJ-C5pnLruqX2yr3Dt_0OF5z7ZQfiHf1Wxz33zfnE/") == f"POST /hooks/bill/{MASK}/"
