"""Accounts and dimension values as codes of the AP tool: valid ones go, what ends is switched off, nothing deleted."""

from datetime import date
from typing import Any

import msgspec
import pytest

from integrations.engine.books import Elsewhere
from integrations.engine.codes import decide_code
from integrations.engine.decide import decide
from integrations.engine.decisions import Create, Decision, Link, Nothing, Update
from integrations.engine.drafts import CodeDraft
from integrations.engine.mapping import Rules
from integrations.engine.records import Dimension, GLAccount, Gone
from tests.engine.build import POLICY, VENDOR, said
from tests.engine.build_books import account, linked, value

TODAY = date(2026, 3, 5)
TRAVEL = account("4000", name="Travel")
SENT = CodeDraft(group="", value="4000", name="Travel")
OFF = msgspec.structs.replace(SENT, active=False)
CHANGES: list[dict[str, Any]] = [
    {"active": False},
    {"valid_to": date(2026, 3, 4)},
    {"valid_from": date(2026, 3, 6)},
    {"control": True},
    {"statistical": True},
]
NEVER = ["out inactive", "out not_valid_today", "out not_valid_today", "out not_for_coding", "out not_for_coding"]


def rules(*others: Elsewhere, key: str = "|4000", **fields: Any) -> Rules:
    """It is 5 March 2026; `others` send the same code."""
    return Rules(today=TODAY, elsewhere={key: others}, **fields)


def other(name: str = "Travel", *, active: bool = True, company: str = "20") -> Elsewhere:
    return Elsewhere(company=company, name=name, active=active)


def code(source: GLAccount | Dimension, link: Link | None = None, given: Rules | None = None) -> Decision:
    return decide(source, link, None, given or rules(), POLICY)


def drafted(found: Decision) -> CodeDraft:
    assert isinstance(found, Create | Update), found
    assert isinstance(found.draft, CodeDraft)
    return found.draft


def changed(**fields: Any) -> GLAccount:
    return msgspec.structs.replace(TRAVEL, **fields)


def test_an_account_has_no_group_and_a_value_has_its_code_parts_name_or_letter() -> None:
    assert drafted(code(TRAVEL)) == SENT
    assert drafted(code(value("B", "100", kind_name="Department"))).group == "Department"
    assert drafted(code(value("B", "100"))).group == "B"


def test_a_code_is_found_again_by_group_and_value() -> None:
    found = code(value("B", "100", kind_name="Department"))
    assert isinstance(found, Create)
    assert found.natural_key == "Department|100"


def test_a_code_without_a_text_is_called_by_its_value() -> None:
    assert drafted(code(changed(name=""))).name == "4000"


@pytest.mark.parametrize(("fields", "expected"), list(zip(CHANGES, NEVER, strict=True)), ids=str)
def test_what_cannot_be_coded_to_today_is_never_sent(fields: dict[str, Any], expected: str) -> None:
    assert said(code(changed(**fields))) == expected


@pytest.mark.parametrize("fields", CHANGES, ids=str)
def test_what_was_sent_and_cannot_be_coded_to_any_more_is_switched_off(fields: dict[str, Any]) -> None:
    found = code(changed(**fields), linked(TRAVEL, SENT, "|4000"))
    assert isinstance(found, Update)
    assert (found.draft, found.target_id, found.natural_key) == (OFF, "|4000", "|4000")


@pytest.mark.parametrize("fields", [{"valid_from": TODAY}, {"valid_to": TODAY}, {}])
def test_the_first_and_the_last_day_are_valid(fields: dict[str, Any]) -> None:
    assert said(code(changed(**fields))) == "create"


def test_without_a_day_validity_is_not_looked_at() -> None:
    assert said(decide_code(changed(valid_to=date(2020, 1, 1)), None, Rules())) == "create"


