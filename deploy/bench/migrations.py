"""`python -m bench.migrations`: real live migrations on the lab, as the exporters at both ends tell of them.

Guests of different sizes that write to their memory at different rates move to and fro, with a limit of
bandwidth or without. Each migration becomes a line of JSON: what was known before it began, its course, its
end. The forecasts are judged by these lines (tests/forecaster/bench/migration_figures.py), not while it runs.
One that does not end in twice the time that all its memory takes is cancelled: it does not converge.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.subjects import ours, running
from lab import DirtyPages, Guest, Lab, LabError, MemoryLeak

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bench.subjects import Exporter
    from lab import Host, RunningGuest

Samples = dict[str, float]
Look = tuple[float, Samples]  # Unix time, and what an exporter told then

MIB = 2**20
SHORT = 2  # seconds: measurements of dirty rates that last longer are long ones
RATE, PERIOD = "dirty_rate_bytes_per_second", "dirty_rate_period_seconds"
KEPT = (
    "elapsed_seconds",
    "duration_seconds",
    "downtime_seconds",
    "transferred_bytes",
    "memory_total_bytes",
    "memory_constant_bytes",
    "memory_processed_bytes",
    "memory_remaining_bytes",
    "memory_bytes_per_second",
    "memory_dirty_bytes_per_second",
)
FREE = "memory_stats_unused_bytes"
OUTGOING = '{direction="outgoing",result="success"}'
SAMPLE = re.compile(r"libvirt_domain_(\w+)\{(.*)\} (\S+)")
TOLD = re.compile(r"job_|dirty_rate_(bytes|period)|memory_stats_|info_maximum_memory|last_migration_")
FLAGS = ("--libvirt.read-write", "--collector.dirtyrate", "--dirty-rate.interval=3")
FILLING = 10.0  # seconds until a guest holds what it is to hold
FIRST, BEFORE, AFTER = 42.0, 8.0, 2.0  # seconds that are looked at before migrations, and waited after one
EVERY = 1.0  # seconds between scrapes
PATIENCE, LEAST = 2.0, 40.0  # times memory/bandwidth and seconds after which a migration is cancelled
UNLIMITED = 60.0  # MiB/s that the lab moves about without a limit


@dataclass(frozen=True)
class Case:
    """A guest (MiB; MiB/s that it writes, over a buffer), the limits of its migrations in MiB/s; 0 = none."""

    name: str
    memory: int
    held: int
    dirty: float
    buffer: float
    limits: tuple[int, ...]


CASES = {
    "calibration": (
        Case("c1", 256, 60, 0, 16, (10, 20, 0, 30)),
        Case("c2", 384, 120, 6, 32, (15, 0, 25, 10)),
        Case("c3", 512, 200, 15, 96, (30, 12, 20, 40, 0)),
        Case("c4", 192, 60, 25, 20, (15, 40, 30, 0)),
    ),
    "judged": (
        Case("j1", 768, 300, 0, 16, (20, 35, 0, 50, 28)),
        Case("j2", 512, 150, 4, 48, (12, 20, 15, 30)),
        Case("j3", 640, 200, 10, 24, (18, 35, 0, 14, 25)),
        Case("j4", 1024, 350, 8, 160, (30, 20, 50, 0)),
        Case("j5", 512, 100, 20, 120, (35, 15, 28, 45)),
        Case("j6", 384, 80, 12, 8, (20, 10, 30, 15)),
        Case("j7", 1536, 700, 3, 16, (40, 80, 0, 50)),
        Case("j8", 512, 100, 30, 60, (20, 60, 42, 0)),
        Case("j9", 448, 150, 16, 12, (12, 24, 36)),
        Case("j10", 768, 150, 5, 200, (20, 12, 30, 0)),
    ),
    "fresh": (
        Case("k1", 640, 250, 6, 80, (24, 16, 40, 0)),
        Case("k2", 512, 180, 15, 40, (30, 20, 12, 45)),
        Case("k3", 768, 220, 12, 150, (40, 25, 30, 0)),
        Case("k4", 384, 90, 25, 30, (60, 20, 45, 35)),
        Case("k5", 448, 120, 0, 16, (18, 32, 26)),
    ),
}


def main() -> int:
    """Record the migrations of a set of guests."""
    made = argparse.ArgumentParser(prog="python -m bench.migrations", description=__doc__)
    made.add_argument("--set", choices=CASES, default="judged", help="the guests (default: %(default)s)")
    made.add_argument("--only", default="", help="the names of some of them, separated by commas")
    made.add_argument("--output", type=Path, required=True, help="the file to which lines are added")
    flags = made.parse_args()
    try:
        with Lab(hosts=2) as lab, ExitStack() as stack:
            exporters = {host.name: stack.enter_context(_exporter(host)) for host in lab.hosts}
            for case in CASES[flags.set]:
                if not flags.only or case.name in flags.only.split(","):
                    _record(lab, exporters, case, flags.output)
    except LabError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


def _exporter(host: Host) -> Any:
    command = [each.replace(host.read_only_uri, host.uri) for each in ours(host)]
    return running(host.name, [*command, *FLAGS])


def _record(lab: Lab, exporters: Mapping[str, Exporter], case: Case, output: Path) -> None:
    loads = (MemoryLeak(1e6, case.held * 1024), DirtyPages(case.dirty, case.buffer))
    guest = lab.hosts[0].start(
        Guest(case.name, memory_mib=case.memory, agent=False, network=False, workload=loads)
    )
    time.sleep(FILLING)
    for at, limit in enumerate(case.limits):
        before = list(_looks(exporters[guest.host.name], guest.name, BEFORE if at else FIRST))
        seen = _migration(lab, exporters, guest, limit)
        with output.open("a") as file:
            file.write(f"{json.dumps({'case': asdict(case), 'limit': limit * MIB, **told(before, seen)})}\n")
        print(f"{case.name} {limit} MiB/s: {seen['seconds']:.1f} s {seen['error']}", flush=True)
    guest.destroy()


def told(before: Sequence[Look], seen: Mapping[str, Any]) -> dict[str, Any]:
    """What a line keeps of the looks before a migration, and of what was seen of it: bytes, seconds.

    `dirty` are the measured dirty rates, `lasting` those of long measurements. `course` are three looks
    at the running job: the first with a rate, the one in the middle, the last.
    """
    looks = [samples for _, samples in before]
    rates = [(each[RATE], each.get(PERIOD, SHORT)) for each in looks if RATE in each]
    job = [_part(each, "job_") for _, each in seen["course"] if each.get("job_memory_bytes_per_second")]
    return {
        "source": seen["source"],
        "memory": looks[-1]["info_maximum_memory_bytes"],
        "free": min((each[FREE] for each in looks if FREE in each), default=None),
        "resident": looks[-1]["memory_stats_rss_bytes"],
        "dirty": [rate for rate, period in rates if period <= SHORT],
        "lasting": [rate for rate, period in rates if period > SHORT],
        "course": [*job[:1], *job[len(job) // 2 :][:1], *job[-1:]],
        "ended": {} if seen["error"] else _part(seen["after"], "last_migration_", OUTGOING),
        "error": seen["error"],
    }


def _part(samples: Samples, prefix: str, labels: str = "") -> Samples:
    """The samples whose names begin and end so, by what is between, as far as the figures need them."""
    found = {
        name.removeprefix(prefix).removesuffix(labels): value
        for name, value in samples.items()
        if name.startswith(prefix) and name.endswith(labels)
    }
    return {name: found[name] for name in KEPT if name in found}


def _migration(
    lab: Lab, exporters: Mapping[str, Exporter], guest: RunningGuest, limit: int
) -> dict[str, Any]:
    """One migration to the other host."""
    source = guest.host
    target = next(host for host in lab.hosts if host is not source)
    patience = max(LEAST, PATIENCE * guest.spec.memory_mib / (limit or UNLIMITED))
    began, error, course = time.monotonic(), "", []
    migration = lab.begin_migration(guest, target, limit)
    for look in _looks(exporters[source.name], guest.name, patience):
        course.append(look)
        if not migration.running():
            break
    try:
        if migration.running():
            migration.cancel()
        migration.wait()
    except LabError as failed:
        error = "cancelled" if time.monotonic() - began > patience else str(failed)
    seconds = time.monotonic() - began
    time.sleep(AFTER)
    ends = {name: _samples(each.page(), guest.name) for name, each in exporters.items()}
    return {
        "source": source.name,
        "target": target.name,
        "course": course,
        "after": ends[source.name],
        "arrived": ends[target.name],
        "seconds": seconds,
        "error": error,
    }


def _looks(exporter: Exporter, domain: str, seconds: float) -> Iterator[Look]:
    """Unix time and the samples of the domain, as long as it is told to look."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield time.time(), _samples(exporter.page(), domain)
        time.sleep(EVERY)


def _samples(page: bytes, domain: str) -> Samples:
    """What a page says of a domain's memory, job and migrations, by name and the other labels."""
    found = {}
    for line in page.decode().splitlines():
        told = SAMPLE.fullmatch(line)
        if told and TOLD.match(told[1]) and f'domain="{domain}"' in told[2]:
            others = ",".join(each for each in told[2].split(",") if not each.startswith("domain="))
            found[f"{told[1]}{{{others}}}" if others else told[1]] = float(told[3])
    return found


if __name__ == "__main__":
    raise SystemExit(main())
