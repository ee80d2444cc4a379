"""Rules that word texts, by page, program and file: proposed, approved, exported, undone; nonsense is refused."""

from collections.abc import Callable

import pytest
from django.test import Client

from integrations.models import Blocker, Connection, FieldMapping, GLMapping, MappingSet
from integrations.runner.mapping_csv import COLUMNS
from integrations.runner.mappings import Kind
from integrations.store import rulebook
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.integrations.factories import Desk
from tests.integrations.web.test_mapping_files import CELLS, answer_of, propose, send

Browsers = Callable[[Role], Client]
HEAD = ",".join(COLUMNS[Kind.FIELD])


@pytest.fixture
def integrator(browser_of: Browsers) -> Client:
    return browser_of(Role.INTEGRATOR)


def ask(client: Client, desk: Desk, query: str = "?kind=text", **given: str) -> str:
    base = {
        "integration": str(desk.integration.uuid),
        "entity": "invoice",
        "field": "description",
        "target": "{number}",
        "reason": "As suppliers know it",
    }
    return client.post(f"/mappings/rule/{query}", base | given, follow=True).content.decode()


def decide(client: Client, desk: Desk, do: str) -> str:
    with tenant_scope(desk.tenant_id):
        made = MappingSet.objects.latest("id")
    return client.post(f"/mappings/sets/{made.uuid}/", {"do": do}, follow=True).content.decode()


def rules(desk: Desk) -> dict[str, tuple[str, str]]:
    with tenant_scope(desk.tenant_id):
        rows = FieldMapping.objects.filter(active=True)
        return {row.field or row.source: (row.target, row.lookup) for row in rows}


def exported(client: Client, desk: Desk) -> bytes:
    answer = client.get(f"/mappings/{desk.integration.uuid}/fields.csv")
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def test_a_text_is_proposed_approved_and_decided_with(clerk: Client, browser_of: Browsers, desk: Desk) -> None:
    controller = browser_of(Role.CONTROLLER)
    with tenant_scope(desk.tenant_id):
        Connection.objects.update(environment="production")
    page = ask(clerk, desk, target=" {payment_term|lookup} ", lookup=" 30 = Net 30\r\n\r\n60=Net 60")
    assert "description: proposed" in page
    assert rules(desk) == {}
    assert "Net 60" in decide(controller, desk, "approve")
    assert rules(desk) == {"description": ("{payment_term|lookup}", "30=Net 30\n60=Net 60")}
    with tenant_scope(desk.tenant_id):
        rule = rulebook.load_rules(desk.flows["invoice"]).texts["description"]
        assert rulebook.load_rules(desk.flows["vendor"]).texts == {}
    assert (rule.version, rule.template, rule.approval.partition(" by ")[0]) == (1, "{payment_term|lookup}", "approved")


def test_a_field_has_one_rule_and_its_versions(integrator: Client, desk: Desk) -> None:
    ask(integrator, desk)
    ask(integrator, desk, target="No {number}")
    assert rules(desk) == {"description": ("No {number}", "")}
    with tenant_scope(desk.tenant_id):
        row = FieldMapping.objects.get()
    page = integrator.get(f"/mappings/rule/?field={row.pk}").content.decode()
    assert ("Version 1" in page, "Version 2" in page, "No {number}" in page) == (True, True, True)
    ask(integrator, desk, f"?field={row.pk}", remove="yes")
    assert rules(desk) == {}
    decide(integrator, desk, "undo")
    assert rules(desk) == {"description": ("No {number}", "")}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"target": "{0.__class__}"}, "There is no field “0.__class__” to read."),
        ({"target": "{number:>10}"}, "There is no field “number:&gt;10” to read."),
        ({"target": "{{number}}"}, "The braces do not match."),
        ({"target": "{number|eval}"}, "There is no transform “eval”."),
        ({"target": "a\0b"}, "Null characters are not allowed."),
        ({"target": "a\u200bb"}, "a character that nobody sees"),
        ({"target": "x" * 1_000_000}, "at most 500 characters"),
        ({"target": ""}, "This field is required."),
        ({"lookup": "30=Net"}, "Nothing asks this table."),
        ({"target": "{number|lookup}", "lookup": "30"}, "“30” is no line of a table."),
        ({"target": "{number|lookup}", "lookup": "30=a\x0bb"}, "a character that nobody sees"),
        ({"field": "amount"}, "Select a valid choice."),
        ({"source": "dimensions.B"}, "not both"),
        ({"entity": "vendor"}, "cannot be mapped"),
    ],
)
def test_what_cannot_be_filled_in_is_refused_with_words(
    integrator: Client, desk: Desk, given: dict[str, str], says: str
) -> None:
    assert says in ask(integrator, desk, **given)
    assert rules(desk) == {}


