"""Measurements of dirty rates: in turn, on request."""

from __future__ import annotations

import libvirt
import pytest

from exporter.source.background import Background
from exporter.source.connection import Link
from exporter.source.dirty_rate import DirtyRates, measure
from exporter.source.shared_links import SharedLinks


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
    rates = DirtyRates(SharedLinks(lambda: Link("test:///default"), 1), 60, lambda: running, Background())
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
