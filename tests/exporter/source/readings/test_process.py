"""Processes of this machine: known by what libvirt says, never by their command line alone."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from exporter.source.calls import Listed
from exporter.source.readings import process
from exporter.source.readings.process import Processes, pid_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# As QEMU under libvirt: with the UUID on the command line, and a lock on the file given, if any.
PROGRAM = """
import fcntl, sys
file = sys.argv[1] and open(sys.argv[1], "w")
if file:
    fcntl.lockf(file, fcntl.LOCK_EX, 1)
print("up", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "qemu"
    made.mkdir()
    return made


@contextmanager
def running(uuid: str, locked: str = "") -> Iterator[int]:
    """A program that says it is the QEMU of a domain; its PID."""
    command = ["/qemu-system-none", "-c", PROGRAM, locked, "-uuid", uuid]
    with subprocess.Popen(
        command, executable=sys.executable, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as program:
        assert program.stdout is not None
        program.stdout.readline()
        yield program.pid
        program.communicate(b"")


def processes(folder: Path, *domains: Listed) -> Processes:
    uri = f"qemu+unix:///system?socket={folder.parent}/libvirt-sock"
    return Processes(uri, lambda: {one.uuid: one for one in domains})


WEB = Listed("u-1", "web", active=True, number=3)


def test_a_process_is_the_one_that_holds_the_lock_of_the_pid_file(folder: Path) -> None:
    before = time.time()
    made = processes(folder, WEB, Listed("u-2", "gone", active=True))
    with running("u-1", str(folder / "web.pid")) as pid:
        (found,) = made.read()
        assert (found.domain, found.pid, found.threads) == ("web", pid, 1)
        assert found.resident > 1_000_000
        assert found.descriptors is not None
        assert found.descriptors >= 3
        assert before - 1 <= found.start_time <= time.time() + 1  # the kernel counts whole ticks since boot
    assert made.read() == ()


def test_nobody_passes_for_a_domain_by_a_uuid_on_the_command_line(folder: Path) -> None:
    with running("u-1"):
        assert processes(folder, WEB).read() == ()


def test_nobody_passes_for_a_domain_by_a_number_in_its_pid_file(folder: Path) -> None:
    with running("u-1") as pid:
        (folder / "web.pid").write_text(str(pid))
        assert processes(folder, WEB).read() == ()


def test_without_pid_files_the_control_group_tells_the_domain(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    this = psutil.Process()
    monkeypatch.setattr(process, "_in_groups", lambda: iter([("u-1", 3, this), ("u-2", 3, this)]))
    other = Listed("u-2", "other", active=True, number=4)
    (found,) = processes(folder, WEB, other).read()
    assert (found.domain, found.pid) == ("web", this.pid)


def test_processes_are_searched_for_new_domains_and_now_and_then(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    searches: list[int] = []

    def search() -> Iterator[Any]:
        searches.append(1)
        return iter(())

    monkeypatch.setattr(process, "_in_groups", search)
    domains = {"u-1": WEB}
    made = Processes(f"qemu+unix:///system?socket={folder.parent}/libvirt-sock", lambda: domains)
    for _ in range(3):
        made.read()
    assert len(searches) == 1
    domains["u-2"] = Listed("u-2", "new", active=True)
    for _ in range(3):
        made.read()
    assert len(searches) == 2
    monkeypatch.setattr(process, "SEARCH_AGAIN", 0.0)
    made.read()
    assert len(searches) == 3


def test_pid_files_are_where_the_daemon_has_its_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/7")
    assert str(pid_files("qemu:///system")) == "/run/libvirt/qemu"
    assert str(pid_files("qemu+unix:///system?socket=/x/libvirt-sock-ro")) == "/x/qemu"
    assert str(pid_files("qemu:///session")) == "/run/user/7/libvirt/qemu/run"