@pytest.mark.parametrize("fields", CHANGES, ids=str)
def test_it_is_switched_off_only_when_no_company_uses_it(fields: dict[str, Any]) -> None:
    link = linked(TRAVEL, SENT, "|4000")
    still = rules(other(active=False, company="30"), other())
    assert said(code(changed(**fields), link, still)) == "note used_elsewhere"
    assert drafted(code(changed(**fields), link, rules(other(active=False)))) == OFF


def test_what_is_switched_off_stays_so_and_comes_back_when_it_is_valid_again() -> None:
    ended = changed(active=False)
    link = linked(ended, OFF, "|4000")
    assert code(ended, link) == Nothing()
    assert drafted(code(TRAVEL, link)) == SENT


@pytest.mark.parametrize("last", [TRAVEL, value("B", "100")])
def test_what_is_gone_from_the_erp_is_switched_off_never_deleted(last: GLAccount | Dimension) -> None:
    gone, sent = Gone(key=last.key, last=last), drafted(code(last))
    assert said(decide(gone, None, None, rules(), POLICY)) == "out gone"
    found = decide(gone, linked(last, sent), None, rules(), POLICY)
    assert drafted(found) == msgspec.structs.replace(sent, active=False)
    off = msgspec.structs.replace(sent, active=False)
    assert decide(gone, linked(last, off), None, rules(), POLICY) == Nothing()


def test_what_is_gone_here_and_used_by_another_company_stays_on() -> None:
    found = decide(Gone(key="10|4000", last=TRAVEL), linked(TRAVEL, SENT), None, rules(other()), POLICY)
    assert said(found) == "note used_elsewhere"


@pytest.mark.parametrize(
    ("text", "kept"),
    [("x" * 50, "x" * 50), ("x" * 51, "x" * 50), ("x" * 49 + " y", "x" * 49)],
    ids=["fits", "51 characters", "no blank at the end"],
)
def test_a_text_is_shortened_to_what_the_other_side_keeps(text: str, kept: str) -> None:
    assert drafted(code(changed(name=text), given=rules(longest_name=50))).name == kept
    assert drafted(code(changed(name=text))).name == text


def test_a_shortened_text_is_noted_and_not_sent_again() -> None:
    long, given = changed(name="x" * 51), rules(longest_name=50)
    found = code(long, given=given)
    assert isinstance(found, Create)
    assert [note.code for note in found.notes] == ["shortened"]
    assert code(long, linked(long, found.draft), given) == Nothing()
    longer = msgspec.structs.replace(long, name="x" * 52)
    assert code(longer, linked(long, found.draft), given) == Nothing(rebaseline=True)


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([other()], "create"),
        ([other("Travelling")], "hold code_text_differs"),
        ([other("Travelling", active=False)], "create"),
        ([other(), other("Trips", company="30")], "hold code_text_differs"),
    ],
)
def test_two_companies_that_disagree_on_a_text_are_held(others: list[Elsewhere], expected: str) -> None:
    assert said(code(TRAVEL, given=rules(*others))) == expected


def test_who_sent_a_text_first_is_left_alone_until_it_changes_its_own() -> None:
    link, given = linked(TRAVEL, SENT), rules(other("Travelling"))
    assert code(TRAVEL, link, given) == Nothing()
    assert said(code(changed(name="Trips"), link, given)) == "hold code_text_differs"
    assert said(code(changed(name="Travelling"), link, given)) == "update"


def test_texts_are_compared_as_the_other_side_keeps_them() -> None:
    given = rules(other("x" * 50), longest_name=50)
    assert said(code(changed(name="x" * 51), given=given)) == "create"


def test_only_a_change_that_shows_is_sent_again() -> None:
    link = linked(TRAVEL, SENT)
    assert code(TRAVEL, link) == Nothing()
    assert code(changed(kind="Cost"), link) == Nothing(rebaseline=True)
    assert drafted(code(changed(name="Trips"), link)).name == "Trips"


def test_a_gone_supplier_is_no_code() -> None:
    found = decide(Gone(key="S1", last=VENDOR), None, None, rules(), POLICY)
    assert said(found) == "out gone"
