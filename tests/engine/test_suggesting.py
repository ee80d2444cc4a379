"""What is suggested for an unmapped code, and why."""

from time import perf_counter

import pytest

from integrations.engine.suggesting import MOST, Candidate, Catalogue

CHART = Catalogue(
    [
        Candidate("5010", "5010", "Travel and entertainment"),
        Candidate("5020", "5020", "Office supplies"),
        Candidate("5030", "5030", "Freight inbound"),
        Candidate("0700", "0700", "Rent"),
        Candidate("D-3021", "D-3021", "Bank charges"),
    ]
)


def best(number: str, name: str = "") -> tuple[str, str]:
    found = CHART.suggest(number, name)
    return (found[0].candidate.key, found[0].why) if found else ("", "")


@pytest.mark.parametrize(
    ("number", "name", "key", "why"),
    [
        ("5020", "", "5020", "same number"),
        ("5020", "Office supplies", "5020", "same number, name 100 % alike"),
        ("700", "", "0700", "same number, written otherwise"),
        ("d3021", "", "D-3021", "same number, written otherwise"),
        ("4471", "Entertainment and travels", "5010", "name 98 % alike"),
        ("4471", "OFFICE SUPPLYS", "5020", "name 90 % alike"),
        ("5025", "Inbound freight", "5030", "name 100 % alike, number also begins with 50"),
        ("5029", "", "5020", "number also begins with 502"),
    ],
)
def test_the_best_candidate_says_why(number: str, name: str, key: str, why: str) -> None:
    assert best(number, name) == (key, why)


def test_what_is_like_nothing_gets_no_suggestion() -> None:
    assert CHART.suggest("9999", "Donations") == []
    assert Catalogue([]).suggest("1", "Rent") == []


def test_the_same_number_goes_before_the_same_name() -> None:
    chart = Catalogue([Candidate("1", "1", "Rent"), Candidate("2", "2", "Repairs")])
    assert [each.candidate.key for each in chart.suggest("2", "Rent")] == ["2", "1"]


def test_there_are_never_more_than_a_few() -> None:
    chart = Catalogue([Candidate(str(n), str(n), f"Travel {n}") for n in range(100)])
    assert len(chart.suggest("x", "Travel")) == MOST


@pytest.mark.parametrize("name", ["", "\u202e\u200b", "é" * 300, "((((", "a " * 150, "租金 费用"])
def test_odd_names_are_only_names(name: str) -> None:
    assert [each.candidate.key for each in CHART.suggest("5020", name)][:1] == ["5020"]


def test_names_in_other_letters_are_compared_too() -> None:
    chart = Catalogue([Candidate("1", "1", "租金 费用"), Candidate("2", "2", "Überstunden Löhne")])
    assert chart.suggest("x", "费用 租金")[0].why == "name 100 % alike"
    assert chart.suggest("x", "Lohne uberstunden")[0].why == "name 100 % alike"


def test_a_page_of_a_long_list_is_quick() -> None:
    words = ["travel", "office", "rent", "freight", "bank", "tax", "legal", "repair", "energy", "water"]
    names = [f"{words[n % 10]} {words[n // 10 % 10]} site {n}" for n in range(10_000)]
    began = perf_counter()
    chart = Catalogue([Candidate(str(n), str(n), name) for n, name in enumerate(names)])
    for n in range(50):
        chart.suggest(f"9{n}", f"{words[n % 10]} {words[n // 10]} site {n * 7}")
    assert perf_counter() - began < 1.5
