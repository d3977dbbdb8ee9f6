"""The past of series, hour by hour: the mean and the peak of each hour of the last 28 days.

Advice is about weeks: hours are fine enough for it, and their peaks hide no rare load as means do.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.series.labels import Labels

    Floats = NDArray[np.float64]
    Hours = NDArray[np.float32]

DAYS = 28  # of the past that is kept: four weeks
HOURS = 24  # of a day
ABSURD = 1e30  # nothing in a fleet is so much; sums and products of what is below are finite
EVERY = "$every"  # stands for the seconds of an hour in a query
KEPT = DAYS * HOURS  # hours; 2.7 kB a series, and as much for its peaks
VM, HOST, POOL = ("instance", "domain"), ("instance",), ("instance", "pool")
THIN_POOL = ("instance", "volume_group", "thin_pool", "part")
SIZE = "vm_size"  # name of the row of what VMs have
APART = 24  # known hours between those at two hosts, beyond which they are of two VMs of one name


class Kept(NamedTuple):
    """A row of the table of what is kept: `labels` tell the series of `query` apart. Without `peaks` the mean
    stands for the peak: only demand is sized by its peaks. `over` is the value of EVERY where that is no mean
    or is cheaper to ask for than by looking at each step.
    """

    name: str
    query: str
    labels: tuple[str, ...]
    peaks: bool = False
    over: str = ""


def _traffic(*names: str) -> str:
    return " + ".join(f"sum by (instance, domain) ({name})" for name in names)


def _mean_traffic(*names: str) -> str:
    """The mean of a sum is the sum of the means, and these need no subquery: a tenth of the time."""
    return _traffic(*(f"avg_over_time({name}[{EVERY}])" for name in names))


def _thin(query: str) -> str:
    """Data and metadata of thin pools, told apart by `part`: either of them that is full stops all writes."""
    parts = {"data": "used_ratio", "metadata": "metadata_used_ratio"}
    told = (
        f'label_replace({query.format(f"libvirt_host_thin_pool_{name}")}, "part", "{part}", "", "")'
        for part, name in parts.items()
    )
    return " or ".join(told)


def _objectives(query: str) -> str:
    """Whether each VM keeps its objectives; of several disks the worst counts."""
    available = query.format("vm:available:ratio")
    fast = f"min by (instance, domain) ({query.format('vm:disk_fast:ratio')})"
    told = {"availability": available, "latency": fast}
    return " or ".join(f'label_replace({each}, "objective", "{name}", "", "")' for name, each in told.items())


def _sizes(query: str) -> str:
    """What VMs have, by part: what their shares are of. The normalised layer goes before our exporter; of
    memory only what the balloon leaves counts. File systems are parts by their mount points.
    """
    names = {
        "cpu": ("vm:virtual_cpus:count", "libvirt_domain_info_virtual_cpus"),
        "memory": ("vm:maximum_memory:bytes", "libvirt_domain_info_memory_usage_bytes"),
    }
    told = {part: " or on (instance, domain) ".join(map(query.format, each)) for part, each in names.items()}
    parts = [f'label_replace({each}, "part", "{part}", "", "")' for part, each in told.items()]
    mounted = query.format("libvirt_domain_filesystem_size_bytes")
    return " or ".join([*parts, f'label_replace({mounted}, "part", "$1", "mountpoint", "(.*)")'])


DISK = ("vm:disk_read_bytes:rate", "vm:disk_write_bytes:rate")
NETWORK = ("vm:network_receive_bytes:rate", "vm:network_transmit_bytes:rate")
SWAP = "sum by (instance, domain) (rate(libvirt_domain_memory_stats_swap_in_bytes[{}]))"
TABLE: tuple[Kept, ...] = (
    Kept("vm_cpu", "vm:cpu_utilization:ratio", VM, peaks=True),
    Kept("vm_steal", "vm:cpu_steal:ratio", VM),
    Kept("vm_memory", "vm:memory_utilization:ratio", VM, peaks=True),
    # The least of the hour: where it changes, the highest share is one of the least.
    Kept(SIZE, _sizes("{}"), (*VM, "part"), over=_sizes(f"min_over_time({{}}[{EVERY}])")),
    Kept("vm_swap", SWAP.format("5m"), VM, over=SWAP.format(EVERY)),
    Kept("vm_disk", _traffic(*DISK), VM, over=_mean_traffic(*DISK)),
    Kept("vm_network", _traffic(*NETWORK), VM, over=_mean_traffic(*NETWORK)),
    Kept("vm_filesystem", "vm:filesystem_utilization:ratio", (*VM, "mountpoint")),
    Kept("vm_disk_allocation", "vm:disk_allocation:ratio", (*VM, "target_device")),
    Kept(
        "vm_objective",
        _objectives("{}"),
        (*VM, "objective"),
        over=_objectives(f"avg_over_time({{}}[{EVERY}])"),
    ),
    Kept("host_cpu", "host:cpu_utilization:ratio", HOST, peaks=True),
    Kept("host_memory", "host:memory_utilization:ratio", HOST, peaks=True),
    Kept("pool", "pool:utilization:ratio", POOL),
    Kept("thin_pool", _thin("{}"), THIN_POOL, over=_thin(f"avg_over_time({{}}[{EVERY}])")),
)


STEPS: tuple[Kept, ...] = (
    Kept("cpu", "vm:cpu_utilization:ratio", VM),
    Kept("steal", "vm:cpu_steal:ratio", VM),
    Kept("disk", _traffic(*DISK), VM),
    Kept("latency", "max by (instance, domain) (vm:disk_latency:seconds)", VM),
)
"""What is kept step by step, for the question which VM takes what its neighbours lack."""
STEPS_KEPT = 288  # a day of five minutes; 1.2 kB a series


@dataclass(frozen=True, eq=False)
class Rollup:
    """The hours of some series: `ends` (k,) Unix seconds, ascending and even; mean and peak (k, n), NaN = no
    sample. A series' labels have the order of the row of the table.
    """

    labels: tuple[tuple[str, ...], ...] = ()
    ends: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    mean: Hours = field(default_factory=lambda: np.empty((0, 0), np.float32))
    peak: Hours = field(default_factory=lambda: np.empty((0, 0), np.float32))

    def after(self, new: Self, most: int = KEPT) -> Self:
        """With the later hours of `new`, `most` in all; a series without any value in these is left out."""
        labels = tuple(dict.fromkeys((*self.labels, *new.labels)))
        place = {each: at for at, each in enumerate(labels)}
        mine = np.array([place[each] for each in self.labels], np.intp)
        theirs = np.array([place[each] for each in new.labels], np.intp)
        ends = np.concatenate([self.ends, new.ends])[-most:]

        def joined(old: Hours, added: Hours) -> Hours:
            found = np.full((len(old) + len(added), len(labels)), np.nan, np.float32)
            found[: len(old), mine] = old
            found[len(old) :, theirs] = added
            return found[-most:]

        mean = joined(self.mean, new.mean)
        peak = mean if new.peak is new.mean else joined(self.peak, new.peak)
        seen = np.isfinite(mean).any(axis=0)
        kept = tuple(labels[at] for at in np.flatnonzero(seen))
        mean, same = mean[:, seen], peak is mean
        return type(self)(kept, ends, mean, mean if same else peak[:, seen])

    def last(self, hours: int) -> Self:
        """Its last hours; a series without any value in them is left out."""
        return self.after(type(self)(self.labels, self.ends[:0], self.mean[:0], self.mean[:0]), hours)

    @property
    def until(self) -> int:
        """The end of the last hour, Unix seconds; 0 of nothing."""
        return int(self.ends[-1]) if len(self.ends) else 0

    @cached_property
    def known(self) -> int:
        """Hours since the first one of which any series has a value: `ends` begin where it was asked for."""
        found = np.flatnonzero(np.isfinite(self.mean).any(axis=1))
        return len(self.mean) - int(found[0]) if len(found) else 0

    @cached_property
    def place(self) -> Mapping[tuple[str, ...], int]:
        """The place of each series."""
        return {each: at for at, each in enumerate(self.labels)}

    @cached_property
    def _of_domain(self) -> Mapping[tuple[str, ...], list[int]]:
        found: dict[tuple[str, ...], list[int]] = {}
        for at, each in enumerate(self.labels):
            found.setdefault(each[1:], []).append(at)
        return found

    def of_vms(
        self,
        vms: Sequence[tuple[str, ...]],
        among: Sequence[tuple[str, str]] | None = None,
        sizes: Rollup | None = None,
    ) -> Past:
        """The past of VMs (instance, domain, …): one that migrated brings the hours at its other hosts, if no
        other one has its name `among` all VMs that there are (instance, domain); None: there are no others
        than these. Hours that ended long before it came are of another one: see `course`; with `sizes`, the
        row SIZE, not if it was off meanwhile. Columns of VMs that are not known are NaN.
        """
        return self.joined(self._of_vms(vms, among, sizes))

    def first_hours(self, vms: Sequence[tuple[str, ...]], among: Sequence[tuple[str, str]]) -> list[int]:
        """The place of the first hour that is known of each VM, with those at other hosts as above; -1: none
        is.
        """
        if not len(self.ends):
            return [-1] * len(vms)
        seen = np.isfinite(self.mean)
        first = np.where(seen.any(axis=0), seen.argmax(axis=0), len(seen)).tolist()
        found = [min((first[at] for at in mine), default=len(seen)) for mine in self._of_vms(vms, among)]
        return [each if each < len(seen) else -1 for each in found]

    def _of_vms(
        self,
        vms: Sequence[tuple[str, ...]],
        among: Sequence[tuple[str, str]] | None,
        sizes: Rollup | None = None,
    ) -> list[list[int]]:
        """The places of the series of each VM."""
        there = {each[:2] for each in vms} if among is None else {*among}
        names = Counter(domain for _, domain in there)
        alone = {each for each in vms if names[each[1]] == (each[:2] in there)}
        return [self._places(each, sizes, alone=each in alone) for each in vms]

    def _places(self, vm: tuple[str, ...], sizes: Rollup | None = None, *, alone: bool) -> list[int]:
        """Of the series of a VM, its own first; with those at other hosts if it is `alone` with its name."""
        own, found = self.place.get(vm), self._of_domain.get(vm[1:], []) if alone else []
        others = [at for at in found if at != own]
        return self.course(own, others, sizes.hosts_of(vm) if others and sizes else frozenset())

    def hosts_of(self, vm: tuple[str, ...]) -> frozenset[str]:
        """Where a VM that is alone with its name was, of the row SIZE, which tells VMs that are off, too."""
        return frozenset(self.labels[at][0] for at in self._places((*vm[:2], "cpu"), alone=True))

    def course(
        self, own: int | None, others: Sequence[int], hosts: frozenset[str] = frozenset()
    ) -> list[int]:
        """The places of the series of one VM: its own, if there is any, and those of `others` of its name
        that go on to it, or to now, the last one first: between two hosts it is away for a day at most. What
        ends earlier is of a VM that was deleted, unless it is known to have been at the `hosts` of these.
        """
        found = [] if own is None else [own]
        if not others or not len(self.ends):
            return found
        first, last = self._known_spans
        begin = int(last.max()) if own is None else int(first[own])
        for at in sorted(others, key=lambda each: -int(last[each])):
            if last[at] < begin - APART and self.labels[at][0] not in hosts:
                continue
            begin = min(begin, int(first[at]))
            found.append(at)
        return found

    @cached_property
    def _known_spans(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The first and the last value of each series, counted in hours of which anything is known."""
        seen = np.isfinite(self.mean)
        count, there = np.cumsum(seen.any(axis=1)), seen.any(axis=0)
        first, last = seen.argmax(axis=0), len(seen) - 1 - seen[::-1].argmax(axis=0)
        return np.where(there, count[first], count[-1]), np.where(there, count[last], -1 - APART)

    def of(self, series: Sequence[tuple[str, ...]]) -> Past:
        """The past of these series; NaN where nothing is known."""
        return self.joined([[] if (at := self.place.get(each)) is None else [at] for each in series])

    def joined(self, places: Sequence[Sequence[int]]) -> Past:
        """A column for each of `places` of series: where the first one is not known the next one counts."""
        first = np.array([mine[0] if mine else -1 for mine in places], np.intp)
        mean = self._columns(self.mean, first)
        peak = mean if self.peak is self.mean else self._columns(self.peak, first)
        for column, mine in enumerate(places):
            for at in mine[1:]:
                missing = np.isnan(mean[:, column])
                mean[missing, column] = self.mean[missing, at]
                peak[missing, column] = self.peak[missing, at]
        return Past(mean, peak)

    def _columns(self, hours: Hours, chosen: NDArray[np.intp]) -> Hours:
        if not len(self.ends) or not self.labels:
            return np.full((len(self.ends), len(chosen)), np.nan, np.float32)
        return np.where(chosen >= 0, hours[:, chosen], np.float32(np.nan))


