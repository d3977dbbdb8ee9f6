"""A thin pool that fills up, for real, in a guest; the exporter reads what `lvs` says there."""

from __future__ import annotations

import json
import os
import shlex
from typing import TYPE_CHECKING

import pytest

from exporter.source.readings.thin_pool import COMMAND
from exporting import exporting
from lab import Disk, Guest
from thin_guest import METADATA_MIB, MIB, POOL_MIB, VIRTUAL_MIB, archive, make_pool, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exporting import Page
    from lab import Lab, RunningGuest

pytestmark = pytest.mark.lab

PREFIX = "libvirt_host_thin_pool_"
POOL = {"volume_group": "vg0", "thin_pool": "fast"}


@pytest.fixture(scope="module")
def guest(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGuest]:
    """A guest with the pool vg0/fast."""
    tar = archive(tmp_path_factory.mktemp("lvm"))
    made = lab.hosts[0].start(Guest("thin", memory_mib=256, disks=(Disk(),)))
    image = lab.root / "images/lvm.tar"
    image.write_bytes(tar.read_bytes() + bytes(-tar.stat().st_size % 512))
    made.host.virsh("attach-disk", made.name, str(image), "vdb", "--live", "--targetbus", "virtio",
                    "--mode", "readonly")  # fmt: skip
    make_pool(made)
    yield made
    made.destroy()


def scraped(guest: RunningGuest, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Page:
    """A page of an exporter on a machine whose `lvs` says what the guest's says now."""
    program = folder / "lvs"
    program.write_text(f"#!/bin/sh\nexec cat {folder}/report.json\n")
    program.chmod(0o755)
    (folder / "report.json").write_text(guest.output(shlex.join(COMMAND)))
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    with exporting(f"--libvirt.uri={guest.host.read_only_uri}", "--collector.thin-pool") as exporter:
        return exporter.until(lambda page: page.value(f"{PREFIX}info", **POOL) == 1, "it is read")


def test_a_pool_that_fills_up(guest: RunningGuest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(guest, POOL_MIB // 2)
    page = scraped(guest, tmp_path, monkeypatch)
    said = json.loads((tmp_path / "report.json").read_text())
    assert page.value(f"{PREFIX}size_bytes", **POOL) == POOL_MIB * MIB
    assert page.value(f"{PREFIX}metadata_size_bytes", **POOL) == METADATA_MIB * MIB
    assert page.value(f"{PREFIX}virtual_size_bytes", **POOL) == VIRTUAL_MIB * MIB
    assert page.value(f"{PREFIX}used_ratio", **POOL) == 0.5
    (row,) = (row for row in said["report"][0]["lv"] if row["segtype"] == "thin-pool")
    assert page.value(f"{PREFIX}metadata_used_ratio", **POOL) == pytest.approx(
        float(row["metadata_percent"]) / 100
    )
    assert page.labels(f"{PREFIX}info", **POOL) == POOL | {"health": "", "when_full": "error"}

    write(guest, 2 * POOL_MIB)
    page = scraped(guest, tmp_path, monkeypatch)
    assert page.value(f"{PREFIX}used_ratio", **POOL) == 1.0
    assert page.labels(f"{PREFIX}info", **POOL)["health"] == "out_of_data"

    guest.output("vgchange -q -an vg0")
    page = scraped(guest, tmp_path, monkeypatch)
    assert page.value(f"{PREFIX}used_ratio", **POOL) is None
    assert page.value(f"{PREFIX}size_bytes", **POOL) == POOL_MIB * MIB
