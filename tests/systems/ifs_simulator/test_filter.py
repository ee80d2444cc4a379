"""$filter: what it accepts, what it refuses, and that both ways of judging rows agree."""

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from integrations.systems.ifs.simulator import Simulator, SimulatorConfig
from integrations.systems.ifs.simulator.entities import ENTITIES, ENUMS
from integrations.systems.ifs.simulator.filter_grammar import Scope, parse
from integrations.systems.ifs.simulator.filter_rows import matcher
from integrations.systems.ifs.simulator.filter_sql import split
from integrations.systems.ifs.simulator.store import decode
from tests.systems.ifs_simulator.conftest import API, INVOICES, STATE, Caller, Clock, invoice

SCOPE = Scope("ManualSupplierInvoiceHandling", ENTITIES["ManSuppInvoice"].by_name, ENUMS)


def ids(caller: Caller, text: str) -> list[int]:
    return [row["InvoiceId"] for row in caller.rows(f"{INVOICES}?$filter={quote(text)}")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("InvoiceId eq 3", [3]),
        ("3 eq InvoiceId", [3]),
        ("InvoiceId gt 10", [11, 12]),
        ("10 lt InvoiceId", [11, 12]),
        ("InvoiceId ge 2 and InvoiceId le 4 and Company eq '10'", [2, 3, 4]),
        ("InvoiceId eq 2 or InvoiceId eq 9 or InvoiceId eq 99", [2, 9]),
        ("((Company eq '10') and (InvoiceId eq 2)) or ((Company eq '20') and (InvoiceId eq 3))", [2]),
        (f"Objstate eq {STATE}'Posted'", [3, 6, 9, 12]),
        (f"Objstate ne {STATE}'Posted' and InvoiceId lt 4", [1, 2]),
        (f"not (Objstate eq {STATE}'Posted') and InvoiceId lt 4", [1, 2]),
        ("DueDate eq null and InvoiceId lt 3", [1, 2]),
        ("DueDate ne null", []),
        ("DueDate lt 2030-01-01", []),
        ("not (DueDate lt 2030-01-01) and InvoiceId eq 1", [1]),
        ("NetCurrAmount eq 103.10", [3]),
        ("NetCurrAmount gt 110.1 and BlockedForPayment eq true", [12]),
        ("NetCurrAmount sub 100.10 eq InvoiceId and InvoiceId lt 3", [1, 2]),
        ("InvoiceId div 2 eq 3", [6, 7]),
        ("InvoiceId mul 2 add 1 eq 7", [3]),
        ("-1 lt 0 and InvoiceId eq 1", [1]),
        ("startswith(tolower(InvoiceNo),'n1')", [1, 10, 11, 12]),
        ("contains(InvoiceNo,'2')", [2, 12]),
        ("endswith(InvoiceNo,'2') and length(InvoiceNo) eq 3", [12]),
        ("concat(substring(InvoiceNo,1),'x') eq '7x'", [7]),
        ("substring(InvoiceNo,0,2) eq 'N1' and indexof(InvoiceNo,'2') eq 2", [12]),
        ("trim(concat(' ',toupper('n1'))) eq InvoiceNo", [1]),
        ("InvoiceDate ge 2026-05-12 and year(InvoiceDate) eq 2026 and month(InvoiceDate) eq 5", [11, 12]),
        ("cast(InvoiceDate,Edm.String) eq '2026-05-03'", [2]),
        ("InvoiceNo eq 'O''Brien'", []),
    ],
)
def test_filter_finds_the_rows_meant(caller: Caller, text: str, expected: list[int]) -> None:
    assert ids(caller, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Objstate eq 'Posted'",
        f"Objstate eq {STATE}'POSTED'",
        "Objstate eq IfsApp.Other.ManSuppInvoiceState'Posted'",
        "InvoiceId eq '3'",
        "InvoiceNo eq 3",
        "NoSuchField eq 3",
        "InvoiceId eq",
        "InvoiceId eq 3)",
        "(InvoiceId eq 3",
        "InvoiceId",
        "InvoiceDate eq 2026-02-31",
        "InvoiceDate eq '2026-02-01'",
        "InvoiceNo eq 'open",
        "InvoiceId eq 3 and",
        "upper(InvoiceNo) eq 'N1'",
        "startswith(InvoiceNo)",
        "InvoiceId + 1 eq 3",
        "(" * 500 + "true" + ")" * 500,
    ],
)
def test_wrong_filters_answer_400(caller: Caller, text: str) -> None:
    found = caller.get(f"{INVOICES}?$filter={quote(text)}")
    assert found.status_code == 400
    assert found.json()["error"]["code"] == "ODP_BAD_REQUEST"


@pytest.mark.parametrize(
    "text", ["round(NetCurrAmount) eq 3", "InvoiceId in (1,2)", "Objstate has 'x'", "InvoiceId mod 2 eq 0"]
)
def test_what_the_provider_lacks_answers_501(caller: Caller, text: str) -> None:
    found = caller.get(f"{INVOICES}?$filter={quote(text)}")
    assert (found.status_code, found.json()["error"]["code"]) == (501, "ODP_NOT_IMPLEMENTED")


