"""Endpoints for programs: a secret shown once, refusals in the one shape, a log that tells."""

from typing import Any

import pytest
from django.test import Client

from integrations.models import AlertChannel, IdempotencyKey
from integrations.runner.alerts import posting
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.factories import Cast, join, person, signed_in
from tests.integrations.alerts.receiver import receiving
from tests.integrations.api.conftest import error_of, make_key, with_key
from tests.integrations.factories import Desk
from tests.racing import beside

PATH = "/api/v1/webhooks/"
GOOD = {"name": "on call", "url": "https://hooks.example.com/in?k=1"}


@pytest.fixture
def owner(cast: Cast, desk: Desk) -> Client:
    return signed_in(cast.owner)


def send(client: Client, path: str, body: Any = None, **headers: str) -> Any:
    return client.post(path, body or {}, content_type="application/json", headers=headers)


def test_the_secret_is_shown_once_and_kept_nowhere_in_clear(cast: Cast, owner: Client) -> None:
    made = send(owner, PATH, GOOD, **{"Idempotency-Key": "k1"})
    assert made.status_code == 201
    secret = made.json()["secret"]
    assert secret.startswith("whsec_")
    again = send(owner, PATH, GOOD, **{"Idempotency-Key": "k1"})
    assert (again.status_code, again.json()["secret"], again.json()["id"]) == (201, None, made.json()["id"])
    assert "secret" not in owner.get(PATH).json()["results"][0]
    with tenant_scope(cast.tenant.pk):
        assert secret not in str(list(IdempotencyKey.objects.values()))
        row = AlertChannel.objects.get(user=None)
        assert secret not in f"{row.__dict__} {row.secrets!r}"


def test_it_is_tried_rotated_and_taken_away(cast: Cast, owner: Client) -> None:
    with receiving() as receiver:
        made = send(owner, PATH, {**GOOD, "url": receiver.url}).json()
        one = f"{PATH}{made['id']}/"
        rotated = send(owner, f"{one}rotate/").json()
        tested = send(owner, f"{one}test/")
        assert (tested.status_code, tested.json()["status"]) == (202, "waiting")
        with tenant_scope(cast.tenant.pk):
            pk = AlertChannel.objects.get(uuid=made["id"]).pk
        posting.post_due(pk, cast.tenant.pk)
        [message] = receiver.messages
        assert message.signed_by(made["secret"])
        assert message.signed_by(rotated["secret"])
        [sent] = owner.get(f"{one}deliveries/").json()["results"]
        assert (sent["status"], sent["webhook_id"], sent["answer_code"]) == ("sent", message.id, 200)
        assert send(owner, f"/api/v1/webhook-deliveries/{sent['id']}/resend/").json()["status"] == "waiting"
        assert error_of(send(owner, f"/api/v1/webhook-deliveries/{sent['id']}/resend/"))["code"] == "taken"
    assert owner.delete(one).status_code == 204
    assert owner.get(one).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({**GOOD, "url": "http://hooks.example.com/"}, 409),
        ({**GOOD, "url": "https://169.254.169.254/"}, 409),
        ({**GOOD, "url": "https://hooks.example.com/#x"}, 409),
        ({**GOOD, "kinds": ["nonsense"]}, 400),
        ({**GOOD, "kinds": []}, 409),
        ({**GOOD, "secret": "whsec_mine"}, 400),
        ({"name": "x"}, 400),
    ],
)
def test_what_cannot_be_is_refused(owner: Client, body: Any, status: int) -> None:
    answer = send(owner, PATH, body)
    assert answer.status_code == status
    error_of(answer)
    assert owner.get(PATH).json()["results"] == []


def test_at_most_ten(owner: Client) -> None:
    for _ in range(10):
        assert send(owner, PATH, GOOD).status_code == 201
    assert error_of(send(owner, PATH, GOOD))["code"] == "too_many"


def test_programs_and_others_look_and_change_nothing(cast: Cast, owner: Client) -> None:
    one = f"{PATH}{send(owner, PATH, GOOD).json()['id']}/"
    _, text = make_key(cast, "read", "retry", "map", "settings")
    clerk = person()
    join(clerk, cast.tenant, Role.CLERK)
    for client in (with_key(text), signed_in(clerk)):
        assert client.get(one).status_code == 200
        for path in (PATH, f"{one}rotate/", f"{one}test/"):
            assert send(client, path, GOOD if path == PATH else None).status_code == 403
        assert client.delete(one).status_code == 403
    assert owner.get(one).status_code == 200


def test_a_members_mail_is_no_webhook(cast: Cast, owner: Client) -> None:
    with tenant_scope(cast.tenant.pk):
        row = AlertChannel.objects.create(user=cast.owner)
    assert owner.get(f"{PATH}{row.uuid}/").status_code == 404
    assert owner.delete(f"{PATH}{row.uuid}/").status_code == 404


def test_of_two_secrets_that_are_handed_out_at_once_both_sign(cast: Cast, owner: Client) -> None:
    one, given = f"{PATH}{send(owner, PATH, GOOD).json()['id']}/", []

    def rotate() -> None:
        given.append(send(owner, f"{one}rotate/").json()["secret"])

    assert beside(cast.tenant.pk, rotate, rotate) is None
    with tenant_scope(cast.tenant.pk):
        secrets = AlertChannel.objects.get(user=None).secrets.reveal()
    assert (secrets["before"], secrets["now"]) == tuple(given)


def test_what_somebody_takes_away_at_this_moment_is_not_there(cast: Cast, owner: Client) -> None:
    one, codes = f"{PATH}{send(owner, PATH, GOOD).json()['id']}/", []
    beside(cast.tenant.pk, lambda: owner.delete(one), lambda: codes.append(send(owner, f"{one}rotate/").status_code))
    assert codes == [404]
