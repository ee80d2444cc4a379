"""Our door for events: who gets in, what is kept, and what it costs to be turned away."""

import json
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from integrations.models import Connection, Flow, WebhookEvent, WebhookSubscription
from integrations.store import door
from integrations.store import hooks as store
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.factories import Cast
from tests.integrations.hooks.conftest import Post, event, sign


def test_signed_event_is_stored_before_it_is_answered(post: Post) -> None:
    told = event(key="00n02AAAAAAAAAAAAAA7")
    assert post.post(told).status_code == 200
    (row,) = post.events()
    assert (row.event_id, row.type) == (told["metadata"]["eventId"], "bill.updated")
    assert (row.entity, row.key, row.touches) == ("invoice", "00n02AAAAAAAAAAAAAA7", [["invoice", row.key]])
    assert row.processed_at is None


@pytest.mark.parametrize(
    "signature",
    ["", " ", "x" * 44, "é" * 20, "hex", "bit", "other"],
    ids=["none", "blank", "no base64", "no ASCII", "hex", "one bit off", "another key"],
)
def test_wrong_signature_is_401_and_leaves_nothing_but_a_count(post: Post, signature: str) -> None:
    body = json.dumps(event()).encode()
    right = sign(body, post.known["key"])
    wrong = {
        "hex": right.encode().hex(),
        "bit": ("B" if right[0] == "A" else "A") + right[1:],
        "other": sign(body, "x"),
    }
    assert post.post(body, wrong.get(signature, signature)).status_code == 401
    assert post.events() == []
    assert post.row.refused == 1


def test_every_wrong_way_in_gets_the_same_answer(post: Post, cast: Cast) -> None:
    body = json.dumps(event()).encode()
    right = sign(body, post.known["key"])
    token = post.known["token"]
    wrong = post.post(body, "no")
    for path in (f"/hooks/bill/{token[:-1]}/", "/hooks/bill/%00/", "/hooks/bill/é/", f"/hooks/bill/{'x' * 3000}/",
                 f"/hooks/ifs/{token}/", f"/hooks/avidxchange/{token}/", f"/hooks/nobody/{token}/"):  # fmt: skip
        answer = post.post(body, right, path=path)
        assert (answer.status_code, answer.content) == (wrong.status_code, wrong.content), path
    other = event(organizationId="00802ANOTHERORGANIZA")
    assert post.post(other).content == wrong.content
    assert post.events() == []


def test_event_of_another_tenant_does_not_open_ours(post: Post, cast: Cast) -> None:
    with tenant_scope(cast.elsewhere.pk):
        theirs = Connection.objects.create(name="AP", system="bill", secrets=post.ap.secrets.__class__({}))
        row = store.of_connection(theirs, timezone.now())
        store.new_key(row, "their-key", timezone.now(), old_until=timezone.now())
        token = row.secrets.reveal()["token"]
    body = json.dumps(event()).encode()
    assert post.post(body, sign(body, "their-key")).status_code == 401
    assert post.post(body, path=f"/hooks/bill/{token}/").status_code == 401
    assert post.events() == []


def test_address_of_a_deleted_connection_or_tenant_is_unknown(post: Post) -> None:
    body, path, key = json.dumps(event()).encode(), post.path, post.known["key"]
    with tenant_scope(post.town.tenant_id):
        Tenant.objects.update(deleted_at=timezone.now())
    assert post.post(body, sign(body, key), path=path).status_code == 401
    with tenant_scope(post.town.tenant_id):
        Tenant.objects.update(deleted_at=None)
        WebhookSubscription.objects.all().delete()
    assert post.post(body, sign(body, key), path=path).status_code == 401


def test_paused_flow_or_broken_connection_still_hears(post: Post) -> None:
    with tenant_scope(post.town.tenant_id):
        Connection.objects.update(status=Connection.Status.BROKEN)
        Flow.objects.update(enabled=False)
    assert post.post(event()).status_code == 200
    post.work()
    assert [row.outcome for row in post.events()] == ["ignored"]


