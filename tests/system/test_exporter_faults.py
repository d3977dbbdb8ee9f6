"""The exporter while guests come, go, change, crash and hang; and what a hostile tenant may call a domain."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from itertools import cycle
from typing import TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from lab import Disk, Guest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lab import Host, Lab, RunningGuest

pytestmark = pytest.mark.lab

DEADLINE = 2.0
CHURN = int(os.environ.get("VIRTCAST_CHURN", "15"))  # actions
CONNECTIONS = 2
RESIDENT = "libvirt_domain_memory_stats_rss_bytes"


class Page(NamedTuple):
    """A scrape: its values by name and labels, and the seconds it took."""

    values: dict[tuple[str, frozenset[tuple[str, str]]], float]
    seconds: float

    def of(self, name: str) -> dict[str, float]:
        """The values of a metric by domain."""
        return {dict(labels)["domain"]: value for (one, labels), value in self.values.items() if one == name}

    def stale(self) -> set[str]:
        return {domain for domain, value in self.of("libvirt_domain_stats_stale").items() if value == 1}

    def domains(self) -> set[str]:
        """Every domain that any series names, but for the record of migrations: it outlasts them."""
        return {
            dict(labels)["domain"]
            for name, labels in self.values
            if "domain" in dict(labels) and not name.startswith("libvirt_domain_last_migration_")
        }

    def counters(self) -> dict[tuple[str, str, frozenset[tuple[str, str]]], float]:
        """The domains' counters, with the UUID in place of the name."""
        uuids = {
            labels["domain"]: labels["uuid"]
            for (name, pairs) in self.values
            if name == "libvirt_domain_info" and (labels := dict(pairs))
        }
        found = {}
        for (name, pairs), value in self.values.items():
            labels = dict(pairs)
            if name.endswith("_total") and labels.get("domain") in uuids:
                found[name, uuids[labels.pop("domain")], frozenset(labels.items())] = value
        return found


class Exporter:
    """A running exporter."""

    def __init__(self, address: str, pid: int) -> None:
        self.address = address
        self.process = psutil.Process(pid)

    def scrape(self) -> Page:
        """A page; fails if it is not one (HTTP 200, no series twice)."""
        began = time.monotonic()
        with urllib.request.urlopen(f"{self.address}/metrics", timeout=30) as answer:  # noqa: S310
            text = answer.read().decode()
        seconds = time.monotonic() - began
        samples = [one for family in text_string_to_metric_families(text) for one in family.samples]
        values = {(one.name, frozenset(one.labels.items())): one.value for one in samples}
        assert len(values) == len(samples), "a series stands twice"
        return Page(values, seconds)

    def until(self, holds: Callable[[Page], bool], what: str, seconds: float = 30) -> Page:
        """The first page of which `holds` is true."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            page = self.scrape()
            if holds(page):
                return page
            time.sleep(0.2)
        raise AssertionError(f"not within {seconds} s: {what}")


@contextmanager
def exporting(host: Host) -> Iterator[Exporter]:
    command = [
        sys.executable, "-m", "exporter.cli", f"--libvirt.uri={host.read_only_uri}",
        f"--libvirt.connections={CONNECTIONS}", f"--scrape.deadline={DEADLINE}",
        "--web.listen-address=127.0.0.1:0",
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stderr is not None
            lines = iter(process.stderr.readline, "")
            found = next(
                filter(None, (re.search(r"address(?:es)?=(127\.0\.0\.1:\d+)", line) for line in lines))
            )
            yield Exporter(f"http://{found[1]}", process.pid)
        finally:
            process.kill()


def paused(name: str) -> Guest:
    return Guest(name, memory_mib=64, disks=(Disk(size_mib=8),), agent=False, paused=True)


@pytest.fixture(scope="module")
def guests(lab: Lab) -> Iterator[list[RunningGuest]]:
    """Paused guests of this module's own; a test leaves them as it found them."""
    started = lab.hosts[0].start_all(paused(f"fault-{n}") for n in range(CONNECTIONS + 3))
    yield started
    for guest in started:
        guest.destroy()


@pytest.fixture(scope="module")
def exporter(lab: Lab, guests: list[RunningGuest]) -> Iterator[Exporter]:
    assert guests
    with exporting(lab.hosts[0]) as running:
        running.until(
            lambda page: not page.stale() and RESIDENT in {name for name, _ in page.values}, "ready"
        )
        yield running


def test_more_guests_hang_than_there_are_connections_and_the_others_flow(
    exporter: Exporter, guests: list[RunningGuest]
) -> None:
    stuck, healthy = guests[: CONNECTIONS + 1], guests[CONNECTIONS + 1 :]
    names = {guest.name for guest in stuck}
    for guest in stuck:
        guest.freeze()
    try:
        pages = [exporter.scrape() for _ in range(4)]
    finally:
        for guest in stuck:
            guest.thaw()
    time.sleep(1)
    woken = exporter.scrape()
    for page in pages:
        assert page.seconds <= DEADLINE + 0.5
        assert page.stale() & {guest.name for guest in guests} == names
        assert page.of(RESIDENT).keys() >= {guest.name for guest in healthy}
        assert not page.of(RESIDENT).keys() & names
    assert woken.stale() == set()
    assert woken.of(RESIDENT).keys() >= names


