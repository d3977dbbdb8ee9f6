"""Statistics beyond the core: what is read of them, and what bounds them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import libvirt
import pytest

from exporter.collectors import block_backing, dirtyrate, iothread, kvm, perf
from exporter.snapshot.kvm import Statistic
from exporter.snapshot.measurements import Backing, DirtyRate, Iothread, Measurements, MemoryBandwidth, Perf
from exporter.source.dirty_rate import DirtyRates, measure

if TYPE_CHECKING:
    from exporter.snapshot.snapshot import Snapshot


def of(snapshot: Snapshot, raw: dict[str, int | str]) -> Snapshot:
    """The snapshot's first domain with these statistics only."""
    return replace(snapshot, domains=(replace(snapshot.domains[0], measured=Measurements(raw)),))


def test_iothreads_keep_their_numbers_and_nanoseconds_become_seconds() -> None:
    raw = {"iothread.count": 2, "iothread.7.poll-max-ns": 500_000_000, "iothread.11.poll-grow": 3}
    assert Iothread.read(raw) == (Iothread(7, poll_max=0.5), Iothread(11, poll_grow=3))


def test_perf_events_keep_their_names_and_clocks_are_seconds() -> None:
    raw = {"perf.cmt": 5, "perf.instructions": 6, "perf.cpu_clock": 2_000_000_000, "perf.page_faults_maj": 7}
    assert Perf.read(raw) == Perf(cache_occupancy=5, instructions=6, cpu_clock=2.0, page_faults_major=7)
    assert Perf.read({}) == Perf()


def test_a_dirty_rate_is_bytes_per_second_once_it_is_measured() -> None:
    raw = {"dirtyrate.calc_status": 2, "dirtyrate.megabytes_per_second": 3, "dirtyrate.calc_period": 1}
    assert DirtyRate.read(raw).rate == 3 * 1024 * 1024
    assert DirtyRate.read(raw | {"dirtyrate.calc_status": 1}) == DirtyRate("measuring")
    assert DirtyRate.read({"dirtyrate.calc_status": 9}) == DirtyRate()


def test_a_status_without_figures_has_no_figures(snapshot: Snapshot) -> None:
    samples = list(dirtyrate.collect(of(snapshot, {"dirtyrate.calc_status": 0})))
    assert [(one.metric.name, one.value) for one in samples] == [("libvirt_domain_dirty_rate_measured", 0)]


def test_memory_bandwidth_is_by_monitor_and_node() -> None:
    prefix = "memory.bandwidth.monitor.0"
    raw = {
        "memory.bandwidth.monitor.count": 1, f"{prefix}.name": "m", f"{prefix}.vcpus": "1",
        f"{prefix}.node.count": 1, f"{prefix}.node.0.id": 4, f"{prefix}.node.0.bytes.total": 9,
    }  # fmt: skip
    assert MemoryBandwidth.read(raw) == (MemoryBandwidth("m", "1", "4", total=9),)


def test_kvm_statistics_are_by_kvms_names_and_vcpu() -> None:
    raw = {"vm.a.b.sum": 1, "vcpu.10.x.cur": 2, "vcpu.9.x.cur": 3, "vcpu.0.time": 4, "vcpu.current": 5}
    assert Measurements(raw).kvm == (
        Statistic("a.b", "sum", 1), Statistic("x", "cur", 3, "9"), Statistic("x", "cur", 2, "10"),
    )  # fmt: skip


def test_kvm_statistics_are_bounded_and_what_is_left_out_is_counted(snapshot: Snapshot) -> None:
    raw: dict[str, int | str] = {f"vm.s{n}.sum": n for n in range(kvm.DOMAIN_LIMIT + 7)}
    samples = list(kvm.collect(of(snapshot, raw)))
    assert len(samples) == kvm.DOMAIN_LIMIT + 1
    assert (samples[-1].metric, samples[-1].value) == (kvm.DROPPED, 7)


def test_domains_without_any_of_them_have_no_samples(snapshot: Snapshot) -> None:
    bare = of(snapshot, {"state.state": 1})
    for collector in (iothread, perf, dirtyrate, kvm, block_backing):
        assert list(collector.collect(bare)) == []


def test_images_without_an_index_are_of_no_chain() -> None:
    raw = {"block.count": 2, "block.0.name": "vda", "block.1.name": "vda", "block.1.backingIndex": 2}
    assert Measurements(raw).backing == (Backing("vda", "2", ""),)


def test_a_long_chain_is_cut_and_counted_whole(snapshot: Snapshot) -> None:
    length = block_backing.LONGEST_CHAIN + 9
    raw: dict[str, int | str] = {"block.count": length}
    for n in range(length):
        raw |= {f"block.{n}.name": "vda", f"block.{n}.backingIndex": n}
    samples = list(block_backing.collect(of(snapshot, raw)))
    assert len(samples) == block_backing.LONGEST_CHAIN + 1
    assert samples[-1].value == length


class FakeDomain:
    """A domain that takes orders, or refuses them."""

    def __init__(self, *, refuses: bool) -> None:
        self.refuses = refuses
        self.orders: list[tuple[int, int]] = []

    def lookupByUUIDString(self, _uuid: str) -> FakeDomain:  # noqa: N802 (libvirt's name)
        return self

    def startDirtyRateCalc(self, seconds: int, flags: int) -> None:  # noqa: N802 (libvirt's name)
        self.orders.append((seconds, flags))
        if self.refuses:
            raise libvirt.libvirtError("a measurement runs")


def test_dirty_rates_are_measured_in_turn_and_not_more_often_than_asked() -> None:
    running = {"a": "", "b": ""}
    rates = DirtyRates("test:///default", 60, lambda: running)
    assert {rates.next(0), rates.next(1)} == {"a", "b"}
    assert rates.next(59) is None
    assert (rates.next(60), rates.next(60)) == ("a", None)
    del running["a"]
    assert (rates.next(61), rates.next(200)) == ("b", "b")
    running.clear()
    assert rates.next(1000) is None


@pytest.mark.parametrize("refuses", [False, True])
def test_a_measurement_is_ordered_and_may_be_refused(refuses: bool) -> None:
    domain = FakeDomain(refuses=refuses)
    measure(domain, "a")
    assert domain.orders == [(1, 0)]
