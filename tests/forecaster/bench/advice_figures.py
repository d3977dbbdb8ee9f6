"""How good the advice is: forecaster/ADVICE.md, from seeded fleets and hosts, and VMs of Bitbrains.

    PYTHONPATH=tests/support .venv/bin/python tests/forecaster/bench/advice_figures.py --data ../shared/bench

A size is right on a day if the demand of the day's five minutes stays within it. Demand beyond what a VM has
cannot be seen; it counts as all that it has.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import migration_figures
import numpy as np
import plan_figures

from bullies import bully, no_bully
from fills import before_full, daily_fills, written_fills
from fleets import AFTER, DAY, SEEN, fleet
from forecaster.advice.days_left import days_left
from forecaster.advice.neighbours import CONTESTS, neighbours, victims
from forecaster.advice.sizes import sizes_of
from forecaster.advice.sizing import BALANCED, RISKS
from forecaster.advice.waste import IDLE, ZOMBIE, wasted
from forecaster.view.inventory import Inventory, Vm
from forecaster.view.rollups import Rollup, Rollups

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

ROOT = Path(__file__).resolve().parents[3]
FLEETS, VMS, HOSTS, FILLS = 20, 60, 100, 2_000
HOUR = 3600
CUTS = (28, 29, 30, 31)  # days of the traces after which sizes are advised
LIMIT, AHEAD = 0.9, (3, 7, 14, 30)  # of fills; days before it is reached at which a date is judged
GIB = float(1 << 30)
HEAD = """# Quality of the advice

