"""A profile may change every name, but hold no secret, lead nowhere else and compute nothing."""

import json
from typing import Any

import pytest

from integrations.engine.errors import ConnectionBroken
from integrations.engine.ports import Scope
from integrations.engine.records import Entity
from integrations.systems.avidxchange import SYSTEM, rules
from integrations.systems.avidxchange.profile import PRESETS, load
from tests.systems.avidxchange.world import CLOSED, GATEWAY, PARTNER, SETTINGS, World


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_keeps_the_rules(preset: str) -> None:
    assert rules.faults(preset, "") == []


def test_a_preset_extends_another_member_by_member() -> None:
    found = load("avidsuite-2019")
    assert found.auth.mode == "gateway_login"
    assert found.invoices.read_mode == "closed_batches"
    assert not found.offers("vendors.upsert")
    assert found.paging == load("assumed-v1").paging


def test_overrides_replace_single_members() -> None:
    found = load(
        "assumed-v1", '{"operations": {"payments.list": {"path": "/v2/payments"}}, "limits": {"per_minute": 5}}'
    )
    operation = found.operations["payments.list"]
    assert operation is not None
    assert (operation.method, operation.path) == ("GET", "/v2/payments")
    assert found.limits.per_minute == 5
    assert found.limits.concurrency == load("assumed-v1").limits.concurrency


@pytest.mark.parametrize(
    ("overrides", "word"),
    [
        ({"auth": {"headers": {"token_pair": {"X-Key": "{password}"}}}}, "slot 'password'"),
        ({"auth": {"headers": {"token_pair": {"Authorization": "Bearer abc"}}}}, "seems to hold a secret"),
        ({"auth": {"headers": {"token_pair": {"X-Mark": "9f8e7d6c5b4a39281706f5"}}}}, "seems to hold a secret"),
        ({"auth": {"headers": {"token_pair": {"X Bad:": "{user_token}"}}}}, "not a header name"),
        ({"auth": {"token_url": "/token"}}, "token_url"),
        ({"auth": {"login_path": "../login"}}, "not a path"),
        ({"api_prefix": "https://evil.example"}, "not a path"),
        ({"operations": {"ping": {"path": "/{user_token}/systems"}}}, "may not stand outside a header"),
        ({"operations": {"ping": {"params": {"key": "{gateway_key}"}}}}, "may not stand outside a header"),
        ({"operations": {"ping": {"params": {"api_key": "{company_id}"}}}}, "seems to hold a secret"),
        ({"operations": {"ping": {"params": {"q": "9f8e7d6c5b4a39281706f5"}}}}, "seems to hold a secret"),
        ({"operations": {"ping": {"path": "https://evil.example/x"}}}, "is not a path"),
        ({"operations": {"ping": {"path": "//evil.example/x"}}}, "is not a path"),
        ({"operations": {"ping": {"path": "/a/../b"}}}, "is not a path"),
        ({"operations": {"ping": {"path": "/a?x=1"}}}, "is not a path"),
        ({"operations": {"ping": None}}, "'ping' is needed"),
        ({"operations": {"spy": {"method": "GET", "path": "/x"}}}, "'spy' is not an operation"),
        ({"operations": {"ping": {"method": "DELETE"}}}, "DELETE"),
        ({"invoices": {"read_mode": "closed_batches"}}, "invoice_batches.closed"),
        ({"fields": {"invoice.colour": ["Colour"]}}, "'invoice.colour' is not a field"),
        ({"fields": {"invoice.key": []}}, "'invoice.key' is needed"),
        ({"fields": {"invoice.number": ["Lines[1].Number"]}}, "is not a field name"),
        ({"fields": {"invoice.number": ["Number or Id"]}}, "is not a field name"),
        ({"payment": {"status_map": {"Sent": "sent"}}}, "sent"),
        ({"paging": {"size": 0}}, "paging.size"),
        ({"dates": {"filter_format": "{0.__class__}"}}, "filter_format"),
        ({"limits": {"per_minute": 0}}, "per_minute"),
        ({"limits": {"per_hour": 5}}, "per_hour"),
        ({"company": {"send_as": "header", "name": "X:Y"}}, "not a header name"),
    ],
)
def test_what_is_against_the_rules_is_said_at_the_setting(overrides: dict[str, Any], word: str) -> None:
    problems = SYSTEM.problems({**SETTINGS, "profile": json.dumps(overrides)})
    assert list(problems) == ["profile"]
    assert word in problems["profile"]
    with pytest.raises(ConnectionBroken) as caught:
        World({"profile": json.dumps(overrides)})
    assert caught.value.code == "profile"


@pytest.mark.parametrize("text", ["{", "[]", '"x"', "[" * 100_000, '{"schema": 2}'])
def test_what_is_no_profile_at_all_is_said_too(text: str) -> None:
    assert list(SYSTEM.problems({**SETTINGS, "profile": text})) == ["profile"]


@pytest.mark.parametrize(
    ("signs", "missing"),
    [
        (SETTINGS, set()),
        ({**SETTINGS, "user_token": ""}, {"user_token"}),
        ({**SETTINGS, **PARTNER}, set()),
        ({**SETTINGS, **PARTNER, "company_id": " "}, {"company_id"}),
        ({**SETTINGS, **GATEWAY}, set()),
        ({**SETTINGS, "preset": "avidsuite-2019"}, {"gateway_key", "username", "password"}),
        ({**SETTINGS, **CLOSED}, set()),
        ({**SETTINGS, "backfill_days": "-1"}, {"backfill_days"}),
        ({**SETTINGS, "auth_mode": "magic"}, {"auth_mode"}),
        ({**SETTINGS, "preset": "magic"}, {"preset", "profile"}),
    ],
)
def test_each_way_of_signing_in_names_what_it_needs(signs: dict[str, str], missing: set[str]) -> None:
    assert set(SYSTEM.problems(signs)) == missing


def test_a_field_of_another_name_needs_no_code() -> None:
    world = World({"profile": '{"fields": {"invoice.number": ["PONumber"]}}'})
    world.sim.create_invoice("S1", "I-1", 10, PONumber="P-77")
    assert [record.number for record in world.read(Entity.INVOICE)] == ["P-77"]


def test_the_badge_says_what_it_is_connected_to() -> None:
    assert SYSTEM.environment(SETTINGS) == "simulator"
    assert SYSTEM.environment({"environment": "production", "base_url": "http://127.0.0.1:8000"}) == "simulator"
    assert SYSTEM.environment({"environment": "sandbox", "base_url": "https://x.example"}) == "sandbox"
    assert SYSTEM.environment({"base_url": "https://x.example"}) == "production"


def test_a_profile_that_offers_less_is_no_failure() -> None:
    world = World({"profile": '{"operations": {"vendors.list": null}}'})
    assert Entity.VENDOR in world.client.blind
    with pytest.raises(ConnectionBroken) as caught:
        list(world.client.read(Entity.VENDOR, "", Scope()))
    assert caught.value.code == "not_offered"
    assert world.wire.sent == []
