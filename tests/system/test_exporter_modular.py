"""Modular daemons: libvirt behind the name of virtqemud's socket, reached by a URI without a transport."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from exporting import exporting, paused
from lab import LabError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporting import Exporter, Page
    from lab import Hypervisor, Lab, RunningGuest

pytestmark = pytest.mark.lab

READ_ONLY = ("libvirt-sock-ro", "virtqemud-sock-ro")


@pytest.fixture(scope="module")
def guest(lab: Lab) -> Iterator[RunningGuest]:
    started = lab.hosts[0].start(paused("modular"))
    yield started
    started.destroy()


@pytest.fixture(scope="module")
def exporter(guest: RunningGuest) -> Iterator[Exporter]:
    uri = f"qemu:///system?socket={guest.host.folder}/run/{READ_ONLY[1]}"
    _rename(guest.host)
    with exporting(f"--libvirt.uri={uri}") as running:
        yield running


def _rename(host: Hypervisor) -> None:
    """Debian 12 has no virtqemud: its name is another for the socket libvirtd listens at."""
    old, new = (host.folder / "run" / name for name in READ_ONLY)
    new.unlink(missing_ok=True)
    os.link(old, new)


def _title(page: Page, domain: str) -> str:
    infos = (dict(labels) for name, labels in page.values if name == "libvirt_domain_info")
    return next((labels["title"] for labels in infos if labels["domain"] == domain), "")


def test_statistics_and_events_come_by_virtqemuds_socket(exporter: Exporter, guest: RunningGuest) -> None:
    page = exporter.until(lambda page: guest.name in page.domains(), "it is there")
    assert page.values["libvirt_up", frozenset()] == 1
    assert exporter.scrape().of("libvirt_domain_memory_stats_rss_bytes")[guest.name] > 0
    for title in ("one", "another"):  # what is cached is read again after an event only
        guest.host.virsh("desc", guest.name, "--title", "--live", title)
        exporter.until(lambda page: _title(page, guest.name) == title, "the event is heard", 10)  # noqa: B023


def test_a_daemon_that_was_killed_is_found_again_by_virtqemuds_socket(
    exporter: Exporter, guest: RunningGuest
) -> None:
    host = guest.host
    exporter.until(lambda page: not page.stale(), "all is fresh")
    host.stop_daemon(signal.SIGKILL)
    try:
        down = exporter.scrape()
    finally:
        with suppress(LabError):
            host.start_daemon()
        _rename(host)
    assert down.values["libvirt_up", frozenset()] == 0
    assert down.seconds <= 2
    assert exporter.scrape().values["libvirt_up", frozenset()] == 1
    guest.host.virsh("desc", guest.name, "--title", "--live", "after")
    exporter.until(lambda page: _title(page, guest.name) == "after", "events are heard again", 20)
