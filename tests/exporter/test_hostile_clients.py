"""A running exporter among hostile clients: they are bounded, logged, and in no normal scraper's way."""

from __future__ import annotations

import base64
import http.client
import os
import re
import select
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, NamedTuple, Self

import bcrypt
import psutil
import pytest

from hostile import crowd as crowd_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

PAGES = 4  # that a scraper must have during an attack
ROUNDS = 20  # of an attack that is over before the scraper has them
STRANGER = "127.0.0.2"


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


KNOWN = basic("prometheus", "right")
CREDENTIALS = {
    name: f"Authorization: {basic('prometheus', password)['Authorization']}\r\n"
    for name, password in (("known", "right"), ("wrong", "wrong"))
}


class Exporter(NamedTuple):
    """A running exporter that asks for a password, and the file it logs to."""

    port: int
    log: Path
    pid: int

    def status(self, path: str, headers: Mapping[str, str], source: str = "127.0.0.1") -> int:
        place = ("127.0.0.1", self.port)
        with closing(http.client.HTTPConnection(*place, timeout=30, source_address=(source, 0))) as client:
            client.request("GET", path, headers=dict(headers))
            answer = client.getresponse()
            answer.read()
            return answer.status

    def statuses(self, requests: int, at_once: int, path: str, headers: Mapping[str, str]) -> set[int]:
        """Of a stranger's requests."""
        with ThreadPoolExecutor(at_once) as clients:
            return set(clients.map(lambda _: self.status(path, headers, STRANGER), range(requests)))