def test_same_event_a_hundred_times_in_a_row_is_one(post: Post) -> None:
    told = event()
    assert {post.post(told).status_code for _ in range(100)} == {200}
    assert len(post.events()) == 1


def test_same_event_fifty_times_at_once_is_one(post: Post) -> None:
    body, path = json.dumps(event()).encode(), post.path
    signature = sign(body, post.known["key"])

    def once(_: int) -> int:
        try:
            return int(post.post(body, signature, path=path).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(once, range(50))) == {200}
    assert len(post.events()) == 1


def test_old_key_opens_for_a_while_after_a_renewal(post: Post) -> None:
    body = json.dumps(event()).encode()
    old = sign(body, post.known["key"])
    with tenant_scope(post.town.tenant_id):
        store.new_key(post.row, "renewed", timezone.now(), old_until=timezone.now() + timedelta(hours=24))
    assert post.post(body, old).status_code == 200
    assert post.post(body).status_code == 200
    with tenant_scope(post.town.tenant_id):
        WebhookSubscription.objects.update(old_key_until=timezone.now() - timedelta(seconds=1))
    assert post.post(body, old).status_code == 401


def test_key_that_was_just_used_is_worth_nothing_once_it_is_renewed(post: Post) -> None:
    body, path, old = json.dumps(event()).encode(), post.path, post.known["key"]
    assert post.post(body, sign(body, old), path=path).status_code == 200
    with tenant_scope(post.town.tenant_id):
        store.new_key(post.row, "renewed", timezone.now(), old_until=timezone.now())
    assert post.post(body, sign(body, old), path=path).status_code == 401
    assert post.post(body, sign(body, "renewed"), path=path).status_code == 200


@pytest.mark.parametrize("gone", ["subscription", "tenant"])
def test_address_that_was_just_used_is_unknown_once_it_is_gone(post: Post, gone: str) -> None:
    body, path = json.dumps(event()).encode(), post.path
    signature = sign(body, post.known["key"])
    assert post.post(body, signature, path=path).status_code == 200
    with tenant_scope(post.town.tenant_id):
        if gone == "subscription":
            WebhookSubscription.objects.all().delete()
        else:
            Tenant.objects.update(deleted_at=timezone.now())
    assert post.post(body, signature, path=path).status_code == 401
    assert len(post.events()) == 1


def test_event_costs_five_statements_once_its_address_is_known(
    post: Post, django_assert_num_queries: Callable[..., Any]
) -> None:
    path, key, bodies = post.path, post.known["key"], [json.dumps(event()).encode() for _ in range(2)]
    post.post(bodies[0], sign(bodies[0], key), path=path)
    with django_assert_num_queries(5):
        post.post(bodies[1], sign(bodies[1], key), path=path)


def test_short_way_and_the_address_in_the_urls_answer_the_same(post: Post, settings: Any) -> None:
    told = event()
    short = post.post(told)
    settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if not each.endswith(".Door")]
    post.client = Client(SERVER_NAME="127.0.0.1", raise_request_exception=False)
    long = post.post(told)
    assert (short.status_code, short.content) == (long.status_code, long.content) == (200, b"")
    assert "Content-Security-Policy" in long.headers
    assert "Content-Security-Policy" not in short.headers
    assert len(post.events()) == 1


def test_an_address_that_was_unknown_a_moment_ago_is_known_once_it_is_there(post: Post) -> None:
    token = secrets.token_urlsafe(32)
    assert door.tenant_of(token) is None
    with tenant_scope(post.town.tenant_id):
        WebhookSubscription.objects.update(token_digest=store.digest_of(token))
    assert door.tenant_of(token) == post.town.tenant_id


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_only_post_is_heard(post: Post, method: str) -> None:
    answer = post.client.generic(method, post.path, b"{}", "application/json")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


