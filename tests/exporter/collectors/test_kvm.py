"""KVM's statistics of domains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from example_host import with_statistics
from exporter.collectors import kvm

if TYPE_CHECKING:
    from exporter.snapshot.snapshot import Snapshot

STATISTICS = {
    "vm.remote_tlb_flush.sum": 7001,
    "vm.pages_4k.cur": 7002,
    "vm.max_mmu_page_hash_collisions.max": 7003,
    "vcpu.0.halt_exits.sum": 7004,
    "vcpu.2.halt_exits.sum": 7005,
    "vcpu.2.guest_mode.cur": 0,
    "vcpu.2.preemption_longest.max": 7006,
}
VIRSH = """
nobody: it is the exporter's own
    libvirt_domain_kvm_statistics_dropped

nobody: needs KVM
    libvirt_domain_kvm_statistic_total libvirt_domain_kvm_statistic_current libvirt_domain_kvm_statistic_max
    libvirt_domain_vcpu_kvm_statistic_total libvirt_domain_vcpu_kvm_statistic_current
    libvirt_domain_vcpu_kvm_statistic_max
"""


def test_kvm_statistics_are_bounded_and_what_is_left_out_is_counted(snapshot: Snapshot) -> None:
    raw = {f"vm.s{n}.sum": n for n in range(kvm.DOMAIN_LIMIT + 7)}
    samples = list(kvm.collect(with_statistics(snapshot, raw)))
    assert len(samples) == kvm.DOMAIN_LIMIT + 1
    assert (samples[-1].metric, samples[-1].value) == (kvm.DROPPED, 7)
