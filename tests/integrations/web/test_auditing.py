"""The exports for auditors hold what people and runs did, exactly, and prove what they say."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit.log import opened
from audit.models import AuditEntry
from integrations.models import Answer, ApiKey, Connection, MappingSet, MirrorRecord, OutboxItem, SettingChange
from integrations.web.auditing.table import EXPORTS
from tenants.models import Membership, Role
from tenants.scope import tenant_scope
from tests.factories import Cast, person, signed_in, signed_in_twice
from tests.integrations.factories import Desk
from tests.integrations.taking import take

CHOICES = (("create", "It is another one: send it", "override"), ("keep", "Leave it", "work"))


@pytest.fixture
def auditor(browser_of: Callable[[Role], Client]) -> Client:
    return browser_of(Role.AUDITOR)


@pytest.fixture
def controller(browser_of: Callable[[Role], Client]) -> Client:
    return browser_of(Role.CONTROLLER)


@pytest.fixture
def real(desk: Desk) -> Desk:
    """Nothing is a simulator: two people are needed where the rules say so."""
    with tenant_scope(desk.tenant_id):
        Connection.objects.update(environment="production")
    return desk


def act(client: Client, item: OutboxItem, **sent: str) -> None:
    sent = {"do": "answer", "code": "possible_duplicate", "subject": "", "reason": "Two deliveries", **sent}
    client.post(f"/records/{item.uuid}/work/", sent)


def duplicate(desk: Desk, **fields: Any) -> OutboxItem:
    return desk.record("held", code="possible_duplicate", choices=CHOICES, **fields)


def decide(client: Client, desk: Desk, do: str) -> None:
    with tenant_scope(desk.tenant_id):
        given = Answer.objects.filter(status="proposed").latest("id")
    client.post(f"/answers/{given.uuid}/", {"do": do})


def last_entry(desk: Desk, action: str) -> tuple[AuditEntry, dict[str, object]]:
    with tenant_scope(desk.tenant_id):
        entry = AuditEntry.objects.filter(action=action).latest("sequence")
        return entry, json.loads(opened(entry))["detail"]


def test_overrides_ignores_and_edits_stand_apart_with_who_asked_and_who_judged(
    auditor: Client, clerk: Client, controller: Client, cast: Cast, real: Desk
) -> None:
    one, other, small, large = (duplicate(real, amount=a) for a in ("100.00", "7.50", "20.00", "5000.00"))
    act(clerk, one, choice="create")
    decide(controller, real, "approve")
    act(clerk, other, choice="keep", reason="It is the same")
    act(clerk, small, do="ignore", reason="Paid in cash")
    act(clerk, large, do="ignore", reason="Paid by card")
    decide(controller, real, "reject")

    overrides = take(auditor, "overrides")
    assert overrides.column("Action") == ["answer_proposed", "answered"]
    assert {*overrides.column("Asked by")} == {cast.colleague.email}
    assert overrides.column("Judged by")[0] == ""
    assert overrides.column("Judged by")[1].endswith("@example.test")
    assert {*overrides.column("Number")} == {one.source.number}
    assert overrides.totals == {"invoice USD": "200.000000"}
    ignored = take(auditor, "ignored")
    assert list(zip(ignored.column("Action"), ignored.column("Takes"), ignored.column("Reason"), strict=True)) == [
        ("answered", "ignore", "Paid in cash"),
        ("answer_proposed", "override", "Paid by card"),
        ("answer_rejected", "override", "Paid by card"),
    ]
    [edit] = take(auditor, "edits").rows
    assert (edit["Number"], edit["Reason"], edit["Who"]) == (
        other.source.number,
        "It is the same",
        cast.colleague.email,
    )
    released = take(auditor, "second-person")
    assert released.column("Action") == ["answered", "answer_rejected"]


def test_a_link_by_hand_is_an_edit_and_one_by_a_run_is_none(auditor: Client, clerk: Client, desk: Desk) -> None:
    item = desk.record("held", code="unknown")
    with tenant_scope(desk.tenant_id):
        MirrorRecord.objects.create(
            connection=desk.integration.ap, entity="invoice", target_id="00n77", currency="USD", seen_at=timezone.now()
        )
    act(clerk, item, do="link", target="00n77", reason="Same paper")
    [row] = take(auditor, "edits").rows
    assert (row["Did what"], row["Key"], row["Company"]) == ("Linked", item.source_key, "10")


def test_changes_of_mapping_setting_role_and_key_say_before_and_after(
    auditor: Client, owner: Client, controller: Client, browser_of: Callable[[Role], Client], real: Desk, cast: Cast
) -> None:
    integrator, path = browser_of(Role.INTEGRATOR), f"/integrations/{real.integration.uuid}/settings/"
    sent = {"weak_duplicates": "hold", "reason": "Two rents were paid twice"}
    integrator.post(f"{path}change/?name=weak_duplicates", sent)
    rule = {"integration": str(real.integration.uuid), "table": "account", "source": "4000", "target": "5000"}
    integrator.post("/mappings/rule/", {**rule, "reason": "New chart"})
    owner.post("/settings/keys/", {"name": "Month-end report", "scopes": ["read"]})
    with tenant_scope(real.tenant_id):
        change, rules, key = SettingChange.objects.get(), MappingSet.objects.get(), ApiKey.objects.get()
        member = Membership.objects.get(user=cast.colleague)
    controller.post(f"/settings/changes/{change.uuid}/", {"do": "approve"})
    controller.post(f"/mappings/sets/{rules.uuid}/", {"do": "approve"})
    controller.post(f"/settings/keys/{key.uuid}/", {"do": "approve"})
    owner.post(f"/settings/members/{member.pk}/take-role/")

    settings = take(auditor, "settings")
    assert settings.column("Action") == ["setting_proposed", "setting_approved", "setting_changed"]
    assert settings.rows[1]["After"] == "hold"
    assert settings.rows[1]["Judged by"] != settings.rows[1]["Asked by"] != ""
    mappings = take(auditor, "mappings")
    assert [row["Action"] for row in mappings.rows] == ["mapping_proposed", "mapping_changed", "mapping_approved"]
    assert "target: 5000" in mappings.rows[1]["After"]
    keys = take(auditor, "keys")
    assert [row["Action"] for row in keys.rows][-2:] == ["api_key_made", "api_key_approved"]
    [taken] = [row for row in take(auditor, "roles").rows if row["Action"] == "member.role_taken"]
    assert (taken["Person"], taken["Role"], taken["Who"]) == (cast.colleague.email, "clerk", cast.owner.email)
    released = {row["Action"] for row in take(auditor, "second-person").rows}
    assert {"setting_approved", "mapping_approved", "api_key_approved"} <= released


def test_users_who_left_are_those_without_any_role(auditor: Client, owner: Client, desk: Desk, cast: Cast) -> None:
    with tenant_scope(desk.tenant_id):
        stays = Membership.objects.create(user=cast.colleague, role=Role.CONTROLLER)
        first = Membership.objects.get(user=cast.colleague, role=Role.CLERK)
    owner.post(f"/settings/members/{first.pk}/take-role/")
    assert take(auditor, "leavers").rows == []
    owner.post(f"/settings/members/{stays.pk}/take-role/")
    rows = take(auditor, "leavers").rows
    assert [(row["Person"], row["Role"], row["Roles left"]) for row in rows] == [
        (cast.colleague.email, "clerk", "none"),
        (cast.colleague.email, "controller", "none"),
    ]


def test_failed_runs_say_how_they_ended(auditor: Client, desk: Desk) -> None:
    now = timezone.now()
    lost = desk.run(status="failed", started_at=now - timedelta(hours=2), error_code="timeout", error_message="=away")
    good = desk.run(started_at=now - timedelta(hours=1))
    desk.run(status="failed", started_at=now - timedelta(minutes=5))
    desk.run(kind="poll", balanced=False, started_at=now - timedelta(hours=3))
    found = take(auditor, "failed-runs")
    assert [(row["What is wrong"], row["Next good run"]) for row in found.rows] == [
        ("failed", str(good.uuid)),
        ("failed", ""),
        ("does not add up", ""),
    ]
    assert (found.rows[0]["Run"], found.rows[0]["Message"]) == (str(lost.uuid), "'=away")


@pytest.mark.usefixtures("throttles")
def test_every_look_of_an_operator_is_listed_with_its_reason(auditor: Client, desk: Desk, cast: Cast) -> None:
    operator = person()
    operator.is_superuser = True
    operator.save()
    looking = signed_in_twice(operator)
    looking.post("/operator/enter/", {"tenant": str(cast.tenant.pk), "reason": "ticket 4711: balance looks wrong"})
    looking.get("/runs/")
    found = take(auditor, "operators")
    assert found.column("Action")[:2] == ["operator.entered", "operator.looked"]
    assert found.rows[0]["Reason"] == "ticket 4711: balance looks wrong"
    assert "/runs/" in found.rows[1]["Details"]
    assert {*found.column("Who")} == {operator.email}


def test_a_formula_in_a_reason_is_no_formula_in_the_file(auditor: Client, clerk: Client, desk: Desk) -> None:
    act(clerk, duplicate(desk, number="=1+1"), do="ignore", reason='=HYPERLINK("http://x")')
    [row] = take(auditor, "ignored").rows
    assert (row["Reason"], row["Number"]) == ('\'=HYPERLINK("http://x")', "'=1+1")


def test_the_file_and_the_audit_state_the_same(auditor: Client, clerk: Client, desk: Desk) -> None:
    act(clerk, duplicate(desk), do="ignore")
    today = f"{timezone.localdate():%Y-%m-%d}"
    found = take(auditor, "ignored", f"?since={today}&integration={desk.integration.uuid}")
    assert found.facts["Asked for"] == f"from {today}; Acme payables"
    assert found.facts["Rows"] == "1"
    assert "refs.choice = ignore" in found.facts["Query"]
    entry, said = last_entry(desk, "export_made")
    refs = json.loads(entry.body)["refs"]
    assert (refs["rows"], refs["whole"]) == (1, True)
    assert refs["sha256"].encode() in found.content
    assert said["Asked for"] == found.facts["Asked for"]
    assert said["totals"] == {"invoice USD": "100.000000"}


def test_an_export_that_is_cut_off_is_noted_as_such(auditor: Client, clerk: Client, desk: Desk) -> None:
    act(clerk, duplicate(desk), do="ignore")
    answer = auditor.get("/audit/exports/ignored.csv")
    next(iter(answer.streaming_content))  # type: ignore[attr-defined]
    answer.close()
    entry, _ = last_entry(desk, "export_made")
    assert '"whole":false' in entry.body


def test_the_period_the_company_and_the_person_narrow(
    auditor: Client, clerk: Client, owner: Client, desk: Desk, cast: Cast
) -> None:
    act(clerk, duplicate(desk), do="ignore")
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert take(auditor, "ignored", f"?since={tomorrow}").facts["Rows"] == "0"
    assert take(auditor, "ignored", f"?until={tomorrow}").facts["Rows"] == "1"
    assert take(auditor, "ignored", f"?who={cast.owner.email}").facts["Rows"] == "0"
    assert take(auditor, "ignored", f"?who={cast.colleague.email.upper()}").facts["Rows"] == "1"
    for nonsense in ("integration=nonsense", "until=9999-12-31", "since=0001-01-01", "who=%00"):
        assert take(auditor, "ignored", f"?{nonsense}").facts["Asked for"] == "everything"


@pytest.mark.parametrize("key", EXPORTS)
def test_nothing_is_an_export_too_and_a_stranger_sees_nothing_of_ours(
    key: str, auditor: Client, clerk: Client, desk: Desk, cast: Cast
) -> None:
    act(clerk, duplicate(desk), do="ignore", reason="ours alone")
    stranger = signed_in(cast.stranger)
    for client in (stranger, auditor):
        page = client.get(f"/audit/exports/{key}/")
        assert page.status_code == 200
        found = take(client, key)
        assert f"{found.facts['Rows']} row" in page.content.decode()
        ours = ("ours alone", cast.colleague.email, cast.tenant.name)
        assert client is auditor or not [text for text in ours if text.encode() in found.content + page.content]
    assert set(EXPORTS[key].shows) <= set(EXPORTS[key].population.columns)


def test_the_list_names_every_export_and_an_unknown_one_is_nowhere(auditor: Client, desk: Desk) -> None:
    page = auditor.get("/audit/exports/").content.decode()
    assert all(f"/audit/exports/{key}/" in page for key in EXPORTS)
    assert auditor.get("/audit/exports/nothing/").status_code == 404
    assert auditor.get("/audit/exports/nothing.csv").status_code == 404


def test_the_same_seed_draws_the_same_sample_with_what_was_keyed_by_hand(auditor: Client, desk: Desk) -> None:
    for number in range(30):
        desk.record("done", amount="100.00", number=f"D-{number}")
    with tenant_scope(desk.tenant_id):
        for number in range(1, 36):  # the last five belong to no record of the source
            MirrorRecord.objects.create(
                connection=desk.integration.ap, entity="invoice", target_id=f"00n{number:05d}", amount="100.00",
                currency="USD", kind="bill", seen_at=timezone.now(), number=f"B-{number}",
            )  # fmt: skip

    def drawn(seed: str, size: int = 5) -> list[dict[str, str]]:
        found = take(auditor, "random-records", f"?seed={seed}&size={size}")
        assert found.facts["Seed"] == seed
        return found.rows

    assert drawn("a") == drawn("a") != drawn("b")
    assert [row["Way"] for row in drawn("a")] == ["source to target"] * 5 + ["target to source"] * 5
    back = [row for row in drawn("a", 1000) if row["Way"] == "target to source"]
    assert (len(back), sum(row["Reason"] == "keyed_by_hand" for row in back)) == (35, 5)