def test_what_nothing_takes_is_refused(integrator: Client, desk: Desk) -> None:
    desk.turn_round()
    assert "Nothing takes the description here" in ask(integrator, desk)
    ask(integrator, desk, field="line_description", target="{text}")
    assert rules(desk) == {"line_description": ("{text}", "")}


def test_a_value_that_a_table_lacks_leads_to_its_rule_and_is_freed_by_it(integrator: Client, desk: Desk) -> None:
    ask(integrator, desk, target="{payment_term|lookup}", lookup="60=Net 60")
    item = desk.record("held", code="unmapped_text")
    with tenant_scope(desk.tenant_id):
        Blocker.objects.create(item=item, integration=desk.integration, kind="field:description", key="30")
    page = integrator.get("/review/blocking/").content.decode()
    assert "Value in the table of the description" in page
    query = f"?integration={desk.integration.uuid}&kind=text&field=description"
    assert query.replace("&", "&amp;") in page
    assert "60=Net 60" in integrator.get(f"/mappings/rule/{query}").content.decode()
    ask(integrator, desk, query, target="{payment_term|lookup}", lookup="60=Net 60\n30=Net 30")
    with tenant_scope(desk.tenant_id):
        item.refresh_from_db()
    assert item.state == "ready"


def test_field_rules_come_and_go_as_a_file(integrator: Client, desk: Desk) -> None:
    with tenant_scope(desk.tenant_id):
        FieldMapping.objects.create(integration=desk.integration, source="dimensions.B", target="department")
        GLMapping.objects.create(integration=desk.integration, source="1", target="10")
    table = '"30=Net 30\n60=""Net"""'
    rows = (
        f"invoice,description,,{{payment_term|lookup}},{table}",
        "invoice,po_number,,{0.__class__},",
        "invoice,amount,,{number},",
        "invoice,,dimensions.C,,",
        "invoice,line_description,,{text|truncate:40},",
        "invoice,line_description,,{text},",
        "invoice,description,dimensions.D,x,",
        "vendor,name,,x,",
    )
    page = send(integrator, desk, "\n".join((HEAD, *rows)))
    assert answer_of(page) == "2 new, 0 changed, 0 unchanged; 6 cannot go in; 1 in force are not in the file."
    for words in (
        "There is no field “0.__class__”",
        "“amount” of “invoice” cannot be mapped",
        "Another row is the same",
    ):
        assert words in page
    propose(integrator, desk, page)
    texts = {"description": ("{payment_term|lookup}", '30=Net 30\n60="Net"')}
    assert rules(desk) == {**texts, "dimensions.B": ("department", ""), "dimensions.C": ("", "")}
    decide(integrator, desk, "undo")
    assert rules(desk) == {"dimensions.B": ("department", "")}


def test_an_export_of_field_rules_comes_back_without_a_change(integrator: Client, desk: Desk) -> None:
    with tenant_scope(desk.tenant_id):
        for number, cell in enumerate(CELLS):
            FieldMapping.objects.create(integration=desk.integration, source=f"dimensions.{number}", target=cell)
        FieldMapping.objects.create(
            integration=desk.integration, field="description", target="=1+{number|lookup}", lookup="cmd=x\n-1=+1"
        )
    data = exported(integrator, desk)
    assert not [cell for line in data.decode("utf-8-sig").splitlines() for cell in line.split(",") if cell[:1] == "="]
    assert answer_of(send(integrator, desk, data)) == f"0 new, 0 changed, {len(CELLS) + 1} unchanged."