def at_hours(values: Hours, ends: NDArray[np.int64], wanted: NDArray[np.int64]) -> Hours:
    """The values (k, n) of hours that end at `ends`, at the hours of another row, which is read at another
    time; NaN where they are not known.
    """
    found = np.full((len(wanted), values.shape[1]), np.nan, np.float32)
    if len(ends):
        place = np.minimum(np.searchsorted(ends, wanted), len(ends) - 1)
        there = ends[place] == wanted
        found[there] = values[place[there]]
    return found


class Past(NamedTuple):
    """Mean and peak of each hour (k, n) of n series; NaN = no sample."""

    mean: Hours
    peak: Hours


@dataclass(frozen=True, eq=False)
class Rollups:
    """What is kept, by name of the table's row; hours are `every` seconds long (a 24th of the day)."""

    every: int = 3600
    tables: Mapping[str, Rollup] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Rollup:
        return self.tables.get(name, _NOTHING)

    def having(self, name: str, row: Rollup) -> Self:
        """With a row as it is now."""
        if row is self[name]:
            return self
        return type(self)(self.every, {**self.tables, name: row})

    @cached_property
    def four_weeks(self) -> Self:
        """The part that advice is made from, where more was read."""
        if all(len(each.ends) <= KEPT for each in self.tables.values()):
            return self
        return type(self)(self.every, {name: each.last(KEPT) for name, each in self.tables.items()})

    @property
    def nbytes(self) -> int:
        """What the hours take in memory."""
        parts = {id(part): part for each in self.tables.values() for part in (each.mean, each.peak)}
        return sum(part.nbytes for part in parts.values())