def test_a_crashed_guest_has_no_counters_rather_than_zeros(
    exporter: Exporter, guests: list[RunningGuest]
) -> None:
    guest = guests[0]
    before = exporter.scrape().counters()
    os.kill(guest.pid, signal.SIGKILL)
    off = ("libvirt_domain_state", frozenset({("domain", guest.name), ("state", "shutoff")}))
    pages = []

    def is_off(page: Page) -> bool:
        pages.append(page)
        return page.values.get(off) == 1

    try:
        page = exporter.until(is_off, "it is seen crashed")
        assert page.stale() == set()
        assert page.values["libvirt_up", frozenset()] == 1
        for page in pages:
            counters = page.counters()
            fallen = [
                (key, was, counters[key]) for key, was in before.items() if counters.get(key, was) < was
            ]
            assert fallen == []
    finally:
        guest.host.virsh("start", guest.name, "--paused")
    exporter.until(lambda page: guest.name in page.of(RESIDENT), "it is back")


HOSTILE = ("quoted \"double\" and 'single'", "back\\slash", "ünïcødé-虚拟机-🖥", "{domain=}", "a b\tc")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_and_long_metadata_are_escaped(
    lab: Lab, exporter: Exporter, tmp_path: Path, name: str
) -> None:
    host = lab.hosts[0]
    title = f'title "of" \\ {name}'
    definition = tmp_path / "domain.xml"
    definition.write_text(
        f"<domain type='qemu'><name>{escape(name)}</name><title>{escape(title)}</title>"
        f"<metadata><x:y xmlns:x='urn:x'>{'&lt;4 kB&gt;' * 512}</x:y></metadata>"
        "<memory unit='MiB'>64</memory><os><type arch='x86_64' machine='q35'>hvm</type></os></domain>"
    )
    host.virsh("define", str(definition))
    try:
        page = exporter.until(
            lambda page: any(
                dict(labels).get("title") == title
                for one, labels in page.values
                if one == "libvirt_domain_info"
            ),
            "its title is there",
        )
    finally:
        host.virsh("undefine", name)
    assert page.of("libvirt_domain_stats_stale")[name] == 0
    assert exporter.until(lambda page: name not in page.domains(), "no series of it is left")


class Watcher(threading.Thread):
    """Scrapes every half second; notes what goes wrong."""

    def __init__(self, exporter: Exporter) -> None:
        super().__init__(daemon=True)
        self.exporter = exporter
        self.failures: list[str] = []
        self.pages = 0
        self._ended = threading.Event()

    def run(self) -> None:
        before: dict[tuple[str, str, frozenset[tuple[str, str]]], float] = {}
        while not self._ended.wait(0.5):
            try:
                counters = self.exporter.scrape().counters()
            except Exception as error:  # noqa: BLE001 (a failure of the test, told at its end)
                self.failures.append(repr(error))
                continue
            self.pages += 1
            self.failures += [f"{key}: {before[key]} then {value}" for key, value in counters.items()
                              if value < before.get(key, 0)]  # fmt: skip
            before = counters

    def stop(self) -> None:
        self._ended.set()
        self.join()


def test_churn_leaves_neither_errors_nor_stale_series_nor_leaks(lab: Lab, exporter: Exporter) -> None:
    host = lab.hosts[0]
    threads = exporter.process.num_threads()
    resident = exporter.process.memory_info().rss
    watcher = Watcher(exporter)
    watcher.start()
    try:
        for number, action in zip(range(CHURN), cycle(ACTIONS), strict=False):
            action(lab, number // len(ACTIONS))
    finally:
        watcher.stop()
    assert watcher.failures == []
    assert watcher.pages >= CHURN / 5
    listed = set(host.virsh("list", "--all", "--name").split())
    page = exporter.until(lambda page: page.stale() == set(), "all is fresh")
    assert page.domains() == listed
    assert exporter.process.num_threads() <= threads + 8  # at most those who serve pages now
    assert exporter.process.memory_info().rss <= resident + 20e6


def _create(lab: Lab, turn: int) -> None:
    churned[turn] = lab.hosts[0].start(paused(f"churn-{turn}"))


def _hotplug(lab: Lab, turn: int) -> None:
    guest = churned[turn]
    image = lab.root / "images" / f"plug-{turn}.raw"
    image.write_bytes(bytes(1 << 20))
    guest.host.virsh("attach-disk", guest.name, str(image), "vdb", "--live")


def _migrate(lab: Lab, turn: int) -> None:
    lab.migrate(churned[turn], to=lab.hosts[1])


def _rename(lab: Lab, turn: int) -> None:
    """A domain can be renamed while it is off."""
    guest = churned[turn]
    guest.host.virsh("destroy", guest.name)
    definition = lab.root / f"renamed-{turn}.xml"
    definition.write_text(guest.host.virsh("dumpxml", guest.name))
    guest.host.virsh("undefine", guest.name)
    lab.hosts[0].virsh("define", str(definition))
    lab.hosts[0].virsh("domrename", guest.name, f"{guest.name}-renamed")


def _destroy(lab: Lab, turn: int) -> None:
    lab.hosts[0].virsh("undefine", f"churn-{turn}-renamed")


churned: dict[int, RunningGuest] = {}
ACTIONS = (_create, _hotplug, _migrate, _rename, _destroy)
