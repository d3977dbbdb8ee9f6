"""A minute among hostile clients: how long an honest scrape takes, and how much memory the exporter.

    make bench-hostile                      # or: SECONDS_EACH=10 make bench-hostile

The exporter reads libvirt's test driver with 100 domains, with and without passwords; 512 connections from
30 addresses do what `tests/support/hostile.py` says. The exit status is 1 if a scrape fails or takes more
than 2 s, or if the resident memory grows by more than 50 MB.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import re
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import bcrypt
import psutil

from hostile import crowd

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECTIONS = 512
DOMAINS = 100
LONGEST_SCRAPE = 2.0  # seconds
MOST_GROWTH = 50_000_000  # bytes
PAUSE = 0.3  # seconds between two scrapes


class Measured(NamedTuple):
    """Scrapes that failed, seconds of the others, growth in bytes."""

    failed: int
    seconds: list[float]
    growth: int

    @property
    def good(self) -> bool:
        return not self.failed and max(self.seconds) <= LONGEST_SCRAPE and self.growth <= MOST_GROWTH


def credentials(password: str) -> str:
    return f"Basic {base64.b64encode(f'prometheus:{password}'.encode()).decode()}"


@contextmanager
def exporter(folder: Path, *flags: str) -> Iterator[tuple[int, psutil.Process]]:
    """The port and the process."""
    domain = "<domain type='test'><name>vm{}</name><memory>65536</memory><os><type>hvm</type></os></domain>"
    (folder / "node.xml").write_text(f"<node>{''.join(map(domain.format, range(DOMAINS)))}</node>")
    log = folder / "log"
    command = [sys.executable, "-m", "exporter.cli", f"--libvirt.uri=test://{folder}/node.xml"]
    with (
        log.open("w") as output,
        subprocess.Popen([*command, "--web.listen-address=127.0.0.1:0", *flags], stderr=output) as process,
    ):
        try:
            while (found := re.search(r"address=127\.0\.0\.1:(\d+)", log.read_text())) is None:
                time.sleep(0.05)
            yield int(found[1]), psutil.Process(process.pid)
        finally:
            process.kill()


def scrape(port: int, authorization: str) -> float | None:
    """Seconds of a scrape; None if it fails."""
    began = time.monotonic()
    headers = {"Authorization": authorization, "Accept-Encoding": "gzip"}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as client:
        try:
            client.request("GET", "/metrics", headers=headers)
            answer = client.getresponse()
            answer.read()
        except OSError:
            return None
    return time.monotonic() - began if answer.status == 200 else None


def measured(seconds: float, folder: Path, *flags: str) -> Measured:
    """What an honest scraper sees for so long."""
    known, wrong = credentials("right"), credentials("wrong")
    lines = {"known": f"Authorization: {known}\r\n", "wrong": f"Authorization: {wrong}\r\n"}
    took: list[float | None] = []
    with exporter(folder, *flags) as (port, process):
        for _ in range(3):
            scrape(port, known)
        before = most = process.memory_info().rss
        with crowd(port, CONNECTIONS, lines):
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                took.append(scrape(port, known))
                most = max(most, process.memory_info().rss)
                time.sleep(PAUSE)
    done = [each for each in took if each is not None]
    return Measured(len(took) - len(done), done or [float("inf")], most - before)


def main() -> int:
    """Measure, print a line for each case; the exit status."""
    parser = argparse.ArgumentParser(description="An honest scraper among hostile clients.")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each case (default %(default)s)")
    seconds = parser.parse_args().seconds
    good = True
    with tempfile.TemporaryDirectory() as name:
        hashed = bcrypt.hashpw(b"right", bcrypt.gensalt(10)).decode()
        (Path(name) / "web.yml").write_text(f"basic_auth_users:\n  prometheus: {hashed}\n")
        for case, flags in (("open", ()), ("with passwords", (f"--web.config.file={name}/web.yml",))):
            found = measured(seconds, Path(name), *flags)
            worst, middle = max(found.seconds), sorted(found.seconds)[len(found.seconds) // 2]
            sys.stdout.write(
                f"{case}: {len(found.seconds)} scrapes, {found.failed} failed, median {middle:.2f} s, "
                f"longest {worst:.2f} s, memory +{found.growth / 1e6:.0f} MB\n"
            )
            good = good and found.good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
