"""Dirty rates."""

from __future__ import annotations

from exporter.snapshot.dirty_rate import DirtyRate


def test_a_dirty_rate_is_bytes_per_second_once_it_is_measured() -> None:
    raw = {"dirtyrate.calc_status": 2, "dirtyrate.megabytes_per_second": 3, "dirtyrate.calc_period": 1}
    assert DirtyRate.read(raw).rate == 3 * 1024 * 1024
    assert DirtyRate.read(raw | {"dirtyrate.calc_status": 1}) == DirtyRate("measuring")
    assert DirtyRate.read({"dirtyrate.calc_status": 9}) == DirtyRate()
