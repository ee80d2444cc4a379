import pytest

from integrations.engine.records import Entity
from integrations.systems.bill import SYSTEM
from integrations.systems.bill.settings import options
from tests.systems.bill.world import DEV_KEY, ORGANIZATION, PASSWORD, SETTINGS, World


def test_the_limits_are_bills_own() -> None:
    limits = SYSTEM.limits
    assert (limits.page_size, limits.per_clock_hour, limits.logins_per_clock_hour, limits.lanes) == (
        100,
        20_000,
        200,
        3,
    )
    assert limits.bulk == {Entity.VENDOR: 20, Entity.INVOICE: 100}


def test_good_settings_have_no_problems() -> None:
    assert SYSTEM.problems(SETTINGS) == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("organization_id", ""),
        ("organization_id", "009ABC"),
        ("dev_key", ""),
        ("environment", "moon"),
        ("base_url", ""),
        ("base_url", "gateway"),
        ("device", "laptop"),
        ("max_lines", "many"),
        ("max_lines", "0"),
        ("max_number_length", "1e3"),
    ],
)
def test_wrong_values_are_named_by_setting(name: str, value: str) -> None:
    assert list(SYSTEM.problems(SETTINGS | {name: value})) == [name]


def test_every_secret_setting_is_marked_and_hidden() -> None:
    assert {setting.name for setting in SYSTEM.settings if setting.secret} == {"dev_key", "password", "remember_me_id"}
    shown = repr(options(SETTINGS | {"device": "d", "remember_me_id": "remembered-id"}))
    assert not [secret for secret in (DEV_KEY, PASSWORD, "remembered-id") if secret in shown]


@pytest.mark.parametrize(
    ("environment", "url", "badge"),
    [
        ("production", "https://gateway.prod.bill.com/connect", "production"),
        ("sandbox", "https://gateway.stage.bill.com/connect", "sandbox"),
        ("own", "https://gateway.bill.test/connect", "simulator"),
        ("", "https://gateway.prod.bill.com/connect", "production"),
    ],
)
def test_each_environment_has_its_gateway_and_badge(environment: str, url: str, badge: str) -> None:
    settings = SETTINGS | {"environment": environment}
    assert options(settings).data_url == url
    assert options(settings).events_url == f"{url}-events"
    assert SYSTEM.environment(settings) == badge


def test_limits_count_under_the_developer_key_and_lanes_under_key_and_organization(world: World) -> None:
    key = options(SETTINGS).developer_limit
    assert world.budgets.made == {
        f"{key}:{ORGANIZATION}": {"lanes": 3},
        key: {"per_clock_hour": 20_000, "logins_per_clock_hour": 200},
    }
    assert DEV_KEY not in key


def test_another_organization_shares_the_developer_limit_but_no_session() -> None:
    one, other = options(SETTINGS), options(SETTINGS | {"organization_id": "008OTHER"})
    assert one.developer_limit == other.developer_limit
    assert one.session_name != other.session_name


def test_connecting_sends_nothing(world: World) -> None:
    world.connect()
    assert world.sent == []
