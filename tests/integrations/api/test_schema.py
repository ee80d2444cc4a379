"""The API's description is true: every answer is one it documents, every refusal has the one shape, no 5xx, no leak."""

from typing import Any

import pytest
import schemathesis
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import response_schema_conformance

from tenants.models import Role
from tests.defences.house import House, furnish
from tests.factories import Cast, forget_throttles, join
from tests.integrations.api.conftest import make_key

READING = {"400", "401", "403", "404", "429"}
WRITING = READING | {"409", "413", "415", "422"}
CASES = 12  # of each operation


@pytest.fixture
def house(cast: Cast) -> House:
    """A full tenant of the cast's owner; the stranger's key is the one that calls."""
    return furnish(cast.tenant, cast.owner)


def described(folder: Any) -> dict[str, Any]:
    file = folder / "schema.json"
    call_command("spectacular", "--file", str(file), "--format", "openapi-json", "--fail-on-warn", "--validate")
    found: dict[str, Any] = schemathesis.openapi.from_path(file).raw_schema
    return found


def test_every_operation_documents_every_refusal_and_its_shape(tmp_path: Any) -> None:
    found = described(tmp_path)
    operations = [(m, op) for path in found["paths"].values() for m, op in path.items() if "operationId" in op]
    assert len(operations) > 35
    for method, operation in operations:
        assert operation["description"], operation["operationId"]
        if operation["operationId"] not in ("schema_retrieve",):
            wanted = READING if method == "get" else WRITING
            assert wanted <= set(operation["responses"]), operation["operationId"]


def test_every_change_takes_an_idempotency_key_and_a_body_of_known_names(tmp_path: Any) -> None:
    found = described(tmp_path)
    posts = [path["post"] for path in found["paths"].values() if "post" in path]
    assert len(posts) > 15
    for operation in posts:
        assert "Idempotency-Key" in {each["name"] for each in operation["parameters"]}


def test_a_body_is_described_as_taking_nothing_else(tmp_path: Any) -> None:
    shapes = described(tmp_path)["components"]["schemas"]
    assert [shapes[name]["additionalProperties"] for name in ("GLMappingBody", "Narrowed")] == [False, False]
    assert shapes["GLMappingBody"]["properties"]["source"]["minLength"] == 1
    assert "additionalProperties" not in shapes["GLMapping"]


@pytest.mark.usefixtures("quiet")
def test_all_that_is_read_of_a_full_tenant_is_as_described(cast: Cast, house: House) -> None:
    """Lists and single things, every optional value there and away: `made_by` of what nobody made is null."""
    headers = {"Authorization": f"Api-Key {make_key(cast, 'read')[1]}"}
    schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", get_wsgi_application(), headers=headers)
    operations: Any = schema.get_all_operations()
    reading = [each for each in (found.ok() for found in operations) if each.method.upper() == "GET"]
    reading = [each for each in reading if not each.path.endswith(("/pdf/", "/file/"))]  # bytes, not JSON
    ids: dict[str, list[str]] = {}  # by the list that gave them
    answered = 0
    for operation in sorted(reading, key=lambda each: "{" in each.path):
        listed = operation.path.partition("{")[0]
        for place in ids.get(listed, []) if "{" in operation.path else [""]:
            case = operation.Case(path_parameters={"uuid": place} if place else {})
            answer = case.call(headers=headers)
            if answer.status_code == 200:
                answered += 1
                case.validate_response(answer, checks=[response_schema_conformance])
                ids.setdefault(operation.path, [row["id"] for row in answer.json().get("results", []) if "id" in row])
    assert answered > 40


@pytest.mark.slow
@pytest.mark.usefixtures("quiet")
def test_whatever_is_sent_the_answer_is_a_documented_one_and_nobody_elses(cast: Cast, house: House) -> None:
    for role in set(Role) - {Role.OWNER}:
        join(cast.stranger, cast.elsewhere, role)
    _, text = make_key(cast, "read", "retry", "map", "settings", user=cast.stranger)
    headers = {"Authorization": f"Api-Key {text}"}
    schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", get_wsgi_application(), headers=headers)
    theirs = [house.mark, cast.tenant.slug, str(cast.tenant.pk), cast.owner.email]

    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]

        @settings(
            max_examples=CASES,
            database=None,
            deadline=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def one(case: Any) -> None:
            forget_throttles()
            answer = case.call(headers=headers)
            assert answer.status_code < 500, (case.path, answer.text)
            assert str(answer.status_code) in case.operation.definition.raw["responses"] or answer.status_code == 404
            assert not [mark for mark in theirs if mark in answer.text]
            if answer.status_code >= 400:
                assert set(answer.json()["error"]) == {"code", "message", "details"}

        one()
