"""Sign-up, verification, sign-in, second factor, password rules: through the pages, as a browser does."""

import re
import time
import uuid
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import ScryptPasswordHasher
from django.core import mail
from django.db import connection
from django.test import Client

from audit.models import AuditEntry
from tenants.access import places_of
from tenants.models import DataKey, User
from tenants.scope import tenant_scope
from tests.factories import PASSWORD, Cast, code_of, person, signed_in

pytestmark = pytest.mark.usefixtures("throttles")


def browser() -> Client:
    return Client(SERVER_NAME="127.0.0.1")


def sign_up(client: Client, email: str, password: str = PASSWORD, **fields: str) -> Any:
    form = {"email": email, "password1": password, "organisation": "Acme Ltd", "time_zone": "Europe/London", **fields}
    return client.post("/signup/", form)


def sign_in(client: Client, email: str, password: str = PASSWORD) -> Any:
    return client.post("/login/", {"login": email, "password": password})


def link_in(letter: Any) -> str:
    found = re.search(r"https?://[^/]+(/\S+)", letter.body)
    assert found is not None
    return found[1]


def new_address() -> str:
    return f"{uuid.uuid4().hex[:10]}@example.test"


def test_sign_up_makes_user_tenant_keys_and_first_entry_and_waits_for_verification(database: None) -> None:
    client, email = browser(), new_address()
    assert sign_up(client, email.upper()).status_code == 302
    user = User.objects.get(email=email)
    [place] = places_of(user)
    assert (place.name, place.time_zone) == ("Acme Ltd", "Europe/London")
    assert place.roles == ("clerk", "integrator", "owner")  # a one-person trial is never blocked
    with tenant_scope(place.tenant_id):
        assert DataKey.objects.count() == 2
        assert AuditEntry.objects.get().actor_id == str(user.pk)
    assert not sign_in(browser(), email).wsgi_request.user.is_authenticated
    client.post(link_in(mail.outbox[0]))
    assert sign_in(browser(), email).wsgi_request.user.is_authenticated


def test_a_known_address_gets_the_same_answer_and_a_letter_instead(cast: Cast) -> None:
    known, fresh = sign_up(browser(), cast.owner.email), sign_up(browser(), new_address())
    assert (known.status_code, known["Location"]) == (fresh.status_code, fresh["Location"])
    assert User.objects.filter(email=cast.owner.email).count() == 1
    assert len(places_of(cast.owner)) == 1
    assert "signup" in mail.outbox[0].body or "exist" in mail.outbox[0].body


def test_a_known_address_takes_as_long_as_a_new_one(cast: Cast, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]

    def seconds(email: str) -> float:
        started = time.perf_counter()
        sign_up(browser(), email)
        return time.perf_counter() - started

    def one_hash() -> float:
        started = time.perf_counter()
        ScryptPasswordHasher().encode("x" * 12, "saltsaltsalt")
        return time.perf_counter() - started

    hashing = min(one_hash() for _ in range(5))  # the least: a busy machine only ever adds
    assert seconds(cast.owner.email) > hashing * 0.7
    assert seconds(new_address()) > hashing * 0.7


@pytest.mark.parametrize("password", ["short", "password1234", "123456789012", "x" * 129])
def test_weak_and_overlong_passwords_are_refused(database: None, password: str) -> None:
    email = new_address()
    assert sign_up(browser(), email, password).status_code == 200
    assert not User.objects.filter(email=email).exists()


def test_blanks_in_a_password_are_kept(database: None) -> None:
    client, email = browser(), new_address()
    sign_up(client, email, "  blanks around it  ")
    client.post(link_in(mail.outbox[0]))
    assert not sign_in(browser(), email, "blanks around it").wsgi_request.user.is_authenticated
    assert sign_in(browser(), email, "  blanks around it  ").wsgi_request.user.is_authenticated


def test_passwords_are_kept_with_scrypt(settings: Any) -> None:
    from mlconnector import settings as written

    assert written.PASSWORD_HASHERS == ["django.contrib.auth.hashers.ScryptPasswordHasher"]


def test_guessing_stops_and_does_not_lock_the_owner_out(cast: Cast) -> None:
    stranger = Client(SERVER_NAME="127.0.0.1", REMOTE_ADDR="203.0.113.9")
    for _ in range(6):
        answer = sign_in(stranger, cast.owner.email, "wrong wrong wrong")
    assert b"Too many" in answer.content
    assert not sign_in(stranger, cast.owner.email).wsgi_request.user.is_authenticated
    assert sign_in(browser(), cast.owner.email).wsgi_request.user.is_authenticated


