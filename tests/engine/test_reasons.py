"""The catalogue of reasons knows every code that the source can raise, and the page of reasons says what it says."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.engine.reasons import GROUPS, REASONS, reason_of
from integrations.engine.reasons.page import written
from tenants.models import Role

ROOT = Path(__file__).parents[2]
PLACES = ("engine", "store", "systems", "transport")
TREES = {
    path: ast.parse(path.read_text())
    for place in PLACES
    for path in sorted((ROOT / "integrations" / place).rglob("*.py"))
    if "simulator" not in path.name and "simulator" not in path.parent.name
}
# Where a code stands among the arguments of what carries one.
CARRIERS = {
    "Problem": (0, "code"),
    "_refused": (0, "code"),
    "Out": (None, "reason"),
    "Parked": (4, "reason"),
    "BadValue": (0, "code"),
    "RowError": (1, "code"),
    "Unreadable": (1, "code"),
    **dict.fromkeys(
        ("Rejected", "Retryable", "Stale", "OutcomeUnknown", "Underway", "ConnectionBroken"), (None, "code")
    ),
}
# What a name may stand for, where it is not said in the module itself.
NAMED = {
    "f'unmapped_{table}'": ("unmapped_account", "unmapped_tax_code", "unmapped_dimension"),
    "f'{table}_target_unusable'": ("account_target_unusable", "tax_code_target_unusable", "dimension_target_unusable"),
    "name": ("rounding_account", "multi_company", "collect", "gross_up"),
    "slot": ("acct", "company_id"),
    "UNLINKED": ("unlinked",),
    "f'limit_{why}'": [f"limit_{why}" for why in ("closed", "lost", "hour", "logins", "window", "pace", "lanes")],
}
# The code of another error, or of a row that could not be read, is met where it is made.
PASSED_ON = ("_code(row)", "reason", "_NO_IMAGE[error.code]", "NAMES.get(text, 'not_read')")
# The other side's own words, or names of a tenant's profile: nobody can list them.
FOREIGN = ("refusal.code.lower() or 'rejected'", "self._profile.load_errors.get(said, 'refused')")


def codes(path: Path, tree: ast.Module) -> Iterator[tuple[str, str]]:
    """(where, code) of every code in a module."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = ast.unparse(call.func).rpartition(".")[2]
        if name not in CARRIERS:
            continue
        place, keyword = CARRIERS[name]
        said = next((each.value for each in call.keywords if each.arg == keyword), None)
        if said is None and place is not None and len(call.args) > place:
            said = call.args[place]
        if said is not None:
            yield from ((f"{path.relative_to(ROOT)}:{call.lineno}", code) for code in meant(said, tree))


def meant(node: ast.expr, tree: ast.Module, deep: int = 4) -> Iterator[str]:
    """Every text an expression may stand for: itself, a branch, a name's values, what callers give for it."""
    text = ast.unparse(node)
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.IfExp):
        yield from (*meant(node.body, tree, deep), *meant(node.orelse, tree, deep))
    elif text in NAMED:
        yield from NAMED[text]
    elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        yield from (code for value in values(node.value.id, tree) for code in of_codes(value))
    elif text not in (*PASSED_ON, *FOREIGN) and not text.endswith(".code"):
        assert isinstance(node, ast.Name), f"what {text} stands for is not known"
        assert deep, f"what {text} stands for is not known"
        found = [code for value in values(node.id, tree) for code in meant(value, tree, deep - 1)]
        yield from found


def values(name: str, tree: ast.Module) -> Iterator[ast.expr]:
    """What is assigned to a name, alone or in a tuple, and what callers give for a parameter of that name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name) and target.id == name:
                    yield node.value
                elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = zip(target.elts, node.value.elts, strict=True)
                    yield from (value for each, value in pairs if isinstance(each, ast.Name) and each.id == name)
        elif isinstance(node, ast.FunctionDef):
            own = [each.arg for each in node.args.args if each.arg != "self"]
            if name in own:
                yield from given(node.name, own.index(name), name, tree)


def given(function: str, place: int, name: str, tree: ast.Module) -> Iterator[ast.expr]:
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] == function:
            if len(call.args) > place:
                yield call.args[place]
            yield from (each.value for each in call.keywords if each.arg == name)


def of_codes(node: ast.expr) -> Iterator[str]:
    """The first text of each row of a table: {key: (code, words)} or {key: code}."""
    for value in node.values if isinstance(node, ast.Dict) else ():
        first = value.elts[0] if isinstance(value, ast.Tuple) else value
        if isinstance(first, ast.Constant):
            yield str(first.value)


FOUND = sorted({pair for path, tree in TREES.items() for pair in codes(path, tree)})


def test_the_source_was_read() -> None:
    assert len({code for _, code in FOUND}) > 180
    assert {"unmapped_account", "may_be_paid_twice", "account_unusable", "blocked_after_sending"} <= {
        c for _, c in FOUND
    }


def test_every_code_that_the_source_can_raise_is_in_the_catalogue() -> None:
    assert [(where, code) for where, code in FOUND if code and code not in REASONS] == []


def test_no_code_stands_in_two_groups() -> None:
    assert sum(map(len, GROUPS.values())) == len(REASONS)


@pytest.mark.parametrize("code", sorted(REASONS))
def test_a_reason_says_what_it_means_whose_it_is_and_what_to_do(code: str) -> None:
    reason = REASONS[code]
    assert reason.owner in Role.values
    assert reason.title
    assert not reason.title.endswith(".")
    assert all(text.endswith(".") and "!" not in text for text in (reason.meaning, reason.do))


def test_a_code_of_the_other_side_is_described_as_one() -> None:
    assert (reason_of("bdc_9999").title, reason_of("bdc_9999").owner) == ("Bdc 9999", "clerk")


def test_the_page_of_reasons_is_written_from_the_catalogue() -> None:
    assert (ROOT / "docs" / "reasons.md").read_text() == written(), (
        "write it anew: ./dev manage reasons > docs/reasons.md"
    )