def test_encoded_dollar_is_understood_and_plus_is_no_blank(caller: Caller) -> None:
    assert len(caller.rows(f"{INVOICES}?%24filter=InvoiceId%20eq%203")) == 1
    assert caller.get(f"{INVOICES}?$filter=InvoiceId+eq+3").status_code == 400


def test_timestamps_compare_as_moments_not_as_text(make: Callable[..., Caller]) -> None:
    brief = make(preset="brief", invoices=1)
    for text, count in [
        ("ModifiedDate ge 2026-06-01T12:00:00Z", 1),
        ("ModifiedDate ge 2026-06-01T14:00:00%2B02:00", 1),
        ("ModifiedDate gt 2026-06-01T12:00:00.5Z", 0),
        ("ModifiedDate lt 2026-06-01T12:00:00.5Z", 1),
        ("hour(ModifiedDate) eq 12 and date(ModifiedDate) eq 2026-06-01", 1),
        ("ModifiedDate le now()", 1),
    ]:
        assert len(brief.rows(f"{INVOICES}?$filter={text.replace(' ', '%20')}")) == count, text


_PIECES = some.sampled_from(
    [
        "Company eq '10'",
        "InvoiceId ge 4",
        "InvoiceId ne 7",
        "InvoiceId eq 5 or InvoiceId eq 8",
        "InvoiceNo gt 'N3'",
        "Identity eq null",
        "CreationDate eq null",
        "CreationDate lt 2026-05-05",
        f"Objstate eq {STATE}'Posted'",
        "InvoiceDate le 2026-05-06",
    ]
)


@settings(max_examples=60, deadline=None)
@given(some.lists(_PIECES, min_size=1, max_size=4), some.lists(some.sampled_from(["and", "or"]), min_size=3))
def test_database_and_tree_agree(pieces: list[str], words: list[str]) -> None:
    text = f"({pieces[0]})"
    for word, piece in zip(words, pieces[1:], strict=False):
        text = f"({text} {word} ({piece}))"
    node = parse(text, SCOPE)
    sim = _SIM
    entity = sim.entities["ManSuppInvoice"]
    conditions, rest = split(node, entity.columns)
    assert rest is None
    everything = [decode(body) for body in sim.store.select(entity, [], sim.store.key_order(entity))]
    accept = matcher(node, datetime.now(UTC))
    expected = [row["InvoiceId"] for row in everything if accept(row)]
    assert sim.store.select(entity, conditions, sim.store.key_order(entity), what='"InvoiceId"') == expected


_SIM = Simulator(config=SimulatorConfig(requests_per_window=None, token_seconds=86_400))
_SIM.store.insert_many("ManSuppInvoice", (invoice(number) for number in range(1, 13)))


@pytest.mark.parametrize(
    "text",
    [
        "InvoiceId div 0 eq 1",
        "NetCurrAmount mul 1e999999 mul 1e999999 gt 0",
        "NetCurrAmount gt 1e99999999999999999999",
        "hour(99:99) eq 1",
    ],
)
def test_reckoning_that_cannot_be_done_answers_400(caller: Caller, text: str) -> None:
    assert caller.get(f"{INVOICES}?$filter={quote(text)}").status_code == 400


def test_key_predicates(caller: Caller) -> None:
    assert caller.get(f"{INVOICES}(InvoiceId=3,Company='10')").json()["InvoiceNo"] == "N3"
    assert caller.get(f"{INVOICES}(Company='10',InvoiceId=99)").status_code == 404
    for wrong in (
        "(InvoiceId=3)",
        "(Company='10',InvoiceId='3')",
        "(Company='10',InvoiceId=3,X=1)",
        "()",
        "(3)",
        f"(Company='10',InvoiceId={10**30})",
    ):
        assert caller.get(f"{INVOICES}{wrong}").status_code == 400, wrong


def test_enum_in_a_key_needs_its_literal(caller: Caller) -> None:
    caller.sim.insert(
        "SupplierPayment",
        {"SupplierId": "S1", "Company": "10", "Identity": "S1", "PartyType": "Supplier", "Priority": 5},
    )
    base = f"{API}/SupplierHandling.svc/SupplierInfoGeneralSet(SupplierId='S1')/SupplierPayments"
    key = "(Company='10',Identity='S1',PartyType=IfsApp.SupplierHandling.PartyType'Supplier')"
    assert caller.get(base + key).json()["Priority"] == 5
    assert caller.get(f"{base}(Company='10',Identity='S1',PartyType='Supplier')").status_code == 400


_WORDS = """InvoiceId|InvoiceNo|eq|and|not|(|)|'a|'|3|-|2026-02-30|null|div|0|mul|true|,|length|substring(|cast(
Edm.String|\x00|é|1e999|1e999999|1e99999999999999999999|now()|99:99|hour(""".replace("\n", "|").split("|")


@settings(max_examples=150, deadline=None)
@given(some.lists(some.sampled_from([*_WORDS, f"{STATE}'Posted'"]), max_size=9))
def test_no_filter_text_breaks_the_server(words: list[str]) -> None:
    text = quote(" ".join(words))
    found = _CALLER.get(f"{INVOICES}?$filter={text}")
    assert found.status_code in (200, 400, 501), found.text


_CALLER = Caller(_SIM, Clock())