Written by `make bench-advice`; do not edit. Seeded fleets, hosts and fills are the project's own
(`tests/support`). The traces are those of 250 VMs of Bitbrains in July and August 2013; they are no part of
the project. The margins of sizes were chosen with them: expect less on other fleets.
{more}
"""


class Past(NamedTuple):
    """Mean and peak of each hour (k, n) as shares of `given` (n,) at the cut; the highest share of each day
    after it (days, n).
    """

    mean: Floats
    peak: Floats
    given: Floats
    after: Floats
    used: Floats  # mean of the days after


@dataclass
class Tally:
    """Days on which sizes were right; what was unused before and after; what was added."""

    days: int = 0
    short: int = 0
    before: float = 0.0
    after: float = 0.0
    raised: float = 0.0

    def add(self, size: Floats, past: Past) -> None:
        """The sizes (n,) of VMs, as shares of what they have; NaN = none was advised."""
        judged = np.isfinite(size) & np.isfinite(past.used)
        demand = np.minimum(past.after, 1.0)[:, judged]
        self.days += int(np.isfinite(demand).sum())
        self.short += int((demand > size[judged] * (1 + 1e-6)).sum())
        given, used = past.given[judged], past.used[judged]
        self.before += float((given * (1 - used)).sum())
        self.after += float((given * (np.minimum(size[judged], 1.0) - used)).sum())
        self.raised += float((given * np.maximum(size[judged] - 1.0, 0.0)).sum())

    def row(self) -> str:
        """Days, share of days within the size, shares of the unused that are gone and added."""
        within, gone = 1 - self.short / self.days, 1 - self.after / self.before
        added = self.raised / self.before
        return f"{self.days} | {100 * within:.2f} % | {100 * gone:.0f} % | {100 * added:.0f} %"


def advised(parts: Mapping[str, Past]) -> Mapping[tuple[str, str], Floats]:
    """The sizes by part and risk, as shares of what the VMs have; the parts are of the same VMs."""
    first = next(iter(parts.values()))
    keys = tuple(("h1", f"vm-{at}") for at in range(first.mean.shape[1]))
    ends = HOUR * np.arange(1, len(first.mean) + 1)
    tables = {
        f"vm_{name}": Rollup(keys, ends, past.mean.astype(np.float32), past.peak.astype(np.float32))
        for name, past in parts.items()
    }
    vms = tuple(
        Vm(*key, virtual_cpus=_given(parts, "cpu", at), maximum_memory_bytes=_given(parts, "memory", at))
        for at, key in enumerate(keys)
    )
    places = {key[1]: at for at, key in enumerate(keys)}
    sizes = {(name, risk): np.full(len(keys), np.nan) for name in parts for risk in RISKS}
    for each in sizes_of(Rollups(HOUR, tables), Inventory(1, vms)):
        for risk, size in each.sizes.items():
            sizes[each.part, risk][places[dict(each.labels)["domain"]]] = size / each.current
    return sizes


def _given(parts: Mapping[str, Past], name: str, at: int) -> float | None:
    known = parts.get(name)
    return None if known is None or not np.isfinite(known.given[at]) else float(known.given[at])


def seeded(seed: int, cut: int) -> dict[str, Past]:
    """A fleet after `cut` days; the hours of the 28 days before are seen."""
    known = fleet(seed, VMS)
    given = {
        "cpu": np.array([vm.virtual_cpus for vm in known.inventory.vms], dtype=float),
        "memory": np.array([vm.maximum_memory_bytes for vm in known.inventory.vms], dtype=float),
    }
    found = {}
    for name, demand in (("cpu", known.cpu), ("memory", known.memory)):
        mean, peak = demand.mean / given[name], demand.peak / given[name]
        found[name] = _past(mean, peak, given[name], cut)
    return found


def _past(mean: Floats, peak: Floats, given: Floats, cut: int) -> Past:
    seen = slice((cut - SEEN) * DAY, cut * DAY)
    later = slice(cut * DAY, min((cut + AFTER) * DAY, len(peak) // DAY * DAY))
    days = peak[later].reshape(-1, DAY, peak.shape[1])
    return Past(mean[seen], peak[seen], given, _highest(days, 1), _mean(mean[later], 0))


def _highest(values: Floats, axis: int) -> Floats:
    found: Floats = np.where(np.isnan(values), -np.inf, values).max(axis=axis)
    return np.where(np.isinf(found), np.nan, found)


def _mean(values: Floats, axis: int) -> Floats:
    known = np.isfinite(values).sum(axis=axis)
    found: Floats = np.where(known, np.nansum(values, axis=axis) / np.maximum(known, 1), np.nan)
    return found


@dataclass(frozen=True)
class Traces:
    """Bitbrains: demand (steps, n) and what was given (steps, n), by part; CPUs and bytes."""

    demand: Mapping[str, Floats]
    given: Mapping[str, Floats]

    @classmethod
    def read(cls, folder: Path) -> Traces:
        """From the folder of the bench."""
        cpu = np.load(folder / "cpu_odd_jul_aug.npz")
        memory = np.load(folder / "memory_odd_jul_aug.npz")
        cores = np.repeat(cpu["cores"][None, :], cpu["cpu_percent"].shape[1], axis=0).astype(float)
        return cls(
            {
                "cpu": np.clip(cpu["cpu_percent"].T, 0, 100) / 100 * cores,
                "memory": memory["memory_used_kb"].T * 1024.0,
            },
            {"cpu": cores, "memory": memory["memory_provisioned_kb"].T * 1024.0},
        )

    def at(self, cut: int) -> dict[str, Past]:
        """What is known after `cut` days, as shares of what each VM had in the four weeks before."""
        found = {}
        for name, demand in self.demand.items():
            steps = len(demand) // (12 * DAY) * 12 * DAY
            given = _highest(self.given[name][(cut - SEEN) * 12 * DAY : cut * 12 * DAY], 0)
            hours = (demand[:steps] / given).reshape(-1, 12, demand.shape[1])
            found[name] = _past(_mean(hours, 1), _highest(hours, 1), given, cut)
        return found


def sizes_table(cases: Iterable[Mapping[str, Past]]) -> Iterator[str]:
    """A row for each part and risk."""
    tallies: dict[tuple[str, str], Tally] = {}
    for parts in cases:
        for (name, risk), size in advised(parts).items():
            tallies.setdefault((name, risk), Tally()).add(size, parts[name])
    yield "| part | risk | VM-days | demand within the size | unused taken away | added |"
    yield "|---|---|---:|---:|---:|---:|"
    for (name, risk), tally in tallies.items():
        yield f"| {name} | {risk} | {tally.row()} |"
    for risk in RISKS:
        mine = [tally for (_, its), tally in tallies.items() if its == risk]
        whole = Tally(sum(each.days for each in mine), sum(each.short for each in mine))
        yield f"| both | {risk} | {whole.days} | {100 * (1 - whole.short / whole.days):.2f} % | | |"


def changes(cases: Iterable[list[Mapping[str, Past]]]) -> float:
    """How often the balanced size of a VM's part changes in a week, when it is asked for each day."""
    count = weeks = 0.0
    for days in cases:
        sizes = [advised(parts) for parts in days]
        for name in days[0]:
            given = np.stack([parts[name].given for parts in days])
            table = np.stack([each[name, BALANCED] for each in sizes]) * given
            both = np.isfinite(table[1:]) & np.isfinite(table[:-1]) & (given[1:] == given[:-1])
            count += float((np.abs(np.diff(table, axis=0))[both] > 1e-6 * table[1:][both]).sum())
            weeks += both.sum() / 7
    return count / weeks


@dataclass
class Named:
    """How many were named, rightly and in all, and how many there were."""

    right: int = 0
    named: int = 0
    there: int = 0
    extra: dict[str, int] = field(default_factory=dict)


def idle() -> Named:
    """VMs that are called idle in the seeded fleets."""
    found = Named()
    for seed in range(FLEETS):
        known = fleet(seed, VMS)
        truth = {
            vm.domain for vm, kind in zip(known.inventory.vms, known.kinds, strict=True) if kind == "idle"
        }
        named = {
            dict(each.labels)["domain"]
            for each in wasted(known.rollups, known.inventory)
            if each.kind in {IDLE, ZOMBIE}
        }
        found.right += len(named & truth)
        found.named += len(named)
        found.there += len(truth)
    return found


