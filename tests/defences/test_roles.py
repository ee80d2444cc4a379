"""The table of roles, as people meet it."""

import pytest

from tenants import permissions
from tenants.models import Role
from tenants.permissions import Act, Right
from tests.defences.roles import findings
from tests.factories import Cast
from tests.integrations.factories import Desk

pytestmark = pytest.mark.usefixtures("quiet")


@pytest.mark.slow
def test_everybody_does_what_the_table_says_and_no_more(cast: Cast, desk: Desk) -> None:
    assert findings(cast, desk) == []


def test_a_wrong_table_is_found(cast: Cast, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {act: {**who, Role.AUDITOR: Right.YES} for act, who in permissions.RIGHTS.items()}
    wrong[Act.WORK] = {}
    monkeypatch.setattr(permissions, "RIGHTS", wrong)
    found = findings(cast, desk, [Role.AUDITOR, Role.CLERK])
    assert {"auditor can add a connection", "auditor can add a GL mapping in the admin"} <= set(found)
    assert "clerk cannot retry a record" in found
