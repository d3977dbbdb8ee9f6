"""The demo's processes: each is started from a row, watched by its health page, and ended by its own pid."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Service:
    """One program of the stack: how it is started, where it answers, and where it says that it is well."""

    name: str
    argv: tuple[str, ...]
    url: str
    health: str = "/-/healthy"


class Processes:
    """The running services of one demo, with their logs under `run`."""

    def __init__(self, run: Path) -> None:
        self.run = run
        self.services: dict[str, Service] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, service: Service) -> None:
        """Start `service` unless it runs; its output goes to RUN/NAME.log."""
        self.services[service.name] = service
        if self.pid(service.name) is not None:
            return
        with (self.run / f"{service.name}.log").open("ab") as log:
            self._running[service.name] = subprocess.Popen(
                service.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def pid(self, name: str) -> int | None:
        """The pid of a service that runs, or None."""
        process = self._running.get(name)
        return process.pid if process and process.poll() is None else None

    def is_up(self, name: str) -> bool:
        """Whether the process lives and its health page answers."""
        return self.pid(name) is not None and answers(self.services[name].url + self.services[name].health)

    def wait_up(self, timeout: float = 60.0) -> None:
        """Wait until every service answers. Raises TimeoutError with the last words of one that does not."""
        deadline = time.monotonic() + timeout
        for name in self.services:
            while not self.is_up(name):
                if time.monotonic() > deadline or self.pid(name) is None:
                    raise TimeoutError(f"{name} does not answer; its last words: {self._last_words(name)}")
                time.sleep(0.2)

    def kill(self, name: str) -> None:
        """End one at once, as a fault would."""
        self._running[name].kill()
        self._running[name].wait()

    def stop(self) -> None:
        """End what was started, last started first; insist after 10 seconds."""
        for process in reversed(self._running.values()):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 10
        for process in self._running.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()

    def _last_words(self, name: str) -> str:
        lines = (self.run / f"{name}.log").read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "(none)"


def answers(url: str, timeout: float = 1.0) -> bool:
    """Whether an HTTP GET of `url` is answered with a 2xx."""
    try:
        with urlopen(url, timeout=timeout) as answer:  # noqa: S310 (loopback addresses that the demo made)
            return bool(200 <= answer.status < 300)
    except (URLError, OSError):
        return False


def program(*names: str) -> str | None:
    """The path of the first of `names` on this machine, /usr/sbin and Grafana's own folder included."""
    for name in names:
        for path in (None, "/usr/sbin:/usr/share/grafana/bin"):
            found = shutil.which(name, path=path)
            if found:
                return found
    return None