@pytest.fixture
def exporter(tmp_path: Path) -> Iterator[Exporter]:
    """Of libvirt's driver that needs no daemon."""
    hashed = bcrypt.hashpw(b"right", bcrypt.gensalt(4)).decode()
    (tmp_path / "web.yml").write_text(f"basic_auth_users:\n  prometheus: {hashed}\n")
    (tmp_path / "exporter.yml").write_text('targets:\n  test: {uri: "test:///default"}\n')
    command = [
        sys.executable, "-m", "exporter.cli", "--libvirt.uri=test:///default",
        "--web.listen-address=127.0.0.1:0",
        f"--web.config.file={tmp_path}/web.yml", f"--config.file={tmp_path}/exporter.yml",
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    log = tmp_path / "log"
    with log.open("wb") as output, subprocess.Popen(command, stderr=output, env=environment) as process:
        try:
            while (found := re.search(r"address=127\.0\.0\.1:(\d+)", log.read_text())) is None:
                assert process.poll() is None, log.read_text()
                time.sleep(0.05)
            yield Exporter(int(found[1]), log, process.pid)
        finally:
            process.kill()


class Scraper(threading.Thread):
    """Scrapes both pages as Prometheus does, again and again, as long as the block lasts."""

    def __init__(self, exporter: Exporter) -> None:
        super().__init__(daemon=True)
        self._exporter = exporter
        self._ended = threading.Event()
        self._served = threading.Semaphore(0)
        self.statuses: list[int] = []

    def run(self) -> None:
        while not self._ended.wait(0.05):
            for path in ("/metrics", "/probe?target=test"):
                self.statuses.append(self._exporter.status(path, KNOWN))
                self._served.release()

    def served(self, pages: int) -> None:
        """Wait for so many more pages."""
        for _ in range(pages):
            assert self._served.acquire(timeout=60)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.join(60)


def crowd(exporter: Exporter, _scraper: Scraper) -> set[int]:
    return exporter.statuses(1000, 200, "/metrics", KNOWN)


def wrong_passwords(exporter: Exporter, _scraper: Scraper) -> set[int]:
    return exporter.statuses(300, 50, "/metrics", basic("prometheus", "wrong"))


def no_passwords(exporter: Exporter, _scraper: Scraper) -> set[int]:
    return exporter.statuses(300, 50, "/probe?target=test", {})


def large_headers(exporter: Exporter, _scraper: Scraper) -> set[int]:
    return exporter.statuses(300, 50, "/metrics", KNOWN | {"X-Large": "a" * 40_000})


def unknown_targets(exporter: Exporter, _scraper: Scraper) -> set[int]:
    return exporter.statuses(300, 50, "/probe?target=qemu+ssh://stranger/system", KNOWN)


def slow_loris(exporter: Exporter, scraper: Scraper) -> set[int]:
    """Headers that never end, a byte now and then: closed after ten seconds, and in nobody's way before."""
    with ExitStack() as stack:
        slow = [
            stack.enter_context(closing(socket.create_connection(("127.0.0.1", exporter.port), 30)))
            for _ in range(300)
        ]
        for byte in b"GET /m":
            for one in slow:
                one.sendall(bytes((byte,)))
            time.sleep(0.3)
        scraper.served(PAGES)
        assert select.select(slow, (), (), 0)[0] == []  # none of them has been closed
        return {len(one.recv(100)) for one in slow}


def unfinished_bodies(exporter: Exporter, scraper: Scraper) -> set[int]:
    """Bodies that are announced and never come: hung up on after ten seconds."""
    known = f"Authorization: {KNOWN['Authorization']}"
    head = f"GET /metrics HTTP/1.1\r\nHost: x\r\n{known}\r\nContent-Length: 9\r\n\r\n"
    place = ("127.0.0.1", exporter.port)
    with ExitStack() as stack:
        slow = [
            stack.enter_context(closing(socket.create_connection(place, 30, source_address=(STRANGER, 0))))
            for _ in range(300)
        ]
        for one in slow:
            one.sendall(head.encode())
        scraper.served(PAGES)
        return {len(one.recv(100)) for one in slow}


def endless_targets(exporter: Exporter, _scraper: Scraper) -> set[int]:
    return exporter.statuses(300, 50, "/metrics" + "/%41" * 20_000, KNOWN)


def many_parameters(exporter: Exporter, _scraper: Scraper) -> set[int]:
    return exporter.statuses(300, 50, "/probe?target=test" + "&a" * 900, KNOWN)


def bad_encodings(exporter: Exporter, _scraper: Scraper) -> set[int]:
    return exporter.statuses(300, 50, "/probe?target=%ff%", KNOWN)


def repeated_parameters(exporter: Exporter, _scraper: Scraper) -> set[int]:
    return exporter.statuses(300, 50, "/probe?target=test&target=test", KNOWN)


def test_a_normal_scraper_is_served_among_512_hostile_connections(exporter: Exporter) -> None:
    """Of every kind, from many addresses. `make bench-hostile` does it for a minute, and takes the time."""
    with Scraper(exporter) as scraper:
        scraper.served(PAGES)
        process = psutil.Process(exporter.pid)
        before = process.memory_info().rss
        with crowd_of(exporter.port, 512, CREDENTIALS):
            scraper.served(4 * PAGES)
            grown = process.memory_info().rss - before
        scraper.served(PAGES)
    assert set(scraper.statuses) == {200}
    assert grown <= 50_000_000
    told = exporter.log.read_text()
    assert "Traceback" not in told
    assert len(told.splitlines()) < 600


@pytest.mark.parametrize(
    ("attack", "answers", "logged"),
    [
        (crowd, {200, 503}, None),  # what is refused depends on how fast the machine is
        (wrong_passwords, {401, 503}, "status=401"),
        (no_passwords, {401}, "status=401"),
        (large_headers, {431}, "status=431"),
        (unknown_targets, {404, 503}, "unknown target"),
        (slow_loris, {0}, None),
        (unfinished_bodies, {0}, None),
        (endless_targets, {414}, "status=414"),
        (many_parameters, {400, 503}, "status=400"),
        (bad_encodings, {400, 503}, "status=400"),
        (repeated_parameters, {400, 503}, "status=400"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_normal_scraper_notices_nothing(
    exporter: Exporter,
    attack: Callable[[Exporter, Scraper], set[int]],
    answers: set[int],
    logged: str | None,
) -> None:
    given: set[int] = set()
    with Scraper(exporter) as scraper:
        for _ in range(ROUNDS):
            given |= attack(exporter, scraper)
            # On a busy machine a round may end with nothing but "come again later".
            if len(scraper.statuses) >= PAGES and given - {503}:
                break
        assert len(scraper.statuses) >= PAGES
    assert given <= answers
    assert set(scraper.statuses) == {200}
    told = exporter.log.read_text()
    assert logged is None or logged in told
    assert "Traceback" not in told
    assert len(told.splitlines()) < 150, "a line for everything strangers do would fill the disk"
