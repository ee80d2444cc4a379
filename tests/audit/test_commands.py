from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from audit.log import record
from audit.verify import verify_file
from tenants.scope import tenant_scope
from tests.factories import Cast


@pytest.fixture
def exported(cast: Cast, tmp_path: Path) -> Path:
    for number in range(3):
        with tenant_scope(cast.tenant.pk):
            record("bill.created", subject=f"bill:{number}")
    path = tmp_path / "audit.jsonl"
    call_command("export_audit", cast.tenant.slug, str(path))
    return path


def test_an_export_verifies_offline(exported: Path) -> None:
    report = verify_file(exported)
    assert (report.whole, report.entries) == (True, 4)


@pytest.mark.parametrize(("old", "new", "broken_at"), [("bill:1", "bill:7", 3), ('"sequence":4', '"sequence":5', 4)])
def test_a_changed_export_says_where(exported: Path, old: str, new: str, broken_at: int) -> None:
    head, *lines = exported.read_text().splitlines()
    exported.write_text("\n".join([head, *(line.replace(old, new) for line in lines)]))
    assert verify_file(exported).broken_at == broken_at


def test_a_cut_export_is_noticed(exported: Path) -> None:
    exported.write_text("\n".join(exported.read_text().splitlines()[:-2]))
    assert verify_file(exported).broken_at == 4


def test_another_file_is_no_export(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("hello")
    with pytest.raises(CommandError, match="not an audit export"):
        call_command("verify_audit", file=path)


def test_the_command_names_a_tenant_by_slug_and_refuses_unknown_ones(
    cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("verify_audit", cast.tenant.slug)
    assert "1 entries, whole" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no tenant"):
        call_command("verify_audit", "nobody-abc123")
