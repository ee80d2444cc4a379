"""A tenant's own texts on the way: they arrive and say why, and another rule writes nothing that was sent."""

import pytest

from integrations.models import FieldMapping, OutboxItem, RecordLink
from tenants.scope import tenant_scope
from tests.integrations.runner.town import Make, Town, town_of

__all__ = ["town_of"]


def rule(town: Town, field: str, target: str, lookup: str = "") -> None:
    with tenant_scope(town.tenant_id):
        given = {"target": target, "lookup": lookup, "version": 2}
        FieldMapping.objects.update_or_create(integration=town.integration, field=field, source="", defaults=given)


@pytest.fixture
def town(town_of: Make) -> Town:
    """One supplier and one invoice of 100.00 that has not gone yet; its description and line are worded."""
    made = town_of()
    rule(made, "description", "{number|upper} of {invoice_date|date:DD.MM.YYYY}")
    rule(made, "line_description", "Account {account}")
    made.supplier("S1")
    made.erp.invoice(1, "100.00")
    return made


def test_texts_arrive_and_the_link_says_why(town: Town) -> None:
    town.sync()
    (bill,) = town.ap.sim.dump("bills")
    assert bill["description"].startswith("N1 of ")
    assert [line["description"] for line in bill["billLineItems"]] == ["Account 6120"]
    with tenant_scope(town.tenant_id):
        why = RecordLink.objects.get(entity="invoice").why
    assert [
        each for each in why if "version 2: {number|upper} of {invoice_date|date:DD.MM.YYYY} with number “N1”" in each
    ]
    assert [each for each in why if each.startswith("text of a line → “Account 6120” by field rule ")]


def test_another_rule_writes_nothing_that_was_sent(town: Town) -> None:
    town.sync()
    before = len(town.ap.sent)
    rule(town, "description", "Another")
    with tenant_scope(town.tenant_id):
        FieldMapping.objects.filter(field="line_description").delete()
        OutboxItem.objects.filter(flow__entity="invoice").update(state="ready")
    town.sync()
    assert [
        each for each in town.ap.sent[before:] if each.method not in ("GET",) and "login" not in str(each.url)
    ] == []
    town.erp.sim.edit("ManSuppInvoice", {"Company": "10", "InvoiceId": 1}, DueDate="2026-12-24")
    town.sync()
    (bill,) = town.ap.sim.dump("bills")
    assert (bill["dueDate"], bill["description"][:6]) == ("2026-12-24", "N1 of ")
    assert [line["description"] for line in bill["billLineItems"]] == ["Account 6120"]


def test_a_value_that_the_table_lacks_holds_the_invoice_until_it_is_there(town: Town) -> None:
    rule(town, "description", "{number|lookup}", "N2=Two")
    town.sync()
    assert (town.states(), town.bills()) == ({"N1": "held"}, {})
    rule(town, "description", "{number|lookup}", "N1=One")
    with tenant_scope(town.tenant_id):
        assert OutboxItem.objects.get(flow__entity="invoice").reason == "unmapped_text"
        OutboxItem.objects.filter(flow__entity="invoice").update(state="ready")
    town.sync()
    assert [bill["description"] for bill in town.ap.sim.dump("bills")] == ["One"]
