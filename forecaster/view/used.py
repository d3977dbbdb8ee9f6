"""What VMs used, hour by hour, in virtual CPUs and bytes.

A share is one of what the VM had in that hour. The same load is another share once the VM has more or less:
shares of the past say nothing about the present size until they are turned into what was used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecaster.view.rollups import SIZE, Rollup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.view.inventory import Vm
    from forecaster.view.rollups import Rollups

    Floats = NDArray[np.float64]
    Hours = NDArray[np.float32]
    Key = tuple[str, str]  # instance, domain

CPU, MEMORY = "cpu", "memory"
HAS: Mapping[str, Callable[[Vm], float | None]] = {
    CPU: lambda vm: vm.virtual_cpus,
    MEMORY: lambda vm: vm.current_memory_bytes or vm.maximum_memory_bytes,
}
"""By part: what its shares are of now. Of memory that is what the balloon leaves, not what a VM may take."""


class Used(NamedTuple):
    """Of n VMs in the hours that end at `ends` (k,), Unix seconds: the mean and the peak of what was used,
    and what the VM had, (k, n), in virtual CPUs or bytes; NaN = not known.
    """

    ends: NDArray[np.int64]
    mean: Hours
    peak: Hours
    given: Hours


def used(
    rollups: Rollups, part: str, vms: Sequence[Vm], last: int = 0, among: Sequence[Key] | None = None
) -> Used:
    """What VMs used of a part (`CPU`, `MEMORY`) in so many of the last hours, or in all; one that migrated
    brings its hours at other hosts, if no other one has its name `among` all: see `Rollup.of_vms`.
    """
    row = rollups[f"vm_{part}"]
    if last:
        row = Rollup(row.labels, row.ends[-last:], row.mean[-last:], row.peak[-last:])
    share = row.of_vms([(vm.instance, vm.domain) for vm in vms], among, rollups[SIZE])
    sizes = given(rollups, part, vms, row.ends, among)
    return Used(row.ends, share.mean * sizes, share.peak * sizes, sizes)


def present(part: str, vms: Sequence[Vm]) -> Floats:
    """What VMs have of a part now (n,); NaN = not known."""
    return positive(map(HAS[part], vms))


def positive(told: Iterable[float | None]) -> Floats:
    """Sizes (n,); NaN where they are not known: nothing has none of what it is asked for."""
    return np.array([each if each and each > 0 else np.nan for each in told], dtype=float)


def given(
    rollups: Rollups,
    part: str,
    vms: Sequence[Vm],
    ends: NDArray[np.int64],
    among: Sequence[Key] | None = None,
) -> Hours:
    """What VMs had of a part in the hours that end at `ends` (k,): (k, n)."""
    return had(rollups, [(vm.instance, vm.domain, part) for vm in vms], present(part, vms), ends, among)


def had(
    rollups: Rollups,
    parts: Sequence[tuple[str, str, str]],
    now: Floats,
    ends: NDArray[np.int64],
    among: Sequence[Key] | None = None,
) -> Hours:
    """What VMs had of parts (instance, domain, part) that are `now` (n,) so large, in the hours that end at
    `ends` (k,) or in which these are: (k, n). A part is one of those above, or the mount point of a file
    system.

    An hour that is not known is as the last one before it, or else as the first one. Rows are read in turn:
    of hours after the last that was read, the least of that and of now counts. Without any hour the present
    counts.
    """
    present, sizes = now.astype(np.float32), rollups[SIZE]
    if not len(sizes.ends):
        return np.tile(present, (len(ends), 1))
    told = sizes.of_vms(parts, among).mean
    known = _filled(np.where(told > 0, told, np.float32(np.nan)))
    found = known[np.minimum(np.searchsorted(sizes.ends, ends), len(known) - 1)]
    late = ends > sizes.until
    found[late] = np.fmin(found[late], present)
    return np.where(np.isnan(found), present, found)


def _filled(hours: Hours) -> Hours:
    """With the last known value of each column (k, n) in place of what is not known, or else the first."""
    known, rows = np.isfinite(hours), np.arange(len(hours))[:, None]
    last = np.maximum.accumulate(np.where(known, rows, -1), axis=0)
    place = np.where(last < 0, known.argmax(axis=0), last)
    found: Hours = np.take_along_axis(hours, place, axis=0)
    return found
