"""Perf events."""

from __future__ import annotations

from exporter.snapshot.perf import Perf


def test_perf_events_keep_their_names_and_clocks_are_seconds() -> None:
    raw = {"perf.cmt": 5, "perf.instructions": 6, "perf.cpu_clock": 2_000_000_000, "perf.page_faults_maj": 7}
    assert Perf.read(raw) == Perf(cache_occupancy=5, instructions=6, cpu_clock=2.0, page_faults_major=7)
    assert Perf.read({}) == Perf()
