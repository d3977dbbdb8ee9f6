"""`python -m bench`: the exporter on N real guests: duration of scrapes, memory, faults."""

from __future__ import annotations

import argparse
import signal
import statistics
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from bench import report
from bench.faults import faults
from bench.report import Endurance, Row
from bench.subjects import PEER, PEER_COVERAGE, Exporter, Virsh, ours, peer, running
from lab import Disk, Guest, Host, Lab, LabError

if TYPE_CHECKING:
    from lab import RunningGuest

WARM_UP = 3  # scrapes: the first one reads descriptions
SUITES = ("scrapes", "memory", "faults")


def main() -> int:
    """Start guests in steps; measure and write the report at each."""
    arguments = parser().parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Lab(hosts=1) as lab:
            Bench(lab, arguments).run()
    except LabError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(f"written: {arguments.output}")
    return 0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    made.add_argument(
        "--suite", action="append", choices=SUITES, help="what to measure (default: all; repeatable)"
    )
    made.add_argument("--guests", default="10,50,100,200", help="numbers of guests (default %(default)s)")
    made.add_argument(
        "--rounds",
        type=int,
        default=15,
        help="scrapes of each exporter per number of guests (default %(default)s)",
    )
    made.add_argument(
        "--endurance", type=int, default=1000, help="scrapes of the suite memory (default %(default)s)"
    )
    made.add_argument(
        "--endurance-guests", type=int, default=100, help="guests of the suite memory (default %(default)s)"
    )
    made.add_argument(
        "--fault-seconds",
        type=float,
        default=300,
        help="seconds for which a guest is stopped (default %(default)s)",
    )
    made.add_argument(
        "--fault-guests", type=int, default=100, help="guests of the suite faults (default %(default)s)"
    )
    made.add_argument("--output", type=Path, default=Path("exporter/BENCHMARKS.md"))
    return made


class Bench:
    """The selected suites, each at its numbers of guests."""

    def __init__(self, lab: Lab, arguments: argparse.Namespace) -> None:
        self._lab = lab
        (self._host,) = lab.hosts
        self._arguments = arguments
        self._guests: list[RunningGuest] = []
        self._rows: list[Row] = []

    def run(self) -> None:
        """Run the suites; an hour for all."""
        told = self._arguments
        wanted = {
            "scrapes": {int(number) for number in told.guests.split(",")},
            "memory": {told.endurance_guests},
            "faults": {told.fault_guests},
        }
        wanted = {suite: steps for suite, steps in wanted.items() if suite in (told.suite or SUITES)}
        suites = {"scrapes": self._scrapes, "memory": self._memory, "faults": self._faults}
        for guests in sorted(set().union(*wanted.values())):
            self._grow(guests)
            for suite in (one for one, steps in wanted.items() if guests in steps):
                suites[suite]()

    def _grow(self, wanted: int) -> None:
        """Start paused guests until there are `wanted`."""
        print(f"starting guests {len(self._guests) + 1} to {wanted}", flush=True)
        numbers = range(len(self._guests), wanted)
        disks = (Disk(size_mib=8),)
        self._guests += self._host.start_all(
            Guest(f"bench-{n:03}", memory_mib=64, disks=disks, agent=False, paused=True) for n in numbers
        )

    def _scrapes(self) -> None:
        rounds = self._arguments.rounds
        self._rows.append(measure(self._host, len(self._guests), rounds))
        self._put(report.SCRAPES, report.scrapes(self._rows, rounds, self._machine()))

    def _memory(self) -> None:
        endurance = endure(self._host, len(self._guests), self._arguments.endurance)
        self._put(report.MEMORY, report.memory(endurance, self._machine()))

    def _faults(self) -> None:
        stopped, killed = faults(self._host, self._guests, self._arguments.fault_seconds)
        self._put(report.FAULTS, report.faults(stopped, killed, self._machine()))

    def _machine(self) -> str:
        return report.machine(self._lab.shortcomings)

    def _put(self, title: str, text: str) -> None:
        report.put(self._arguments.output, title, text)


def measure(host: Host, guests: int, rounds: int) -> Row:
    """Alternate between all exporters, so that other load of the machine affects all of them."""
    with ExitStack() as stack:
        full = stack.enter_context(running("all default collectors", ours(host)))
        few = stack.enter_context(running("few collectors", ours(host, PEER_COVERAGE)))
        subjects: list[Exporter | Virsh] = [full, few, Virsh(host)]
        command = peer(host)
        if command is None:
            print(f"not compared with {PEER}: apt-get install {PEER} (and stop its service)")
        else:
            subjects.append(stack.enter_context(running(PEER, command)))
        for _ in range(WARM_UP):
            for subject in subjects:
                subject.scrape()
        took: dict[str, list[float]] = {subject.name: [] for subject in subjects}
        before = full.cpu()
        for _ in range(rounds):
            for subject in subjects:
                took[subject.name].append(subject.scrape())
        cpu = (full.cpu() - before) / rounds
        medians = {name: statistics.median(seconds) for name, seconds in took.items()}
        for name, seconds in medians.items():
            print(f"{guests:4} guests  {seconds * 1000:6.0f} ms  {name}", flush=True)
        resident = full.resident()
        return Row(
            guests,
            full.samples(),
            medians[full.name],
            medians[Virsh.name],
            medians[few.name],
            medians.get(PEER),
            cpu,
            resident,
        )


def endure(host: Host, guests: int, scrapes: int) -> Endurance:
    """Many scrapes of one exporter, and its memory meanwhile."""
    points = []
    with running("endurance", ours(host)) as exporter:
        for number in range(1, scrapes + 1):
            exporter.scrape()
            if number == WARM_UP or number % max(1, scrapes // 10) == 0:
                points.append((number, exporter.resident()))
                print(f"{number:4} scrapes  {points[-1][1] / 1e6:.1f} MB", flush=True)
    return Endurance(guests, tuple(points))


if __name__ == "__main__":
    sys.exit(main())
