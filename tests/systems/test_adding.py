"""docs/adding-a-system.md says the truth: the files on that page are a system, and nothing else has to be edited."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from defusedxml import ElementTree

from integrations.systems import registry

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "adding-a-system.md"
FILE = re.compile(r"^`(\S+\.py)`\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILES = dict(FILE.findall(PAGE.read_text("utf-8")))
SUITE = ("test_connecting", "test_reading", "test_writing")


def run(*words: object) -> "subprocess.CompletedProcess[str]":
    """A Python module of this environment, in a process of its own, told nothing by the pytest that runs this."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV_"))}
    return subprocess.run(
        [sys.executable, "-m", *map(str, words)], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )


def working_tree() -> str:
    """What differs here from the last commit; nothing to compare where there is no repository."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        return ""
    command = ["git", "status", "--porcelain", "--", "integrations", "tests"]
    return subprocess.check_output(command, cwd=ROOT, text=True)


def test_every_block_of_the_page_is_a_file_of_the_new_system() -> None:
    text = PAGE.read_text("utf-8")
    assert text.count("```python") == len(FILES)
    places = Counter(str(Path(name).parent) for name in FILES)
    assert set(places) == {"integrations/systems/ledgerly", "tests/contract", "tests/systems/ledgerly"}
    assert all(not (ROOT / name).exists() for name in FILES)


@pytest.mark.slow
def test_the_page_is_a_system_that_keeps_the_contract_without_an_edit_elsewhere(tmp_path: Path) -> None:
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, "utf-8")
    before, report = working_tree(), tmp_path / "report.xml"
    outside = ["-p", "tests.contract.outside", "--outside", tmp_path]
    where = ["tests/contract", "tests/systems/test_registry.py", tmp_path / "tests" / "systems"]
    done = run("pytest", *outside, *where, "-k", "ledgerly", f"--junitxml={report}", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    cases = ElementTree.parse(report).findall(".//testcase")
    ran = Counter(case.get("classname", "").rpartition(".")[2] for case in cases if not len(case))
    assert ran.total() == len(cases)  # nothing failed, nothing was skipped
    assert all(ran[module] >= 10 for module in SUITE)
    assert ran["test_registry"] == 3
    assert ran["test_hostile"] == FILES["tests/systems/ledgerly/test_hostile.py"].count("def test_")
    assert working_tree() == before
    assert "ledgerly" not in registry.systems()  # only the other process saw it


@pytest.mark.parametrize("name", sorted(FILES))
@pytest.mark.parametrize("check", [["check", "-q"], ["format", "-q", "--check"]], ids=["ruff", "format"])
def test_the_page_keeps_our_style(name: str, check: list[str]) -> None:
    command = [sys.executable, "-m", "ruff", *check, "--stdin-filename", name, "-"]
    done = subprocess.run(command, cwd=ROOT, input=FILES[name], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
