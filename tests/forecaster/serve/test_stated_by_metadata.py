"""What VMs state in their metadata: from the exporter's gauges in a real Prometheus to bounds in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.config.model import Backend, Config
from forecaster.config.resources import RESOURCES
from forecaster.promql.client import Client
from forecaster.serve.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from backends import Program

STEP, HOUR = 300, 3600
NOW = 1_700_000_100 // STEP * STEP
CPU = RESOURCES[0]
# A host that is scraped by two jobs, and a VM without metadata.
STATED = {
    "libvirt_domain_virtcast_limit_value": [
        ('domain="web",instance="h1",job="libvirt",resource="vm_cpu"', 0.6),
        ('domain="web",instance="h1",job="libvirt-again",resource="vm_cpu"', 0.6),
        ('domain="web",instance="h1",job="libvirt",resource="vm_memory"', 0.1),
    ],
    "libvirt_domain_virtcast_sensitivity_ratio": [('domain="web",instance="h1",job="libvirt"', 2.0)],
}
VALUES = [('domain="web",instance="h1",provider="libvirt"', 0.3), ('domain="db",instance="h1"', 0.2)]


def open_metrics() -> str:
    """Two hours of all of them."""
    times = range(NOW - 2 * HOUR, NOW + 1, STEP)
    found = []
    for metric, series in (*STATED.items(), (CPU.query, VALUES)):
        found.append(f"# TYPE {metric} gauge")
        found += [f"{metric}{{{labels}}} {value} {at}" for labels, value in series for at in times]
    return "\n".join((*found, "# EOF", ""))


def test_limit_and_sensitivity_of_one_vm(prometheus_with: Callable[[str], Program]) -> None:
    backend = Backend(url=prometheus_with(open_metrics()).url)
    client = Client(backend)
    watch = Watch(CPU, Config.of(backend, (CPU,), lookback=HOUR), client)
    watch.advance(NOW)
    client.close()
    assert watch.batch is not None
    told = {
        dict(row)["domain"]: (bounds.limit, bounds.anomaly_threshold)
        for row, bounds in zip(watch.batch.labels, watch.batch.bounds, strict=True)
    }
    assert told == {"web": (0.6, CPU.anomaly_threshold / 2), "db": (CPU.limit, CPU.anomaly_threshold)}
