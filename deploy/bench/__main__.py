"""`python -m bench`: scrapes of N real guests, alternating with virsh's and Debian's exporter's."""

from __future__ import annotations

import argparse
import signal
import statistics
import sys
from contextlib import ExitStack
from pathlib import Path

from bench.report import Endurance, Row, markdown, write
from bench.subjects import PEER, PEER_COVERAGE, Exporter, Virsh, ours, peer, running
from lab import Disk, Guest, Host, Lab, LabError

WARM_UP = 3  # scrapes: descriptions are read with the first


def main() -> int:
    """Starts guests step by step, measures at each, writes the report after each."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--guests", default="10,50,100,200", help="how many, in steps (%(default)s)")
    parser.add_argument("--rounds", type=int, default=15, help="scrapes of each a step (%(default)s)")
    parser.add_argument("--endurance", type=int, default=1000, help="scrapes for the memory (%(default)s)")
    parser.add_argument("--endurance-guests", type=int, default=100, help="at this step (%(default)s)")
    parser.add_argument("--output", type=Path, default=Path("exporter/BENCHMARKS.md"))
    arguments = parser.parse_args()
    steps = [int(number) for number in arguments.guests.split(",")]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    rows: list[Row] = []
    endurance = None
    try:
        with Lab(hosts=1) as lab:
            (host,) = lab.hosts
            for guests in steps:
                grow(host, rows[-1].guests if rows else 0, guests)
                rows.append(measure(host, guests, arguments.rounds))
                if guests == arguments.endurance_guests and arguments.endurance:
                    endurance = endure(host, guests, arguments.endurance)
                write(arguments.output, markdown(rows, endurance, arguments.rounds, lab.shortcomings))
    except LabError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(f"written: {arguments.output}")
    return 0


def grow(host: Host, now: int, wanted: int) -> None:
    """Start paused guests until there are as many as wanted."""
    print(f"starting guests {now + 1} to {wanted}", flush=True)
    numbers = range(now, wanted)
    disks = (Disk(size_mib=8),)
    host.start_all(
        Guest(f"bench-{n:03}", memory_mib=64, disks=disks, agent=False, paused=True) for n in numbers
    )


def measure(host: Host, guests: int, rounds: int) -> Row:
    """Alternate between all, so that what else the machine does meets all alike."""
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
    """Many scrapes of one exporter, and its memory on the way."""
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