def bullies() -> tuple[Named, int]:
    """Hosts with a VM that takes what others lack (where others lack something); names given without one."""
    found = Named()
    for seed in range(HOSTS):
        steps, inventory, name = bully(seed)
        keys = [(vm.instance, vm.domain) for vm in inventory.vms]
        lack = victims(steps["steal"].of(keys).mean.astype(float), CONTESTS[0])
        if not any(has and key[1] != name for has, key in zip(lack, keys, strict=True)):
            continue
        named = neighbours(steps, inventory)
        found.there += 1
        found.named += bool(named)
        found.right += bool(named) and dict(named[0].labels)["domain"] == name
    return found, sum(bool(neighbours(*no_bully(seed))) for seed in range(HOSTS))


def runway_table(cases: Iterable[tuple[str, Floats]]) -> Iterator[str]:
    """Dates of fills, this many days before they are full, beside the line through the last 7 and 28 days."""
    yield "| | days ahead | cases | 80 % interval holds | error | predict_linear 7 d | predict_linear 28 d |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for name, level in cases:
        for days in AHEAD:
            seen, truth = before_full(level, days, SEEN, LIMIT)
            if not len(truth):
                continue
            left = days_left(seen, np.full(len(truth), LIMIT))
            held = (left[0] <= truth) & (truth <= left[2])
            errors = [
                100 * float(np.median(np.abs(date - truth) / truth))
                for date in (left[1], _line(seen[-7:]), _line(seen))
            ]
            texts = " | ".join(f"{error:.0f} %" for error in errors)
            yield f"| {name} | {days} | {len(truth)} | {100 * held.mean():.0f} % | {texts} |"


def _fills(traces: Path | None) -> Iterator[tuple[str, Floats]]:
    """Seeded ones, and what the disks of the traces' VMs with odd places wrote, which chose nothing."""
    yield "seeded", daily_fills(2026, FILLS)
    if traces is not None:
        with np.load(traces / "io_odd_jul_aug.npz") as data:
            yield "traces", written_fills(data["disk_write_kb_s"][1::2], LIMIT)


def _line(level: Floats) -> Floats:
    """When the least-squares line through the levels reaches the limit, as predict_linear draws it."""
    slope, start = np.polyfit(np.arange(len(level)), level, 1)
    ahead = (LIMIT - start) / np.where(slope > 0, slope, np.nan) - (len(level) - 1)
    found: Floats = np.nan_to_num(ahead, nan=10_000.0)
    return found


def page(data: Path | None) -> Iterator[str]:
    """The document, line by line."""
    traces = Traces.read(data / "bitbrains") if data is not None else None
    yield HEAD.format(more="" if traces else "The traces were not there for this run.")
    yield "## Sizes\n"
    yield f"Of {FLEETS} seeded fleets of {VMS} VMs: four weeks seen, 30 days after.\n"
    yield from sizes_table(seeded(seed, SEEN) for seed in range(FLEETS))
    if traces:
        yield f"\nOf the traces: four weeks seen, the 30 days after, on {len(CUTS)} days.\n"
        yield from sizes_table(traces.at(cut) for cut in CUTS)
    weekly = changes([seeded(seed, cut) for cut in range(SEEN, SEEN + AFTER, 1)] for seed in range(3))
    yield f"\nChanges of the balanced size of a part, asked for each day: {weekly:.2f} a VM-week in fleets"
    if traces:
        weekly = changes([[traces.at(cut) for cut in range(SEEN, SEEN + 28)]])
        yield f"and {weekly:.2f} in the traces."
    named = idle()
    yield "\n## Idle VMs\n"
    yield f"Of the {FLEETS} fleets: {named.right} of {named.named} VMs that are called idle are"
    yield f"({100 * named.right / named.named:.0f} %), of {named.there} that are."
    found, wrong = bullies()
    yield "\n## Who takes from its neighbours\n"
    yield f"Of {found.there} hosts with one VM that takes the CPUs of others: {found.right} named first, and"
    yield f"{found.named - found.right} others. Of {HOSTS} hosts without one: {wrong} named.\n"
    yield "## Days left\n"
    yield f"Of {FILLS} seeded fills, and of disks that fill by what VMs of the traces wrote (each VM with"
    yield f"disks of six sizes): 28 days seen, up to so many days before {LIMIT:.0%} is reached. Errors of"
    yield "the date are medians. Constants were chosen on other seeds, and on the other half of the VMs.\n"
    yield from runway_table(_fills(data / "bitbrains" if traces and data else None))
    yield from plan_figures.section()
    yield from migration_figures.section()


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="the bench with the traces, if it is there")
    parser.add_argument("--output", type=Path, default=ROOT / "forecaster" / "ADVICE.md", metavar="FILE")
    flags = parser.parse_args()
    data = flags.data if flags.data is not None and (flags.data / "bitbrains").is_dir() else None
    flags.output.write_text("\n".join(page(data)) + "\n")
    sys.stdout.write(f"wrote {flags.output}\n")


if __name__ == "__main__":
    main()
