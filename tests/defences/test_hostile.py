"""Hostile input, and what finds it when nobody minds."""

from typing import Any

import pytest
from django.test import override_settings

from integrations.models import Connection, PingResult
from integrations.transport.egress import EgressPolicy
from integrations.web import dashboard, forms
from tenants.credentials import Sealed
from tenants.scope import tenant_scope
from tests.defences import hostile
from tests.defences.hostile import INSIDE, findings, leads_away, listener
from tests.factories import Cast, signed_in
from tests.integrations.factories import Desk

pytestmark = pytest.mark.usefixtures("quiet")


@pytest.mark.slow
def test_hostile_input_gets_a_clear_answer(cast: Cast, desk: Desk) -> None:
    with override_settings(EGRESS_ALLOW_PRIVATE=False, EGRESS_ALLOWED_HOSTS=[]):
        assert findings(cast, desk) == []


def test_addresses_that_nobody_checks_are_found(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EgressPolicy, "check", lambda self, url: url)
    found = list(hostile._addresses(cast))
    assert any("takes https://169.254.169.254" in finding for finding in found)


def test_a_way_out_is_found(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashboard, "url_has_allowed_host_and_scheme", lambda *_, **__: True)
    assert any("/look/" in finding and "evil" in finding for finding in hostile._ways_out(cast))


def test_a_form_that_loses_or_breaks_is_found(cast: Cast, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Any) -> Any:
        raise RuntimeError

    monkeypatch.setattr(forms.ConnectionForm, "clean_name", broken)
    [form, *_] = hostile._forms(cast, desk)
    assert any(finding.endswith(": 500") for finding in hostile._fields(form))


@pytest.mark.parametrize("target", hostile.EVIL[:10])
def test_what_leads_away_is_known(target: str) -> None:
    assert leads_away(target)
    assert not leads_away("/review/?code=x")


@pytest.mark.parametrize("system", ["ifs", "bill"])
def test_a_redirect_is_not_followed(cast: Cast, system: str) -> None:
    with (
        listener() as (inside, reached),
        listener(f"http://127.0.0.1:{inside.port}/latest/meta-data/") as (outside, at),
    ):
        url = f"http://127.0.0.1:{outside.port}"
        with override_settings(EGRESS_ALLOW_PRIVATE=True, EGRESS_ALLOWED_HOSTS=[f"127.0.0.1:{outside.port}"]):
            answer = ping(cast, system, url)
        assert at, answer.checks
        assert reached == []


@pytest.mark.parametrize("url", [each for each in INSIDE if each.startswith("http")])
def test_a_stored_address_that_points_inside_is_never_connected_to(cast: Cast, url: str) -> None:
    """Even one that came past the form: the ping says why, nothing on this machine hears of it."""
    with listener() as (inside, reached):
        local = url.replace("127.0.0.1", f"127.0.0.1:{inside.port}")
        with override_settings(EGRESS_ALLOW_PRIVATE=False, EGRESS_ALLOWED_HOSTS=[]):
            answer = ping(cast, "bill", local)
        assert not answer.green
        assert reached == []


def ping(cast: Cast, system: str, url: str) -> PingResult:
    values = {"base_url": url, "environment": "own", "organization_id": "1", "username": "u", "realm": "r"}
    with tenant_scope(cast.tenant.pk):
        row = Connection.objects.create(
            name="stored", system=system, settings={**values, "client_id": "c"},
            secrets=Sealed({"client_secret": "s" * 9, "dev_key": "k" * 9, "password": "p" * 9}),
        )  # fmt: skip
    assert signed_in(cast.owner).post(f"/connections/{row.uuid}/ping/").status_code == 302
    with tenant_scope(cast.tenant.pk):
        found: PingResult = PingResult.objects.get(connection=row)
    return found
