"""The subjects: the exporter with its default collectors and with few, virsh, Debian's exporter."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

import psutil

from lab.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab import Host

PEER = "prometheus-libvirt-exporter"
PEER_COVERAGE = ("domain", "info", "block", "interface")  # collectors that cover the peer
START_SECONDS = 20


class Virsh:
    """All statistics as virsh prints them."""

    name = "virsh domstats --nowait --raw"

    def __init__(self, host: Host) -> None:
        self._command = ("virsh", "-r", "-c", host.read_only_uri, "domstats", "--nowait", "--raw")

    def scrape(self) -> float:
        """Seconds."""
        began = time.perf_counter()
        subprocess.run(self._command, stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - began


class Exporter:
    """A running exporter."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], port: int) -> None:
        self.name = name
        self._address = f"http://127.0.0.1:{port}/metrics"
        self._process = psutil.Process(process.pid)

    def scrape(self) -> float:
        """Seconds."""
        began = time.perf_counter()
        self.page()
        return time.perf_counter() - began

    def samples(self) -> int:
        """How many samples its page has."""
        return sum(not line.startswith(b"#") for line in self.page().splitlines())

    def cpu(self) -> float:
        """Seconds of processor time since its start."""
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def resident(self) -> int:
        """Bytes of memory."""
        return int(self._process.memory_info().rss)

    def wait(self) -> Self:
        """Until it serves."""
        limit = time.monotonic() + START_SECONDS
        while True:
            try:
                self.page()
            except OSError:
                if time.monotonic() > limit:
                    raise
                time.sleep(0.1)
            else:
                return self

    def page(self) -> bytes:
        """The text of its metrics."""
        with urllib.request.urlopen(self._address, timeout=60) as answer:  # noqa: S310 (a local page)
            return bytes(answer.read())


@contextmanager
def running(name: str, command: list[str]) -> Iterator[Exporter]:
    """An exporter as long as the block lasts."""
    port = free_port()
    with subprocess.Popen(
        [*command, f"--web.listen-address=127.0.0.1:{port}"], stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield Exporter(name, process, port).wait()
        finally:
            process.kill()


def ours(host: Host, only: tuple[str, ...] = ()) -> list[str]:
    """The command of our exporter; `only` these collectors, or the default ones."""
    program = [sys.executable, "-m", "exporter.cli"]
    flags = []
    if only:
        told = subprocess.run([*program, "--help"], capture_output=True, text=True, check=True).stdout
        others = set(re.findall(r"--collector\.([a-z-]+)", told)) - set(only)
        flags = [f"--no-collector.{name}" for name in sorted(others)]
    return [*program, f"--libvirt.uri={host.read_only_uri}", *flags]


def peer(host: Host) -> list[str] | None:
    """The command of Debian's exporter, if it is installed."""
    return [PEER, f"--libvirt.uri={host.read_only_uri}"] if shutil.which(PEER) else None
