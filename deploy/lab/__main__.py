"""`python -m lab`: a small lab for a human to look around in."""

from __future__ import annotations

import argparse
import signal
import sys

from lab import CpuCycle, CpuLoad, DiskFill, Guest, Lab, LabError, MemoryLeak, NetworkTraffic

GUESTS = (
    Guest("steady", workload=(CpuLoad(10), NetworkTraffic(32))),
    Guest("waves", workload=CpuCycle(low_percent=5, high_percent=40, period_seconds=240)),
    Guest("filling", workload=DiskFill(kib_per_second=128)),
    Guest("leaking", workload=MemoryLeak(kib_per_second=128, bound_kib=32768, repeat=True)),
)


def main() -> int:
    """Starts hosts and guests, says how to reach them, waits for Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m lab", description=__doc__)
    parser.add_argument("--hosts", type=int, default=2, help="how many (default: %(default)s)")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Lab(hosts=arguments.hosts) as lab:
            for line in lab.shortcomings:
                print(f"Note: {line}.")
            for host in lab.hosts:
                print(f"{host.name}: virsh -c '{host.uri}' list --all", flush=True)
            for index, host in enumerate(lab.hosts):
                host.start_all(GUESTS[index :: len(lab.hosts)])
            print(f"{len(GUESTS)} guests are up. Ctrl-C ends it all.", flush=True)
            signal.pause()
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
