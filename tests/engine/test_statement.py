"""A statement proves itself: whatever is altered in it is found, and named."""

import copy
from typing import Any

import pytest

from integrations.engine.statement import canonical, hashed_row, new_key, signed, verify

PRIVATE, PUBLIC = new_key()


def row(key: str, here: str | None, there: str | None, **fields: Any) -> dict[str, Any]:
    return {
        "part": "invoices", "key": key, "variant": "", "number": f"N{key}", "currency": "USD", "period": "2026-11",
        "state": "agreed", "here": here, "there": there, "open_here": here, "open_there": there, **fields,
    }  # fmt: skip


def statement(previous: str = "") -> dict[str, Any]:
    rows = [row("1", "100.50", "100.50"), row("2", "7", "7"), row("3", "-3.25", None, state="held", currency="CAD")]
    return signed({"number": 1, "previous": previous, "tenant": "Acme"}, rows, PRIVATE)


def test_it_is_as_it_was_signed() -> None:
    assert verify(statement(), key=PUBLIC) == []


def test_currencies_and_states_are_summed_apart() -> None:
    sums = statement()["statement"]["sums"]
    assert [(s["currency"], s["state"], s["records"], s["here"], s["there"]) for s in sums] == [
        ("CAD", "held", 1, "-3.25", "0"),
        ("USD", "agreed", 2, "107.5", "107.5"),
    ]


def test_one_altered_amount_is_named() -> None:
    found = statement()
    found["statement"]["rows"][0]["there"] = "100.49"
    assert "Altered: invoices 1 (N1) now says here 100.50, there 100.49" in verify(found)[0]


def test_an_amount_altered_with_its_hash_still_breaks_its_sum() -> None:
    found = statement()
    rows = found["statement"]["rows"]
    rows[1] = hashed_row({**rows[1], "there": "8"})
    said = verify(found)
    assert "Sum of invoices USD 2026-11 agreed: there 107.5 is stated, its rows come to 108.5." in said
    assert "Its signature does not hold: the content is not what was signed." in said


def test_a_removed_row_is_noticed() -> None:
    found = statement()
    del found["statement"]["rows"][2]
    assert any("removed" in each for each in verify(found))


@pytest.mark.parametrize("name", ["tenant", "number", "previous"])
def test_whatever_else_is_altered_breaks_the_signature(name: str) -> None:
    found = statement()
    found["statement"][name] = "other"
    assert "Its signature does not hold: the content is not what was signed." in verify(found)


def test_somebody_elses_key_is_not_ours() -> None:
    other, _ = new_key()
    forged = signed({"number": 1, "previous": "", "tenant": "Acme"}, [row("1", "1", "1")], other)
    assert verify(forged) == []
    assert verify(forged, key=PUBLIC) == ["It was signed with another key than the one you named."]


def test_it_follows_the_one_before() -> None:
    first = statement()
    assert verify(statement(first["hash"]), previous=first["hash"]) == []
    assert verify(statement(), previous=first["hash"]) == [
        "It does not follow the statement before: the chain is broken."
    ]


@pytest.mark.parametrize("spoilt", [{}, {"statement": []}, {"statement": {"format": "other"}}])
def test_what_is_no_statement_is_said_to_be_none(spoilt: dict[str, Any]) -> None:
    assert len(verify(spoilt)) == 1


def test_its_bytes_do_not_depend_on_the_order_of_names() -> None:
    found = copy.deepcopy(statement())
    assert canonical(found) == canonical(dict(reversed(found.items())))
