"""The page of storage and protection: pools, volumes, disks, backups, checkpoints, snapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana import marks, variables
from grafana.page import Band, Entry, Page, Placed, Section
from grafana.queries.selectors import HOST
from grafana.subjects import protection, storage, volumes

if TYPE_CHECKING:
    from grafana.profile import Profile


def page(profile: Profile) -> Page:
    return Page(
        "storage",
        "Storage and protection",
        "Storage pools, volumes and disks: what fills, what is slow; and what could be brought back.",
        Entry("Storage and protection", "Pools, volumes, disks, backups, checkpoints and snapshots"),
        variables=(
            *variables.scope(),
            variables.horizon(profile, hidden=True),
            variables.halves(),
            variables.sampled("libvirt_backups_total"),
        ),
        marks=(marks.predicted(f'resource="pool", {HOST}', profile.mark),),
        sections=(
            Section("Storage pools", 10, _pools(profile), needs=storage.PRESENT),
            Section("Disks of VMs", 20, _disks(), needs=volumes.DISKS),
            Section("LVM thin pools and volumes", 30, _volumes(), needs=volumes.PRESENT, rare=True),
            Section(
                "Backups, checkpoints and snapshots", 40, _protection(), needs=protection.PRESENT, rare=True
            ),
        ),
    )


def _pools(profile: Profile) -> list[Band]:
    return [
        Band(9, (Placed(1, storage.pools(profile, of_all=True), 14), Placed(2, storage.history(profile))))
    ]


def _disks() -> list[Band]:
    slow = (Placed(21, volumes.slowest(), 14), Placed(22, volumes.latency()))
    return [Band(9, slow), Band(5, [Placed(23, volumes.errors())])]


def _volumes() -> list[Band]:
    panels = (Placed(32, volumes.largest()), Placed(33, volumes.orphans()))
    return [Band(6, [Placed(31, volumes.thin_pools())]), Band(8, panels)]


def _protection() -> list[Band]:
    first = (Placed(41, protection.results(), 5), Placed(42, protection.backups()))
    panels = (Placed(43, protection.checkpoints()), Placed(44, protection.snapshots()))
    return [Band(7, first), Band(7, panels)]
