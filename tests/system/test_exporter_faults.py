"""The exporter while guests come, go, change, crash and get stuck; and hostile names of domains."""

from __future__ import annotations

import os
import signal
import time
from itertools import cycle
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import pytest

from exporter.source.threads import IDLE
from exporting import Watcher, exporting, paused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exporting import Exporter, Page
    from lab import Lab, RunningGuest

pytestmark = pytest.mark.lab

DEADLINE = 2.0
CHURN = int(os.environ.get("VIRTCAST_CHURN", "15"))  # actions
CONNECTIONS = 2
RESIDENT = "libvirt_domain_memory_stats_rss_bytes"


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
    flags = (
        f"--libvirt.uri={lab.hosts[0].read_only_uri}",
        f"--libvirt.connections={CONNECTIONS}",
        f"--scrape.deadline={DEADLINE}",
    )
    with exporting(*flags) as running:
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


def test_churn_leaves_neither_errors_nor_stale_series_nor_leaks(lab: Lab, exporter: Exporter) -> None:
    host = lab.hosts[0]
    threads = exporter.process.num_threads()
    resident = exporter.process.memory_info().rss
    with Watcher(exporter) as watcher:
        for number, action in zip(range(CHURN), cycle(ACTIONS), strict=False):
            action(lab, number // len(ACTIONS))
    assert watcher.failures == []
    assert watcher.fallen == []
    assert watcher.pages >= CHURN / 5
    listed = set(host.virsh("list", "--all", "--name").split())
    page = exporter.until(lambda page: page.stale() == set(), "all is fresh")
    assert page.domains() == listed
    limit = time.monotonic() + 2 * IDLE  # threads without work end
    while exporter.process.num_threads() > threads + 8 and time.monotonic() < limit:
        time.sleep(0.2)
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
