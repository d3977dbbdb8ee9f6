"""Series of a fleet as OpenMetrics text, to measure what the dashboards ask: `grafana/README.md` says how.

python tests/support/backfill_fleet.py --vms 500 --hosts 20 --days 90 > fleet.om

Means of an hour go back all the days, one sample every five minutes; the rules record one every four. All
else covers the last three hours, one sample a minute.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

HOURLY = ("cpu_utilization:ratio:avg1h", "memory_utilization:ratio:avg1h")
RATES = (
    "disk_read_bytes:rate",
    "disk_write_bytes:rate",
    "disk_iops:rate",
    "disk_latency:seconds",
    "disk_allocation:ratio",
)
NETWORK = ("network_receive_bytes:rate", "network_transmit_bytes:rate", "network_drops:ratio")
SHARES = ("cpu_utilization:ratio", "memory_utilization:ratio", "cpu_steal:ratio")
FIVE = ("cpu_utilization:ratio:avg5m", "memory_utilization:ratio:avg5m")
STATES = ("running", "blocked", "paused", "shutdown", "shutoff", "crashed", "pmsuspended", "nostate")
RESOURCES = {
    "vm_cpu": "",
    "vm_memory": "",
    "vm_filesystem": ',mountpoint="/"',
    "vm_disk_allocation": ',target_device="vda"',
}
DAY, HOUR, MINUTE = 86_400, 3_600, 60  # seconds


def of_vm(host: str, vm: str) -> Iterator[tuple[str, float]]:
    """Selector and level of each short series of a VM."""
    own = f'instance="{host}",domain="{vm}"'
    yield from ((f"vm:{name}{{{own}}}", 0.3) for name in (*SHARES, *FIVE))
    yield from ((f'vm:{name}{{{own},target_device="vda"}}', 0.2) for name in RATES)
    yield from ((f'vm:{name}{{{own},target_device="vnet0"}}', 0.01) for name in NETWORK)
    yield f'vm:filesystem_utilization:ratio{{{own},mountpoint="/"}}', 0.4
    yield f"vm:available:ratio{{{own}}}", 1
    yield f'vm:disk_fast:ratio{{{own},target_device="vda"}}', 1
    for state in STATES:
        yield f'libvirt_domain_state{{{own},state="{state}"}}', float(state == "running")
    yield f"libvirt_domain_info_virtual_cpus{{{own}}}", 4
    yield f"libvirt_domain_info_maximum_memory_bytes{{{own}}}", 8 * 2**30
    for resource, part in RESOURCES.items():
        yield from _forecasts(f'{own},resource="{resource}"{part}')


def _forecasts(mine: str) -> Iterator[tuple[str, float]]:
    yield f"virtcast_anomaly_score{{{mine}}}", 0.4
    yield f"virtcast_limit_value{{{mine}}}", 0.9
    for bound in ("lower", "expected", "upper"):
        yield f'virtcast_baseline_value{{{mine},bound="{bound}"}}', 0.3
    for quantile in ("0.1", "0.5", "0.9"):
        yield f'virtcast_forecast_value{{{mine},horizon="1h",quantile="{quantile}"}}', 0.3
    for horizon in ("24h", "7d"):
        yield f'virtcast_exhaustion_probability_ratio{{{mine},horizon="{horizon}"}}', 0.1


def of_host(host: str) -> Iterator[tuple[str, float]]:
    own = f'instance="{host}"'
    yield f"libvirt_up{{{own}}}", 1
    yield f'up{{{own},job="libvirt"}}', 1
    yield from ((f"host:{name}{{{own}}}", 0.5) for name in SHARES[:2])
    yield f"libvirt_node_memory_total_bytes{{{own}}}", 512 * 2**30
    yield f"libvirt_node_cpus{{{own}}}", 64


def lines(selector: str, values: np.ndarray, end: int, step: int) -> str:
    first = end - step * (len(values) - 1)
    return "".join(f"{selector} {value:.4g} {first + step * at}\n" for at, value in enumerate(values))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, number in (("vms", 500), ("hosts", 20), ("days", 90), ("end", int(time.time()))):
        parser.add_argument(f"--{name}", type=int, default=number)
    given = parser.parse_args()
    random = np.random.default_rng(1)
    hosts = [f"host-{number:02}" for number in range(given.hosts)]
    vms = [(hosts[number % given.hosts], f"vm-{number:03}") for number in range(given.vms)]
    end = given.end // (5 * MINUTE) * 5 * MINUTE
    long = 0.4 + 0.2 * np.sin(np.arange(0, given.days * DAY, 5 * MINUTE) * 2 * np.pi / DAY)
    for name in HOURLY:
        for kind, owners in (("vm", vms), ("host", [(host, "") for host in hosts])):
            for host, vm in owners:
                own = f'instance="{host}"' + (f',domain="{vm}"' if vm else "")
                noisy = long + random.normal(0, 0.05, len(long))
                sys.stdout.write(lines(f"{kind}:{name}{{{own}}}", noisy, end, 5 * MINUTE))
    short = [each for host in hosts for each in of_host(host)] + [each for vm in vms for each in of_vm(*vm)]
    for selector, level in sorted(short):
        level_and_noise = level * (1 + random.normal(0, 0.05 * (level < 1), 3 * HOUR // MINUTE))
        sys.stdout.write(lines(selector, level_and_noise, end, MINUTE))
    sys.stdout.write("# EOF\n")


if __name__ == "__main__":
    main()
