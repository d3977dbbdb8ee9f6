"""Virtual CPUs and CPU time: units, and numbers that libvirt leaves out."""

from __future__ import annotations

from exporter.snapshot.cpu import Cpu, Vcpu


def test_nanoseconds_become_seconds() -> None:
    cpu = Cpu.read({"cpu.time": 1_500_000_000, "cpu.user": 250_000_000})
    assert (cpu.time, cpu.user, cpu.system) == (1.5, 0.25, None)


def test_vcpus_keep_their_numbers_and_may_be_halted() -> None:
    raw = {
        "vcpu.maximum": 4,
        "vcpu.1.state": 1,
        "vcpu.1.delay": 2_000_000_000,
        "vcpu.3.state": 2,
        "vcpu.3.halted": True,
    }
    assert Vcpu.read(raw) == (Vcpu(1, 1, delay=2.0), Vcpu(3, 2, halted=1.0))
