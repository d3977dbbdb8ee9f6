"""Starting, watching and ending the demo's programs, with real processes."""

from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING

import pytest

from demo.services import Processes, Service
from lab.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path


def server(port: int) -> Service:
    argv = (sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port))
    return Service("server", argv, f"http://127.0.0.1:{port}", "/")


def test_a_port_in_use_is_not_chosen() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) != port


def test_up_down_and_up_again(tmp_path: Path) -> None:
    processes = Processes(tmp_path)
    service = server(free_port(0))
    try:
        processes.start(service)
        processes.wait_up(20)
        pid = processes.pid("server")
        processes.start(service)
        assert processes.pid("server") == pid, "a service that runs is not started twice"
        processes.kill("server")
        assert not processes.is_up("server")
        processes.start(service)
        processes.wait_up(20)
        assert processes.pid("server") != pid
    finally:
        processes.stop()
    assert processes.pid("server") is None


def test_a_service_that_dies_is_told_with_its_last_words(tmp_path: Path) -> None:
    processes = Processes(tmp_path)
    processes.start(
        Service("broken", (sys.executable, "-c", "raise SystemExit('no room')"), "http://127.0.0.1:1")
    )
    with pytest.raises(TimeoutError, match="broken does not answer; its last words: no room"):
        processes.wait_up(86_400)  # a day for what lives; what has died is not waited for
    processes.stop()
