"""The systems are found by their folders; what each declares fits together."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from integrations import systems as folder
from integrations.engine.drafts import MAKES
from integrations.engine.errors import ConnectionBroken
from integrations.engine.records import RECORDS, Entity
from integrations.systems import registry

every_system = pytest.mark.parametrize("key", sorted(registry.systems()))


def test_every_folder_is_a_system() -> None:
    folders = {each.parent.name for place in folder.__path__ for each in Path(place).glob("*/__init__.py")}
    assert set(registry.systems()) == folders
    assert {"ifs", "bill", "avidxchange"} <= folders


def test_a_folder_elsewhere_is_not_looked_into(tmp_path: Path) -> None:
    place = tmp_path / "integrations" / "systems" / "planted"
    place.mkdir(parents=True)
    (place / "__init__.py").write_text("raise SystemExit('planted code was run')")
    root = Path(next(iter(folder.__path__))).parents[1]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(tmp_path)])}
    listing = "from integrations.systems import registry; print(sorted(registry.systems()))"
    done = subprocess.run(
        [sys.executable, "-c", listing], env=env, cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(sorted(registry.systems()))


def test_a_system_that_is_not_installed_is_a_broken_connection() -> None:
    with pytest.raises(ConnectionBroken, match="not installed"):
        registry.get("nobody")


@every_system
def test_what_is_declared_can_be_carried(key: str) -> None:
    system = registry.get(key)
    assert system.key == key
    assert system.role in ("erp", "ap")
    assert system.reads <= {*RECORDS, Entity.PAYMENT_PROPOSAL}  # which is looked up, never read as records
    assert system.writes <= set(MAKES)
    assert 0 < system.limits.page_size <= 5000


@every_system
def test_settings_are_told_apart_and_explained(key: str) -> None:
    settings = registry.get(key).settings
    assert len({setting.name for setting in settings}) == len(settings)
    assert any(setting.secret for setting in settings)
    assert all(not setting.default for setting in settings if setting.secret)
    assert all(setting.default or not setting.required for setting in settings if setting.advanced)
    assert all(setting.default in dict(setting.choices) for setting in settings if setting.choices and setting.default)


@every_system
def test_a_form_left_empty_names_every_needed_setting(key: str) -> None:
    system = registry.get(key)
    needed = {setting.name for setting in system.settings if setting.required and not setting.default}
    assert needed
    assert needed <= set(system.problems({}))