def test_compressed_body_is_refused_unread(post: Post) -> None:
    assert post.post(b"\x1f\x8b" + b"0" * 1000, HTTP_CONTENT_ENCODING="gzip").status_code == 415
    assert post.events() == []


@pytest.mark.parametrize(("size", "status"), [(256 * 1024, 200), (256 * 1024 + 1, 413), (10_000_000, 413)])
def test_body_over_the_limit_is_refused(post: Post, size: int, status: int) -> None:
    body = json.dumps(event()).encode()
    assert post.post(body + b" " * (size - len(body))).status_code == status


def test_length_that_is_none_is_refused(post: Post) -> None:
    for length in ("9" * 5000, "-1", "²", "1e3"):
        assert post.post(event(), CONTENT_LENGTH=length).status_code in {401, 413}


def test_chunked_body_is_read_up_to_the_limit(post: Post) -> None:
    body = json.dumps(event()).encode()
    chunked: dict[str, Any] = {"CONTENT_LENGTH": "", "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    assert post.post(body, **chunked | {"wsgi.input": BytesIO(body)}).status_code == 200
    assert len(post.events()) == 1
    assert post.post(body, **chunked | {"wsgi.input": BytesIO(body + b" " * 300_000)}).status_code == 413


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"plain text",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"metadata":' * 20_000,
        b'{"bill":{"id":' + b"9" * 5000 + b"}}",
        b'{"metadata":{"eventId":"a\\u0000b","eventType":"bill.\\ud800"},"bill":{"id":"\\ud800"}}',
        b'{"metadata":{"eventType":"bill.updated"},"bill":{"id":"00n1"}}',
        b'{"metadata":{"version":NaN}}',
    ],
)
def test_signed_nonsense_is_kept_once_and_touches_little(post: Post, body: bytes) -> None:
    assert post.post(body).status_code == 200
    assert post.post(body).status_code == 200
    (row,) = post.events()
    assert row.event_id.startswith("sha256:")
    post.work()
    assert [each.processed_at is None for each in post.events()] == [False]


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/json; charset=utf-99", "multipart/form-data; boundary=x"]
)
def test_content_type_does_not_matter(post: Post, kind: str) -> None:
    assert post.post(event(), CONTENT_TYPE=kind).status_code == 200


def test_address_in_a_forwarding_header_changes_nothing(post: Post) -> None:
    told = event()
    assert {post.post(told, HTTP_X_FORWARDED_FOR=f"10.0.0.{n}").status_code for n in range(20)} == {200}
    assert len(post.events()) == 1


def test_json_in_a_string_is_one_event_too(post: Post) -> None:
    told = event()
    assert post.post(json.dumps(json.dumps(told)).encode()).status_code == 200
    assert [row.event_id for row in post.events()] == [told["metadata"]["eventId"]]


def test_database_that_is_away_is_503(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    body, path = json.dumps(event()).encode(), post.path
    signature = sign(body, post.known["key"])
    place = dict(connection.settings_dict)
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {**place["OPTIONS"], "pool": False})
    connection.close()
    try:
        assert post.post(body, signature, path=path).status_code == 503
    finally:
        monkeypatch.undo()
        connection.close()
    assert post.post(body, signature, path=path).status_code == 200


def test_redis_that_is_away_costs_nothing(post: Post, settings: Any) -> None:
    settings.REDIS_URL = settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    assert post.post(event()).status_code == 200
    assert len(post.events()) == 1


def test_stranger_is_turned_away_quickly(post: Post) -> None:
    body = json.dumps(event()).encode()
    path, times = post.path, []
    for _ in range(30):
        started = time.process_time()
        post.post(body, "no", path=path)
        times.append(time.process_time() - started)
    assert sorted(times)[15] < 0.02  # with the whole of Django and its test client round it
    with tenant_scope(post.town.tenant_id):
        assert WebhookEvent.objects.count() == 0
