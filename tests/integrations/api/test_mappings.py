"""Mapping rules by the API: a program proposes, a person approves, every version says who."""

import pytest

from integrations.models import Connection, GLMapping
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.factories import Cast, join, person, signed_in
from tests.integrations.api.conftest import Program, error_of
from tests.integrations.factories import Desk

RULES, SETS = "/api/v1/gl-mappings/", "/api/v1/mapping-sets/"


def rule(desk: Desk, **given: object) -> dict[str, object]:
    base = {
        "integration": str(desk.integration.uuid),
        "table": "account",
        "source": "4000",
        "target": "5000",
        "reason": "New chart",
    }
    return base | given


def test_a_program_proposes_and_a_controller_approves(cast: Cast, program: Program, desk: Desk) -> None:
    mapper, reader, controller = program("map"), program("read"), person()
    join(controller, cast.tenant, Role.CONTROLLER)
    with tenant_scope(desk.tenant_id):
        Connection.objects.update(environment="production")  # from now on two people are needed
    asked = mapper.post(RULES, rule(desk), "application/json")
    assert (asked.status_code, asked.json()["status"]) == (201, "proposed")
    path = f"{SETS}{asked.json()['id']}/"
    assert mapper.post(f"{path}approve/", {}, "application/json").status_code == 403
    assert signed_in(controller).post(f"{path}approve/", {}, "application/json").json()["status"] == "approved"
    (found,) = reader.get(RULES).json()["results"]
    assert (found["target"], found["version"], found["checked_by"]) == ("5000", 1, controller.email)
    (change,) = reader.get(f"{path}changes/").json()["results"]
    assert (change["old"], change["new"]["target"], change["version"]) == (None, "5000", 1)


def test_a_key_without_the_scope_proposes_nothing(program: Program, desk: Desk) -> None:
    assert program("read").post(RULES, rule(desk), "application/json").status_code == 403
    with tenant_scope(desk.tenant_id):
        assert not GLMapping.objects.exists()


def test_where_nobody_else_has_to_look_it_is_in_force_at_once_and_can_be_undone(program: Program, desk: Desk) -> None:
    asked = program("map").post(RULES, rule(desk), "application/json").json()
    assert asked["status"] == "approved"
    owner = program("map").post(f"{SETS}{asked['id']}/undo/", {}, "application/json")
    assert owner.status_code == 403  # a person takes back
    program("map").post(RULES, rule(desk, remove=True), "application/json")
    assert program("read").get(RULES).json()["results"] == []


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"integration": "00000000-0000-4000-8000-000000000000"}, 404),
        ({"table": "dimension"}, 409),
        ({"company": "20"}, 409),
        ({"source": "x" * 61}, 400),
        ({"version": 7}, 400),
        ({"valid_from": "yesterday"}, 400),
        ({"target": ""}, 409),
    ],
)
def test_what_cannot_be_proposed_is_refused(
    program: Program, desk: Desk, given: dict[str, object], status: int
) -> None:
    answer = program("map").post(RULES, rule(desk, **given), "application/json")
    assert (answer.status_code, bool(error_of(answer)["message"])) == (status, True)


def test_a_code_part_is_proposed_too(program: Program, desk: Desk) -> None:
    body = {"integration": str(desk.integration.uuid), "source": "dimensions.B", "target": "department"}
    program("map").post("/api/v1/field-mappings/", body, "application/json")
    (found,) = program("read").get("/api/v1/field-mappings/").json()["results"]
    assert (found["source"], found["target"], found["version"]) == ("dimensions.B", "department", 1)


FIELDS = "/api/v1/field-mappings/"


def test_a_text_is_proposed_by_a_program_and_refused_with_words(program: Program, desk: Desk) -> None:
    body = {"integration": str(desk.integration.uuid), "field": "po_number", "target": "{po_number|trim|upper}"}
    program("map").post(FIELDS, body, "application/json")
    (found,) = program("read").get(FIELDS).json()["results"]
    assert (found["field"], found["source"], found["target"]) == ("po_number", "", "{po_number|trim|upper}")
    for wrong in ({"target": "{0.__class__}"}, {"field": "currency"}, {"source": "dimensions.B"}, {"target": "\ud800"}):
        answer = program("map").post(FIELDS, body | wrong, "application/json")
        assert answer.status_code in (400, 409), wrong
        assert error_of(answer)["message"]
