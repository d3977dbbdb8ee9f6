"""Dirty rates of domains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from example_host import with_statistics
from exporter.collectors import dirtyrate

if TYPE_CHECKING:
    from exporter.snapshot.snapshot import Snapshot

STATISTICS = {
    "dirtyrate.calc_status": 2,
    "dirtyrate.calc_start_time": 5037,
    "dirtyrate.calc_period": 3,
    "dirtyrate.calc_mode": "dirty-ring",
    "dirtyrate.megabytes_per_second": 37,
    "dirtyrate.vcpu.0.megabytes_per_second": 17,
    "dirtyrate.vcpu.2.megabytes_per_second": 20,
}
VIRSH = """
[dirtied] domstats {domain} --dirtyrate --raw
MiB      dirtyrate.megabytes_per_second  libvirt_domain_dirty_rate_bytes_per_second
1        dirtyrate.calc_period        libvirt_domain_dirty_rate_period_seconds
1        dirtyrate.calc_start_time    libvirt_domain_dirty_rate_uptime_seconds
=mode    dirtyrate.calc_mode          libvirt_domain_dirty_rate_info
measured dirtyrate.calc_status        libvirt_domain_dirty_rate_measured

nobody: needs KVM
    libvirt_domain_vcpu_dirty_rate_bytes_per_second
"""


def test_a_status_without_figures_has_no_figures(snapshot: Snapshot) -> None:
    samples = list(dirtyrate.collect(with_statistics(snapshot, {"dirtyrate.calc_status": 0})))
    assert [(one.metric.name, one.value) for one in samples] == [("libvirt_domain_dirty_rate_measured", 0)]
