"""KVM's statistics."""

from __future__ import annotations

from exporter.snapshot.kvm import KvmStatistic


def test_kvm_statistics_are_by_kvms_names_and_vcpu() -> None:
    raw = {"vm.a.b.sum": 1, "vcpu.10.x.cur": 2, "vcpu.9.x.cur": 3, "vcpu.0.time": 4, "vcpu.current": 5}
    assert KvmStatistic.read(raw) == (
        KvmStatistic("a.b", "sum", 1),
        KvmStatistic("x", "cur", 3, "9"),
        KvmStatistic("x", "cur", 2, "10"),
    )
