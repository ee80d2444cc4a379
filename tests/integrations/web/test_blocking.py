"""Blocking now: each missing thing with what it holds and what may supply it; taking a suggestion proposes it."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from integrations.engine.records import Entity
from integrations.models import (
    Connection,
    FieldMapping,
    Flow,
    GLMapping,
    MappingSet,
    MirrorRecord,
    OutboxItem,
    RecordLink,
)
from integrations.runner.setup import Wanted, add_flow
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.integrations.factories import Desk

Browsers = Callable[[Role], Client]
AT = "2026-03-01T00:00:00Z"


@pytest.fixture
def charted(desk: Desk) -> Desk:
    """The other side has a few accounts, a department and a vendor."""
    with tenant_scope(desk.tenant_id):
        for entity, kind, number, name in (
            ("gl_account", "", "5010", "Travel"),
            ("gl_account", "", "5020", "Office supplies"),
            ("gl_account", "", "5099", "Closed"),
            ("dimension", "department", "100", "Sales"),
            ("vendor", "", "V1", "Grafton Merchanting Ltd"),
        ):
            MirrorRecord.objects.create(
                connection=desk.integration.ap, entity=entity, kind=kind, target_id=f"t{number}", number=number,
                name=name, seen_at=AT, active=number != "5099",
            )  # fmt: skip
        FieldMapping.objects.create(integration=desk.integration, source="dimensions.B", target="department")
    return desk


def show(client: Client, query: str = "") -> str:
    return client.get(f"/review/blocking/{query}").content.decode()


def take(client: Client, desk: Desk, *rows: tuple[str, str, str], **also: str) -> str:
    """What the page says after these (kind, key, target) were taken."""
    form: dict[str, object] = {"take": [str(n) for n in range(len(rows))], **also}
    for n, (kind, key, target) in enumerate(rows):
        form |= {f"integration-{n}": str(desk.integration.uuid), f"kind-{n}": kind, f"key-{n}": key}
        form[f"target-{n}"] = target
    return client.post("/review/blocking/", form, follow=True).content.decode()


def states(desk: Desk) -> list[str]:
    with tenant_scope(desk.tenant_id):
        return list(OutboxItem.objects.order_by("id").values_list("state", flat=True))


def real(desk: Desk) -> None:
    """Nothing is a simulator: two people are needed."""
    with tenant_scope(desk.tenant_id):
        Connection.objects.update(environment="production")


def test_the_page_says_what_is_missing_and_what_it_holds(clerk: Client, charted: Desk) -> None:
    for amount, currency in (("100", "USD"), ("250", "EUR")):
        charted.record("held", code="unmapped_account", amount=amount, currency=currency, needs=("account", "5020"))
    page = show(clerk)
    assert "2 records are held up: 250.00\xa0EUR and 100.00\xa0USD, earliest due 1 December 2026." in page
    assert "5020 Office supplies: same number" in page
    assert "?needs=account%7C5020" in page


def test_the_records_behind_a_number_are_one_click_away(clerk: Client, charted: Desk) -> None:
    charted.record("held", number="INV-A", needs=("account", "5020"))
    charted.record("held", number="INV-B", needs=("account", "9"))
    page = clerk.get("/records/?needs=account%7C5020").content.decode()
    assert ("INV-A" in page, "INV-B" in page, "wait for account 5020" in page) == (True, False, True)


def test_suggestions_go_by_the_name_as_the_ledger_has_it(clerk: Client, charted: Desk) -> None:
    with tenant_scope(charted.tenant_id):
        charted.flows["gl_account"] = add_flow(charted.integration, Wanted(Entity.GL_ACCOUNT))
    charted.record("done", entity="gl_account", number="4471", party_name="Office supplies")
    charted.record("held", needs=("account", "4471"))
    page = show(clerk)
    assert "5020 Office supplies: name 100 % alike" in page
    assert "5099" not in page


def test_a_number_that_only_begins_alike_is_not_ticked_with_the_others(clerk: Client, charted: Desk) -> None:
    charted.record("held", needs=("account", "5025"))
    page = show(clerk)
    assert ("Number also begins with 502" in page, 'name="take"' in page) == (True, False)


def test_one_click_puts_a_rule_in_force_and_frees_its_records_at_once(browser_of: Browsers, charted: Desk) -> None:
    for amount in ("100", "50.50"):
        charted.record("held", amount=amount, needs=("account", "4471"))
    said = take(browser_of(Role.CLERK), charted, ("account", "4471", "5020"), only="0")
    assert (
        "1 rule in force. 2 records over 150.50\xa0USD were freed and go on with the next run, which is due now."
        in said
    )
    assert states(charted) == ["ready", "ready"]
    with tenant_scope(charted.tenant_id):
        assert GLMapping.objects.get().target == "5020"
        assert MappingSet.objects.get().freed == 2


def test_several_are_one_proposal_where_a_second_person_decides(browser_of: Browsers, charted: Desk) -> None:
    real(charted)
    controller, clerk = browser_of(Role.CONTROLLER), browser_of(Role.CLERK)
    charted.record("held", needs=("account", "4471"))
    charted.record("held", needs=("dimension:B", "10"))
    said = take(clerk, charted, ("account", "4471", "5020"), ("dimension:B", "10", "100"))
    assert "2 rules proposed. They count once a controller approves." in said
    assert states(charted) == ["held", "held"]
    with tenant_scope(charted.tenant_id):
        made = MappingSet.objects.get()
    page = controller.post(f"/mappings/sets/{made.uuid}/", {"do": "approve"}, follow=True).content.decode()
    assert "2 records over 200.00\xa0USD were freed" in page
    assert states(charted) == ["ready", "ready"]


def test_what_cannot_be_is_said_and_the_others_go(browser_of: Browsers, charted: Desk) -> None:
    rows = (("account", "1", "5099"), ("account", "2*", "5010"), ("account", "3", "5010"))
    said = take(browser_of(Role.CLERK), charted, *rows)
    assert "1: 5099 (what it becomes) is closed." in said
    assert "2*: * and ? stand for any letters in a rule" in said
    assert "1 rule in force." in said


def test_a_supplier_is_linked_to_what_is_suggested(clerk: Client, charted: Desk) -> None:
    vendor = charted.record("held", entity="vendor", code="possible_duplicate", amount=None, number="S1")
    charted.record("waiting", code="vendor_not_sent", needs=("vendor", vendor.source_key))
    assert "V1 Grafton Merchanting Ltd: name 90 % alike" in show(clerk)
    assert "is linked." in take(clerk, charted, ("vendor", vendor.source_key, "tV1"))
    with tenant_scope(charted.tenant_id):
        assert RecordLink.objects.get(entity="vendor").target_id == "tV1"
    assert states(charted) == ["ready", "ready"]


@pytest.mark.parametrize(
    ("kind", "key", "where"),
    [
        ("setting", "rounding_account", "settings/change/?name=rounding_account"),
        ("invoice_type", "X", "settings/change/?name=invoice_types"),
        ("account", "A&B", "/mappings/rule/?integration="),
        ("part", "C", "source=dimensions.C"),
        ("period", "2026-02", "It arrives by itself"),
        ("invoice", "77", "It arrives by itself"),
        ("something_new", "77", "something_new"),
    ],
)
def test_every_kind_says_where_it_is_supplied(clerk: Client, charted: Desk, kind: str, key: str, where: str) -> None:
    charted.record("held", needs=(kind, key))
    assert where in show(clerk)


def test_pages_go_on_and_odd_addresses_begin_anew(clerk: Client, desk: Desk) -> None:
    for n in range(60):
        desk.record("held", amount=str(1000 - n), needs=("account", f"key-{n:02}"))
    first = show(clerk)
    assert ("key-49" in first, "key-50" in first) == (True, False)
    after = first.split("?after=")[1].split('"')[0]
    second = show(clerk, f"?after={after}")
    assert ("key-49" in second, "key-50" in second, "10 shown" in second) == (False, True, True)
    for odd in ("x", "W10", "%00", "WyJOYU4iLCJhIiwiYiIsMV0", "WyIxIiwiYVx1MDAwMCIsImIiLDFd"):
        assert "key-00" in show(clerk, f"?after={odd}")


def test_filters_narrow_and_say_by_what(clerk: Client, desk: Desk) -> None:
    desk.record("held", needs=("account", "acc-1"))
    desk.record("held", needs=("period", "2026-02"))
    page = show(clerk, "?kind=period")
    assert ("2026-02" in page, "acc-1" in page) == (True, False)
    assert "Nothing of this kind" in show(clerk, "?integration=7d0a8a34-0000-4000-8000-000000000000")


def test_an_auditor_looks_and_takes_nothing(browser_of: Browsers, charted: Desk) -> None:
    charted.record("held", needs=("account", "5020"))
    auditor = browser_of(Role.AUDITOR)
    assert "Take it" not in show(auditor)
    assert auditor.post("/review/blocking/", {}).status_code == 403


def test_an_integration_of_somebody_else_is_not_there(clerk: Client, charted: Desk) -> None:
    form = {"only": "0", "integration-0": "7d0a8a34-0000-4000-8000-000000000000", "kind-0": "account"}
    form |= {"key-0": "1", "target-0": "5020"}
    assert "Nothing was chosen." in clerk.post("/review/blocking/", form, follow=True).content.decode()


def test_captured_invoices_are_offered_the_accounts_of_the_books(clerk: Client, desk: Desk) -> None:
    desk.turn_round()
    with tenant_scope(desk.tenant_id):
        desk.flows["gl_account"] = add_flow(desk.integration, Wanted(Entity.GL_ACCOUNT))
        Flow.objects.filter(entity="vendor").delete()
    for number, control in (("5020", False), ("5021", True)):
        shot = {"key": number, "number": number, "name": "", "active": True, "control": control}
        desk.record("done", entity="gl_account", number=number, party_name="", snapshot=shot)
    desk.record("held", code="account_not_usable", needs=("account", "5029"))
    page = show(clerk)
    assert ("5020 : number also begins with 502" in page, "5021 :" in page) == (True, False)


def test_a_long_page_is_few_questions(clerk: Client, charted: Desk) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            show(clerk)
        return sum("integrations_" in query["sql"] for query in seen)

    counts = []
    for size in (2, 30):
        for n in range(size):
            charted.record("held", needs=(("account", "dimension:B", "vendor", "tax_code")[n % 4], f"{size}-{n}"))
        counts.append(asked())
    assert counts[1] <= counts[0] + 1
    assert counts[1] <= 10
