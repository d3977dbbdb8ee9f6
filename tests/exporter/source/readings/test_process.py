"""Processes of this machine."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from exporter.source.readings import process
from exporter.source.readings.process import Processes

if TYPE_CHECKING:
    import pytest


def test_a_process_is_found_by_the_uuid_on_its_command_line() -> None:
    program = "import sys; print('up', flush=True); sys.stdin.read()"
    command = ["/qemu-system-none", "-c", program, "-uuid", "u-1"]
    before = time.time()
    with subprocess.Popen(
        command, executable=sys.executable, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        running.stdout.readline()
        domains = {"u-1": "web", "u-2": "gone"}
        processes = Processes(lambda: domains)
        (found,) = processes.read()
        assert (found.domain, found.pid, found.threads) == ("web", running.pid, 1)
        assert found.resident > 1_000_000
        assert found.descriptors is not None
        assert found.descriptors >= 3
        assert before - 1 <= found.start_time <= time.time() + 1  # the kernel counts whole ticks since boot
        running.communicate(b"")
        assert processes.read() == ()


def test_processes_are_searched_for_new_domains_and_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    searches: list[int] = []

    def search() -> list[Any]:
        searches.append(1)
        return []

    monkeypatch.setattr(process, "_running", search)
    domains = {"u-1": "web"}
    processes = Processes(lambda: domains)
    for _ in range(3):
        processes.read()
    assert len(searches) == 1
    domains["u-2"] = "new"
    for _ in range(3):
        processes.read()
    assert len(searches) == 2
    monkeypatch.setattr(process, "SEARCH_AGAIN", 0.0)
    processes.read()
    assert len(searches) == 3