def test_a_changed_forwarded_address_does_not_reset_the_throttle(cast: Cast) -> None:
    client = browser()
    for number in range(7):
        answer = client.post(
            "/login/",
            {"login": cast.owner.email, "password": "wrong wrong wrong"},
            headers={"x-forwarded-for": f"198.51.100.{number}"},
        )
    assert b"Too many" in answer.content


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example/", "javascript:alert(1)", "https:evil.example"]
)
def test_next_leads_nowhere_else(cast: Cast, target: str) -> None:
    answer = browser().post("/login/", {"login": cast.owner.email, "password": PASSWORD, "next": target})
    assert answer.status_code == 302
    assert answer["Location"] == "/"


def test_a_forged_host_does_not_reach_a_reset_letter(cast: Cast) -> None:
    answer = browser().post("/password/reset/", {"email": cast.owner.email}, headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert mail.outbox == []


def test_a_reset_link_works_once_and_ends_other_sessions(cast: Cast) -> None:
    other = signed_in(cast.owner)
    client = browser()
    client.post("/password/reset/", {"email": cast.owner.email})
    link = link_in(mail.outbox[0])
    form = client.get(link, follow=True).redirect_chain[-1][0]
    client.post(form, {"password1": "another good password", "password2": "another good password"})
    assert sign_in(browser(), cast.owner.email, "another good password").wsgi_request.user.is_authenticated
    assert not other.get("/tenants/").wsgi_request.user.is_authenticated
    assert b"password1" not in browser().get(link, follow=True).content


def test_reset_of_an_unknown_address_gets_the_same_answer(cast: Cast) -> None:
    known = browser().post("/password/reset/", {"email": cast.owner.email})
    unknown = browser().post("/password/reset/", {"email": new_address()})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])


def with_second_factor(user: User) -> tuple[Client, str]:
    """Switch the second factor on through the page; the browser and the secret."""
    client = browser()
    sign_in(client, user.email)
    assert "/reauthenticate/" in client.get("/second-factor/totp/activate/")["Location"]  # step-up
    client.post("/reauthenticate/", {"password": PASSWORD})
    secret = client.get("/second-factor/totp/activate/").context["form"].secret
    client.post("/second-factor/totp/activate/", {"code": code_of(secret)})
    return client, secret


def test_a_second_factor_is_asked_for_and_its_secret_is_sealed(cast: Cast, settings: Any) -> None:
    settings.MFA_TOTP_TOLERANCE = 1
    _, secret = with_second_factor(cast.owner)
    assert Authenticator.objects.filter(user=cast.owner, type="totp").exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT data::text FROM mfa_authenticator WHERE user_id = %s", [cast.owner.pk])
        assert all(secret not in row[0] for row in cursor.fetchall())
    client = browser()
    answer = sign_in(client, cast.owner.email)
    assert answer["Location"].startswith("/second-factor/authenticate/")
    assert not answer.wsgi_request.user.is_authenticated
    wrong = client.post("/second-factor/authenticate/", {"code": "000000"})
    assert not wrong.wsgi_request.user.is_authenticated


def test_a_recovery_code_signs_in_once(cast: Cast) -> None:
    with_second_factor(cast.owner)
    codes = Authenticator.objects.get(user=cast.owner, type="recovery_codes").wrap().get_unused_codes()
    for expected in (True, False):
        client = browser()
        sign_in(client, cast.owner.email)
        answer = client.post("/second-factor/authenticate/", {"code": codes[0]})
        assert answer.wsgi_request.user.is_authenticated is expected


def test_the_session_key_changes_at_sign_in(cast: Cast) -> None:
    client = browser()
    client.get("/login/")
    before = client.cookies.get("ml_session")
    sign_in(client, cast.owner.email)
    assert client.cookies["ml_session"].value != (before.value if before else "")
    assert client.cookies["ml_session"]["httponly"]
    assert client.cookies["ml_session"]["samesite"] == "Lax"


def test_a_person_without_tenant_is_told_what_to_do(database: None) -> None:
    client = signed_in(person())
    answer = client.get("/settings/members/", follow=True)
    assert answer.redirect_chain[-1][0] == "/tenants/"
    assert b"invitation" in answer.content
