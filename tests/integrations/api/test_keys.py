"""API keys: two people, one 401 for whatever is wrong with one, scopes, and no way round."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.models import AuditEntry
from integrations.models import ApiKey
from integrations.store import access
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.factories import Cast, join, person, signed_in
from tests.integrations.api.conftest import Program, error_of, make_key, with_key
from tests.integrations.factories import Desk

STATUS = "/api/v1/status/"


def change(cast: Cast, row: ApiKey, **fields: Any) -> None:
    with tenant_scope(cast.tenant.pk):
        ApiKey.objects.filter(pk=row.pk).update(**fields)


def test_a_key_opens_its_tenant_and_says_when_it_was_used(cast: Cast, desk: Desk) -> None:
    row, text = make_key(cast, "read")
    answer = with_key(text).get(STATUS)
    assert (answer.status_code, answer.json()["tenant"]) == (200, cast.tenant.slug)
    with tenant_scope(cast.tenant.pk):
        assert ApiKey.objects.get(pk=row.pk).last_used_at is not None


def test_what_is_kept_is_not_the_key(cast: Cast, desk: Desk) -> None:
    row, text = make_key(cast, "read")
    assert text.partition(".")[2] not in f"{row.hashed} {row.prefix} {row}"


def test_use_is_noted_once_a_minute(cast: Cast, desk: Desk) -> None:
    row, text = make_key(cast, "read")
    at = timezone.now() - timedelta(seconds=30)
    change(cast, row, last_used_at=at)
    with_key(text).get(STATUS)
    with tenant_scope(cast.tenant.pk):
        assert ApiKey.objects.get(pk=row.pk).last_used_at == at


@pytest.mark.parametrize("wrong", ["revoked", "expired", "unchecked", "cut", "longer", "other secret", "empty", "odd"])
def test_every_wrong_key_gets_the_same_401(cast: Cast, desk: Desk, wrong: str) -> None:
    row, text = make_key(cast, "read")
    now = timezone.now()
    texts = {
        "cut": text[:-1],
        "longer": text + "x",
        "other secret": f"{row.prefix}.{'x' * 40}",
        "empty": "",
        "odd": "a\x7fb.ü" * 99,
    }
    fields: dict[str, dict[str, Any]] = {
        "revoked": {"revoked_at": now},
        "expired": {"expires_at": now},
        "unchecked": {"checked_at": None},
    }
    change(cast, row, **fields.get(wrong, {"name": "same"}))
    answer, nobodys = with_key(texts.get(wrong, text)).get(STATUS), with_key("nobodys.key").get(STATUS)
    assert (answer.status_code, error_of(answer)["code"]) == (401, "authentication_failed")
    assert (answer.content, answer["WWW-Authenticate"]) == (nobodys.content, "Api-Key")


def test_a_key_elsewhere_than_in_its_header_opens_nothing(cast: Cast, desk: Desk) -> None:
    _, text = make_key(cast, "read")
    for client, query in ((with_key("x.y"), {}), (with_key(text, "Bearer"), {"api_key": text, "token": text})):
        assert client.get(STATUS, query).status_code == 401


def test_a_wrong_key_is_not_helped_by_a_session(cast: Cast, desk: Desk) -> None:
    client = signed_in(cast.owner)
    assert client.get(STATUS, headers={"Authorization": "Api-Key x.y"}).status_code == 401
    _, text = make_key(cast, "read", user=cast.stranger)
    answer = client.get(STATUS, headers={"Authorization": f"Api-Key {text}"})
    assert answer.json()["tenant"] == cast.elsewhere.slug


def test_a_key_without_read_reads_nothing(program: Program) -> None:
    assert program("retry").get(STATUS).status_code == 403


def test_a_key_never_does_what_only_people_do(program: Program, desk: Desk) -> None:
    client = program("read", "retry", "map", "settings")
    answer = client.post(f"/api/v1/connections/{desk.integration.ap.uuid}/ping/")
    assert (answer.status_code, error_of(answer)["code"]) == (403, "permission_denied")


def test_where_connections_are_real_a_controller_checks_the_key(cast: Cast, desk: Desk) -> None:
    checker = person()
    join(checker, cast.tenant, Role.CONTROLLER)
    with tenant_scope(cast.tenant.pk):
        desk.integration.ap.environment = "production"
        desk.integration.ap.save()
    row, text = make_key(cast, "read")
    assert with_key(text).get(STATUS).status_code == 401
    place = cast.place(checker)
    with place.scope():
        access.approve(place, row)
    assert with_key(text).get(STATUS).status_code == 200


def test_nobody_approves_their_own_key(cast: Cast, desk: Desk) -> None:
    row, _ = make_key(cast, "read")
    join(cast.owner, cast.tenant, Role.CONTROLLER)
    change(cast, row, checked_at=None)
    place = cast.place(cast.owner)
    with place.scope(), pytest.raises(access.Refused, match="not the one who made it"):
        access.approve(place, row)


@pytest.mark.parametrize(
    ("name", "scopes", "words"),
    [("a", [], "what the key may do"), ("a", ["all"], "what the key may do"), ("  ", ["read"], "a name")],
)
def test_a_key_without_sense_is_not_made(cast: Cast, desk: Desk, name: str, scopes: list[str], words: str) -> None:
    place = cast.place(cast.owner)
    with place.scope(), pytest.raises(access.Refused, match=words):
        access.make(place, name, scopes)


def test_only_an_owner_makes_and_only_owner_or_controller_end_keys(cast: Cast, desk: Desk) -> None:
    row, text = make_key(cast, "read")
    clerk, owner = cast.place(cast.colleague), cast.place(cast.owner)
    with clerk.scope():
        with pytest.raises(access.Refused, match="Only an owner"):
            access.make(clerk, "mine", ["read"])
        with pytest.raises(access.Refused, match="An owner or a controller"):
            access.revoke(clerk, row)
    with owner.scope():
        access.revoke(owner, row)
    assert with_key(text).get(STATUS).status_code == 401
    with tenant_scope(cast.tenant.pk):
        actions = list(AuditEntry.objects.filter(action__startswith="api_key").values_list("action", flat=True))
    assert actions == ["api_key_revoked", "api_key_made"]


def test_a_caller_above_its_limit_waits_whatever_address_it_claims(program: Program, settings: Any) -> None:
    settings.API_PER_MINUTE = 3
    client = program("read")
    answers = [client.get(STATUS, headers={"X-Forwarded-For": f"10.0.0.{n}"}) for n in range(8)]
    late = [answer for answer in answers if answer.status_code == 429]
    assert len(late) >= 2  # of eight in one minute, or of four in each of two
    assert error_of(late[0])["code"] == "throttled"
    assert 0 < int(late[0]["Retry-After"]) <= 60


def test_guessing_keys_has_a_limit_too(database: None, throttles: None, settings: Any) -> None:
    settings.API_STRANGERS = 3
    client = with_key("guess.guess")
    answers = [client.get(STATUS, headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code for n in range(8)]
    assert set(answers) == {401, 429}
