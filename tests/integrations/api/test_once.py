"""Idempotency-Key: done once, answered the same; another body is refused; one at a time."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from audit.models import AuditEntry
from integrations.models import IdempotencyKey
from tenants.scope import tenant_scope
from tests.factories import Cast, signed_in
from tests.integrations.api.conftest import error_of
from tests.integrations.factories import Desk


def run(client: Client, desk: Desk, key: str = "k1", body: bytes = b"") -> Any:
    path = f"/api/v1/flows/{desk.flows['invoice'].uuid}/run/"
    return client.generic("POST", path, body, content_type="application/json", headers={"Idempotency-Key": key})


def asked(cast: Cast) -> int:
    with tenant_scope(cast.tenant.pk):
        return int(AuditEntry.objects.filter(action="flow_run_asked").count())


def kept(cast: Cast) -> Any:
    with tenant_scope(cast.tenant.pk):
        return list(IdempotencyKey.objects.all())


def test_the_same_again_is_answered_and_not_done(owner: Client, desk: Desk, cast: Cast) -> None:
    first, second = run(owner, desk), run(owner, desk)
    assert (first.status_code, first.json()) == (second.status_code, second.json()) == (202, first.json())
    assert asked(cast) == 1


def test_another_body_with_the_key_is_a_422(owner: Client, desk: Desk) -> None:
    run(owner, desk)
    answer = run(owner, desk, body=b"{}")
    assert (answer.status_code, error_of(answer)["code"]) == (422, "idempotency_key_reused")


def test_one_under_way_is_a_409_until_it_is_given_up(owner: Client, desk: Desk, cast: Cast) -> None:
    run(owner, desk)
    with tenant_scope(cast.tenant.pk):
        IdempotencyKey.objects.update(status=None)
    answer = run(owner, desk)
    assert (answer.status_code, error_of(answer)["code"]) == (409, "under_way")
    with tenant_scope(cast.tenant.pk):
        IdempotencyKey.objects.update(at=timezone.now() - timedelta(minutes=16))
    assert run(owner, desk).status_code == 202


def test_a_refusal_is_not_kept(owner: Client, desk: Desk, cast: Cast) -> None:
    assert run(owner, desk, body=b'{"a": 1}').status_code == 400
    assert (kept(cast), run(owner, desk).status_code) == ([], 202)


@pytest.mark.parametrize("key", ["x" * 201, "é", "a\tb"])
def test_a_key_that_cannot_be_kept_is_a_400(owner: Client, desk: Desk, key: str) -> None:
    assert run(owner, desk, key).status_code == 400


def test_callers_do_not_share_keys(owner: Client, desk: Desk, cast: Cast) -> None:
    run(owner, desk)
    assert run(signed_in(cast.colleague), desk).status_code == 202
    assert asked(cast) == 2


def test_old_answers_are_dropped(owner: Client, desk: Desk, cast: Cast) -> None:
    run(owner, desk)
    with tenant_scope(cast.tenant.pk):
        IdempotencyKey.objects.update(at=timezone.now() - timedelta(days=8))
    run(owner, desk, "k2")
    assert [row.key for row in kept(cast)] == ["k2"]


def test_fifty_at_once_do_it_once(owner: Client, desk: Desk, cast: Cast) -> None:
    codes: list[int] = []

    def one() -> None:
        codes.append(run(signed_in(cast.owner), desk).status_code)
        connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert asked(cast) == 1
    assert set(codes) <= {202, 409}
