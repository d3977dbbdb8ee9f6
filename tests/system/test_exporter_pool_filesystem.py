"""A pool that fills between two refreshes: a real file system, as the exporter sees it beside libvirt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from exporting import exporting
from stage import mount, within

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lab import Host, Lab

pytestmark = pytest.mark.lab

POOL, MIB = "filling", 1 << 20
SIZE, WRITTEN = 16 * MIB, 9 * MIB
FREE, TOTAL = "libvirt_pool_filesystem_free_bytes", "libvirt_pool_filesystem_size_bytes"


@pytest.fixture
def folder(lab: Lab, tmp_path: Path) -> Iterator[Path]:
    """The folder of a pool, which is a file system that only the host has mounted."""
    host, folder = lab.hosts[0], tmp_path / "images"
    folder.mkdir()
    mount(host, folder, f"{SIZE}")
    host.virsh("pool-define-as", POOL, "dir", "--target", str(folder))
    host.virsh("pool-start", POOL)
    yield folder
    host.virsh("pool-destroy", POOL)
    host.virsh("pool-undefine", POOL)
    within(host, "umount", str(folder))


def refreshed(host: Host) -> float:
    """The available bytes that libvirt knows of."""
    lines = host.virsh("pool-info", POOL, "--bytes").splitlines()
    return float(next(line.split()[-1] for line in lines if line.startswith("Available:")))


def test_what_fills_a_pool_without_a_refresh_is_seen(lab: Lab, folder: Path) -> None:
    host = lab.hosts[0]
    with exporting(f"--libvirt.uri={host.read_only_uri}", inside=host) as exporter:
        page = exporter.until(lambda page: page.value(FREE, pool=POOL) is not None, "it is read")
        assert (
            page.value(TOTAL, pool=POOL) == page.value("libvirt_pool_info_capacity_bytes", pool=POOL) == SIZE
        )
        assert page.value(FREE, pool=POOL) == refreshed(host)
        within(host, "fallocate", "--length", str(WRITTEN), str(folder / "thin.raw"))
        page = exporter.until(lambda page: (page.value(FREE, pool=POOL) or 0) <= SIZE - WRITTEN, "it fills")
        assert page.value("libvirt_pool_info_available_bytes", pool=POOL) == refreshed(host) > SIZE - WRITTEN
        host.virsh("pool-refresh", POOL)
        assert refreshed(host) == page.value(FREE, pool=POOL)


@pytest.mark.usefixtures("folder")
def test_an_exporter_that_does_not_see_the_file_system_says_nothing_of_it(lab: Lab) -> None:
    with exporting(f"--libvirt.uri={lab.hosts[0].read_only_uri}") as exporter:
        read = "libvirt_reading_last_update_timestamp_seconds"
        page = exporter.until(
            lambda page: page.value(read, reading="pool_filesystems") is not None, "it is read"
        )
        assert page.value("libvirt_pool_info_capacity_bytes", pool=POOL) == SIZE
        assert page.value(TOTAL, pool=POOL) is None
