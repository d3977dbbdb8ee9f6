"""Adviser: how large the disks of VMs should be, by what their file systems need.

A disk counts if the guest agent tells of file systems on it, by the names of their devices: vda1 is on vda.
A disk is easily made larger and hardly ever smaller, so one that is too large is said to be so later, and
what its image holds for nothing comes back by a trim.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from exporter.metric import Kind, Metric
from forecaster.advice.finding import Column
from forecaster.advice.output import Advice, Output, adviser
from forecaster.advice.sizes import FITS, LARGE, SMALL, UNKNOWN
from forecaster.advice.sizing import AGGRESSIVE, AHEAD, BALANCED, CONSERVATIVE, GIB, HOURS, SEASON, trend
from forecaster.advice.wording import amount, named
from forecaster.view.rollups import SIZE as OF_SIZES
from forecaster.view.used import had

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.series.labels import Labels
    from forecaster.view.inventory import Disk, FileSystem, Inventory, Vm
    from forecaster.view.rollups import Rollups
    from forecaster.view.view import Fresh

    Floats = NDArray[np.float64]

MARGINS = {CONSERVATIVE: 1.3, BALANCED: 1.2, AGGRESSIVE: 1.1}
"""Factor on the highest use with its growth of 30 days: file systems slow down and warn from 80 to 95 %."""
FULL = 0.95  # share of the file systems that may be used, as the limit of vm_filesystem
SPARE = 0.3  # share of a disk, and
SPARE_BYTES = 10 * GIB  # that it must be too large by before anybody is told
ROUNDING = 1e-4  # GiB: shares have single precision
DEVICE = "block"  # type of a disk's source: what it takes is its size, whatever is trimmed
VERDICTS = (SMALL, LARGE, FITS, UNKNOWN)


@dataclass(frozen=True)
class DiskSize:
    """One disk; bytes. `idle` is what its image holds and its file systems do not use; None: not known."""

    labels: Labels
    current: float
    sizes: Mapping[str, float]  # by risk
    verdict: str
    reason: str
    peak: float | None = None
    growth: float | None = None  # in 30 days
    idle: float | None = None

    @property
    def order(self) -> tuple[int, float]:
        """What is too small first, then what has most to spare."""
        return VERDICTS.index(self.verdict), self.sizes.get(BALANCED, self.current) - self.current


class Known(NamedTuple):
    """A disk of a VM, and the file systems on it."""

    vm: Vm
    disk: Disk
    filesystems: tuple[FileSystem, ...]

    @property
    def room(self) -> float:
        """Bytes of its file systems."""
        return sum(each.size_bytes or 0.0 for each in self.filesystems)


def advised(fresh: Fresh) -> Sequence[DiskSize]:
    """All disks that are told of, the most important first."""
    return disk_sizes(fresh.view.rollups, fresh.inventory)


@lru_cache(maxsize=2)
def disk_sizes(rollups: Rollups, inventory: Inventory) -> tuple[DiskSize, ...]:
    """From the past and the inventory alone."""
    hours, disks = rollups["vm_filesystem"], list(_disks(inventory))
    if not disks or not len(hours.ends):
        return ()
    used = _used(rollups, disks, inventory.keys)
    grows = np.maximum(0.0, trend(used.astype(np.float32)))
    told = (_size(each, used[:, at], AHEAD * float(grows[at])) for at, each in enumerate(disks))
    return tuple(sorted(told, key=lambda each: (*each.order, each.labels)))


def _disks(inventory: Inventory) -> Iterator[Known]:
    for vm in inventory.vms:
        for disk in vm.own_disks:
            mine = tuple(each for each in vm.filesystems if lies_on(each.device, disk.target_device))
            if disk.capacity_bytes and mine and all(each.size_bytes for each in mine):
                yield Known(vm, disk, mine)


def _used(rollups: Rollups, disks: Sequence[Known], among: Sequence[tuple[str, str]]) -> Floats:
    """What was used of the file systems of each disk (k, n), as a share of what they are now; NaN where that
    of one is not known.
    """
    hours, parts = rollups["vm_filesystem"], [(of.vm, each) for of in disks for each in of.filesystems]
    keys = [(vm.instance, vm.domain, each.mountpoint) for vm, each in parts]
    now = np.array([each.size_bytes for _, each in parts], float)
    sizes = had(rollups, keys, now, hours.ends, among)
    taken = hours.of_vms(keys, among, rollups[OF_SIZES]).mean.astype(float) * sizes
    first = np.cumsum([0, *(len(of.filesystems) for of in disks[:-1])])
    found: Floats = np.add.reduceat(taken, first, axis=1) / np.array([of.room for of in disks])
    return found


def lies_on(device: str, target: str) -> bool:
    """Whether a guest's device is a disk or a partition of it: vda, vda1; nvme0n1p2 of nvme0n1.

    >>> lies_on("vda1", "vda"), lies_on("vdaa1", "vda"), lies_on("dm-0", "vda")
    (True, False, False)
    """
    return bool(target) and re.fullmatch(rf"{re.escape(target)}p?\d*", device) is not None


def _size(of: Known, used: Floats, growth: float) -> DiskSize:
    labels = (
        ("domain", of.vm.domain),
        ("instance", of.vm.instance),
        ("target_device", of.disk.target_device),
    )
    current, seen = float(of.disk.capacity_bytes or 0.0), used[np.isfinite(used)]
    if len(seen) < SEASON:
        reason = f"not enough history: {len(seen) / HOURS:.1f} of {SEASON // HOURS} days seen"
        return DiskSize(labels, current, {}, UNKNOWN, reason)
    peak, more = float(seen.max()) * of.room, growth * of.room
    rest = max(0.0, current - of.room)  # partition tables, journals, what else is on it
    sizes = {risk: whole(rest + factor * (peak + more)) for risk, factor in MARGINS.items()}
    held = of.disk.physical_bytes
    known = held is not None and of.disk.source_type != DEVICE
    idle = max(0.0, (held or 0.0) - float(seen[-1]) * of.room) if known else None
    verdict = _verdict(current, sizes[BALANCED], small=peak + more >= FULL * of.room - ROUNDING * GIB)
    if verdict == SMALL:
        sizes = {risk: max(each, current + GIB) for risk, each in sizes.items()}
    else:
        sizes = {risk: min(each, current) if verdict == LARGE else current for risk, each in sizes.items()}
    return DiskSize(labels, current, sizes, verdict, _reason(peak, more, idle, len(seen)), peak, more, idle)


def whole(size: float) -> float:
    """Whole GiB, in bytes."""
    return float(np.ceil(size / GIB - ROUNDING) * GIB)


def _verdict(current: float, size: float, *, small: bool) -> str:
    if small:
        return SMALL
    return LARGE if current - size >= max(SPARE * current, SPARE_BYTES) else FITS


def _reason(peak: float, growth: float, idle: float | None, hours: int) -> str:
    """For example: used at most 12 GiB in 28 days; grows by 2 GiB in 30 days."""
    parts = [f"used at most {amount(peak, 'bytes')} in {hours / HOURS:.0f} days"]
    if growth:
        parts.append(f"grows by {amount(growth, 'bytes')} in {AHEAD} days")
    if idle and idle >= GIB:
        parts.append(f"a trim in the guest gives back {amount(idle, 'bytes')}")
    return "; ".join(parts)


SIZE = Metric(
    "virtcast_recommended_disk_bytes",
    Kind.GAUGE,
    "Recommended size of a disk by risk; absent where it fits, without a week of history, and where the "
    "guest does not tell of its file systems.",
    ("risk",),
    "bytes",
)
ADVISER = adviser(
    "disk_sizes",
    "Disk sizes",
    Advice(
        "/api/v1/disk-sizes",
        "How large the disks of VMs should be, by risk, by what their file systems use.",
        advised,
        lambda of: of.labels,
        (
            Output("of", "text", "The disk.", lambda of: named(of.labels), column=Column("Disk", about=True)),
            Output(
                "verdict",
                "text",
                "undersized, oversized, fits, or unknown.",
                lambda of: of.verdict,
                column=Column("Verdict", whole=True),
            ),
            Output(
                "current",
                "number",
                "The present size in bytes.",
                lambda of: of.current,
                column=Column("Now", number=True),
                text=lambda of: amount(of.current, "bytes"),
            ),
            Output(
                "sizes",
                "numbers",
                "By risk (conservative, balanced, aggressive): bytes; empty without a week of history.",
                lambda of: of.sizes,
                SIZE,
                Column("Better", number=True),
                lambda of: amount(of.sizes[BALANCED], "bytes") if of.sizes else "unknown",
            ),
            Output("peak", "number", "The most that was used, bytes.", lambda of: of.peak),
            Output("growth", "number", "What that grows in 30 days, bytes.", lambda of: of.growth),
            Output("idle", "number", "Bytes that its image holds and nothing uses.", lambda of: of.idle),
            Output("reason", "text", "Why.", lambda of: of.reason, column=Column("Why")),
        ),
        shown=lambda of: of.verdict in {SMALL, LARGE},
        lean=True,
    ),
    nothing="None: every disk that guests tell of fits, or has too little history.",
)