_NOTHING = Rollup()


def key_of(kept: Kept, labels: Labels) -> tuple[str, ...]:
    """The labels of a series that the table names, in its order; () without one of them."""
    named = dict(labels)
    found = tuple(named.get(name, "") for name in kept.labels)
    return found if all(found) else ()


def rollup(
    kept: Kept,
    ends: Sequence[int],
    means: Iterable[tuple[Labels, Floats, Floats]],
    peaks: Iterable[tuple[Labels, Floats, Floats]] | None = None,
) -> Rollup:
    """The hours `ends` from answers: labels, times and values of each series; without `peaks` the means stand
    for them. Of several series with the same labels (several providers know a VM) the first counts.
    """
    told = [_by_key(kept, answer) for answer in (means, peaks) if answer is not None]
    columns = {key: at for at, key in enumerate(dict.fromkeys(key for found in told for key in found))}
    hours = np.asarray(ends, np.int64)
    tables = [_table(found, hours, columns) for found in told]
    return Rollup(tuple(columns), hours, tables[0], tables[-1])


def _by_key(
    kept: Kept, answer: Iterable[tuple[Labels, Floats, Floats]]
) -> dict[tuple[str, ...], tuple[Floats, Floats]]:
    """Times and values of each series; the first of those with the same labels."""
    found: dict[tuple[str, ...], tuple[Floats, Floats]] = {}
    for labels, times, values in answer:
        key = key_of(kept, labels)
        if key:
            found.setdefault(key, (times, values))
    return found


def _table(
    found: Mapping[tuple[str, ...], tuple[Floats, Floats]],
    hours: NDArray[np.int64],
    columns: Mapping[tuple[str, ...], int],
) -> Hours:
    table = np.full((len(hours), len(columns)), np.nan, np.float32)
    for key, (times, values) in found.items():
        rows = np.minimum(np.searchsorted(hours, times), len(hours) - 1)
        good = (hours[rows] == times) & (np.abs(values) < ABSURD)
        table[rows[good], columns[key]] = values[good]
    return table
