import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ["DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "SECRET_KEY", "CREDENTIAL_KEYS", "PUBLIC_URL"]


def start(**changes: str) -> subprocess.CompletedProcess[str]:
    """Start Django's command line with a changed environment."""
    env = {**os.environ, **changes}
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--list-tags"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_missing_values_stop_the_start_with_a_sentence_each() -> None:
    answer = start(**dict.fromkeys(NEEDED, ""))
    assert answer.returncode == 1
    lines = answer.stderr.strip().splitlines()
    assert [line.split()[0] for line in lines] == NEEDED
    assert all(line.endswith(".") and " is missing: " in line for line in lines)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "sqlite:///hunter2-secret"),
        ("DATABASE_URL", "postgresql://ml_app:hunter2-secret@127.0.0.1:port/x"),
        ("DATABASE_OWNER_URL", "postgresql://127.0.0.1"),
        ("REDIS_URL", "http://hunter2-secret"),
        ("SECRET_KEY", "hunter2-secret"),
        ("CREDENTIAL_KEYS", "hunter2-secret"),
        ("PUBLIC_URL", "connector.example.com/hunter2-secret"),
        ("EGRESS_ALLOW_PRIVATE", "perhaps"),
        ("AUDIT_ANCHOR_PATH", "relative/hunter2-secret"),
        ("DATABASE_POOL_SIZE", "-3"),
        ("EMAIL_URL", "pigeon://hunter2-secret"),
    ],
)
def test_a_bad_value_is_named_and_not_repeated(name: str, value: str) -> None:
    answer = start(**{name: value})
    assert answer.returncode == 1
    [line] = answer.stderr.strip().splitlines()
    assert line.startswith(f"{name} must ")
    assert "hunter2" not in line


def test_the_deployment_check_is_clean_behind_https() -> None:
    env = {**os.environ, "PUBLIC_URL": "https://connector.example.com"}
    answer = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    assert "no issues" in answer.stdout
