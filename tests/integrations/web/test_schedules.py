"""When a flow runs: said in words, shown as times, refused in a sentence, changed and audited."""

from datetime import UTC

import pytest
from django.test import Client

from audit.models import AuditEntry
from integrations.models import DueFlow, Flow
from tenants.scope import tenant_scope
from tests.integrations.factories import Desk

SENT = {"rhythm": "own", "cron": "30 7 * * 1-5", "time_zone": "America/Chicago"}


def path_of(desk: Desk) -> str:
    return f"/flows/{desk.flows['invoice'].uuid}/schedule/"


def flow_of(desk: Desk) -> Flow:
    with tenant_scope(desk.tenant_id):
        found: Flow = Flow.objects.get(pk=desk.flows["invoice"].pk)
        return found


def test_a_schedule_is_saved_said_and_audited(owner: Client, desk: Desk) -> None:
    assert owner.post(path_of(desk), SENT).status_code == 302
    assert "at 07:30 on weekdays" in owner.get(f"/integrations/{desk.integration.uuid}/").content.decode()
    due = DueFlow.objects.get(flow_id=flow_of(desk).pk)
    assert due.poll_at.astimezone(UTC).hour in (12, 13)
    with tenant_scope(desk.tenant_id):
        assert AuditEntry.objects.filter(action="flow_scheduled").count() == 1


def test_hours_of_rest_are_kept_and_said(owner: Client, desk: Desk) -> None:
    owner.post(path_of(desk), {**SENT, "days_0": "0,1,2,3,4", "from_0": "18:00", "to_0": "20:00"})
    assert flow_of(desk).blackouts == [{"days": [0, 1, 2, 3, 4], "from": "18:00", "to": "20:00"}]
    assert "Rests from 18:00 to 20:00 on weekdays" in owner.get(path_of(desk)).content.decode()


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"cron": "99 7 * * *"}, "Write five fields"),
        ({"cron": "7 * * *"}, "Write five fields"),
        ({"cron": "0 0 30 2 *"}, "The day has to exist"),
        ({"cron": ""}, "Write five fields"),
        ({"time_zone": "Chicago"}, "Choose a time zone by its name"),
        ({"from_1": "18:00"}, "A rest needs a beginning and another end"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(owner: Client, desk: Desk, sent: dict[str, str], sentence: str) -> None:
    answer = owner.post(path_of(desk), {**SENT, **sent})
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert flow_of(desk).schedule == "*/5 * * * *"


def test_looking_at_the_next_times_saves_nothing(owner: Client, desk: Desk) -> None:
    page = owner.get(path_of(desk), SENT).content.decode()
    assert "It would run at 07:30 on weekdays" in page
    assert flow_of(desk).schedule == "*/5 * * * *"


def test_a_clerk_sees_the_schedule_and_changes_nothing(clerk: Client, desk: Desk) -> None:
    assert "Show the next runs" not in clerk.get(path_of(desk)).content.decode()
    assert clerk.post(path_of(desk), SENT).status_code == 403
