"""`./dev` itself: what it may be trusted with on a stranger's machine."""

import importlib.machinery
import importlib.util
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def dev() -> Iterator[ModuleType]:
    """The script as a module: it has no .py at its end."""
    loader = importlib.machinery.SourceFileLoader("dev_script", str(ROOT / "dev"))
    spec = importlib.util.spec_from_loader("dev_script", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.modules["dev_script"] = module  # dataclasses look there
    loader.exec_module(module)
    sys.dont_write_bytecode = before
    yield module
    del sys.modules["dev_script"]


def listen(port: int = 0) -> socket.socket:
    server = socket.create_server(("127.0.0.1", port))
    server.listen()
    return server


def test_taken_port_gives_the_next_free_one(dev: ModuleType) -> None:
    with listen() as server:
        port = server.getsockname()[1]
        found = dev.free_port(port)
    assert port < found < port + 100


def test_port_given_to_a_sibling_is_not_given_again(dev: ModuleType) -> None:
    first = dev.free_port(20100)
    assert dev.free_port(first, [first]) > first


def test_free_port_is_the_one_asked_for(dev: ModuleType) -> None:
    port = dev.free_port()
    assert dev.free_port(port) == port


def test_port_beyond_the_last_stops_with_a_sentence(dev: ModuleType) -> None:
    with pytest.raises(dev.Stop, match="choose another with --port"):
        dev.free_port(65536)


def test_secrets_are_made_once_and_for_our_eyes_only(dev: ModuleType, tmp_path: Path) -> None:
    first = dev.stored_settings(tmp_path / "env")
    assert stat.S_IMODE((tmp_path / "env").stat().st_mode) == 0o600
    assert dev.stored_settings(tmp_path / "env") == first
    assert len(first["SECRET_KEY"]) >= 50


def test_own_lines_in_the_env_file_are_kept(dev: ModuleType, tmp_path: Path) -> None:
    dev.stored_settings(tmp_path / "env")
    with (tmp_path / "env").open("a", encoding="utf-8") as file:
        file.write("# a remark = not a setting\nLOG_LEVEL = DEBUG\n")
    settings = dev.stored_settings(tmp_path / "env")
    assert settings["LOG_LEVEL"] == "DEBUG"
    assert set(settings) == {"SECRET_KEY", "CREDENTIAL_KEYS", "LOG_LEVEL"}


def test_one_database_url_alone_is_refused(dev: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://ml_app@127.0.0.1/x")
    monkeypatch.delenv("DATABASE_OWNER_URL", raising=False)
    with pytest.raises(dev.Stop, match="Set both"):
        dev.environment(tmp_path, demo=True)


def test_without_demo_no_private_address_is_allowed(
    dev: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EGRESS_ALLOW_PRIVATE", raising=False)
    assert "EGRESS_ALLOW_PRIVATE" not in dev.environment(tmp_path, demo=False)
    assert dev.environment(tmp_path, demo=True)["EGRESS_ALLOW_PRIVATE"] == "1"


def test_second_holder_is_told_what_the_first_published(dev: ModuleType, tmp_path: Path) -> None:
    with dev.locked(tmp_path / "lock") as file:
        file.write(json.dumps({"PUBLIC_URL": "http://127.0.0.1:8123"}))
        file.flush()
        with pytest.raises(dev.Busy, match="8123") as busy, dev.locked(tmp_path / "lock"):
            pass
    assert busy.value.published["PUBLIC_URL"] == "http://127.0.0.1:8123"
    with dev.locked(tmp_path / "lock") as file:
        assert file.read() == ""


def test_second_set_up_does_nothing(dev: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev, "STAMP", tmp_path / "stamp.json")
    monkeypatch.setattr(dev, "PYTHON", Path(sys.executable))
    asked: list[list[str]] = []
    monkeypatch.setattr(dev, "install", lambda locks: asked.append([lock.name for lock in locks]))
    dev.ensure_packages("base")
    dev.ensure_packages("base")
    assert asked == [["base.txt", "installer.txt"]]
    dev.ensure_packages("bench")
    assert asked[1:] == [["base.txt", "bench.txt", "installer.txt"]]


def test_changed_lock_is_installed_again(dev: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("base", "installer"):
        (tmp_path / f"{name}.txt").write_text("one", "utf-8")
    monkeypatch.setattr(dev, "LOCKS", tmp_path)
    monkeypatch.setattr(dev, "STAMP", tmp_path / "stamp.json")
    monkeypatch.setattr(dev, "PYTHON", Path(sys.executable))
    asked: list[int] = []
    monkeypatch.setattr(dev, "install", lambda locks: asked.append(len(locks)))
    dev.ensure_packages("base")
    (tmp_path / "base.txt").write_text("two", "utf-8")
    dev.ensure_packages("base")
    assert asked == [2, 2]


def test_locks_name_no_index_and_every_package_has_a_hash() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text("utf-8")
        assert "://" not in text
        assert "index" not in text.replace("importlib", "")
        packages = [entry for entry in text.replace("\\\n", " ").splitlines() if entry.strip()]
        assert packages
        assert all("--hash=sha256:" in entry for entry in packages)


def child_pid(process: subprocess.Popen[str]) -> int:
    assert process.stdout
    return int(process.stdout.readline())


def gone(pid: int) -> bool:
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


PARENT = """
import importlib.machinery, importlib.util, sys, time
loader = importlib.machinery.SourceFileLoader("dev_script", sys.argv[1])
dev = importlib.util.module_from_spec(importlib.util.spec_from_loader("dev_script", loader))
sys.dont_write_bytecode = True
sys.modules["dev_script"] = dev
loader.exec_module(dev)
child = dev.Child("sleep", ["sleep", "60"], {"PATH": "/usr/bin:/bin"})
child.start()
print(child.process.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.processes
def test_child_does_not_outlive_a_killed_parent() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(ROOT / "dev")], stdout=subprocess.PIPE, text=True)
    pid = child_pid(parent)
    os.kill(parent.pid, signal.SIGKILL)
    parent.communicate()
    assert gone(pid)


@pytest.mark.processes
def test_deaf_child_is_stopped_after_the_grace(dev: ModuleType) -> None:
    deaf = "trap '' TERM; echo ready; while true; do sleep 0.1; done"
    child = dev.Child("deaf", ["sh", "-c", deaf], {"PATH": "/usr/bin:/bin"})
    child.start()
    assert child.process.stdout.readline() == b"ready\n"
    dev.stop_all([child], grace=0.2)
    assert not child.alive


@pytest.mark.processes
def test_ended_child_starts_again_after_a_growing_pause(dev: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    child = dev.Child("web", ["true"], {"PATH": "/usr/bin:/bin"})
    for now, pause in ((0.0, 2), (10.0, 4), (20.0, 8)):
        child.due = 0.0
        child.start()
        child.process.wait()
        child.started = now
        dev.keep_alive(child, now + 1)
        assert child.due == now + 1 + pause
    dev.keep_alive(child, child.due)
    assert child.due == 0.0
    assert "web ended (code 0); it starts again in 8 s." in capsys.readouterr().out
    dev.stop_all([child])


def test_lines_carry_the_name_and_wait_for_their_end(dev: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    child = dev.Child("web", [], {})
    child.print(b"one\ntw")
    child.print(b"o\n")
    assert capsys.readouterr().out == "   web | one\n   web | two\n"


def test_help_without_a_command() -> None:
    done = subprocess.run([ROOT / "dev"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "./dev up" in done.stdout
    assert subprocess.run([ROOT / "dev", "fly"], capture_output=True, check=False).returncode == 2
