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

    def startDirtyRateCalc(self, seconds: int, flags: int) -> None:  # noqa: N802 (libvirt's name)
        self.orders.append((seconds, flags))
        if self.refuses:
            raise libvirt.libvirtError("a measurement runs")


def rates(interval: float, running: dict[str, str]) -> DirtyRates:
    return DirtyRates(
        SharedLinks(lambda: Link("test:///default"), 1), interval, lambda: running, Background()
    )


def test_dirty_rates_are_measured_in_turn_and_not_more_often_than_asked() -> None:
    running = {"a": "", "b": ""}
    asked = rates(60, running)
    assert {asked.next(0), asked.next(1)} == {("a", 1), ("b", 1)}
    assert asked.next(59) is None
    assert (asked.next(60), asked.next(60)) == (("a", 1), None)
    del running["a"]
    assert (asked.next(61), asked.next(200)) == (("b", 1), ("b", 1))
    running.clear()
    assert asked.next(1000) is None


def test_a_long_measurement_delays_the_next_by_as_much() -> None:
    asked = rates(10, {"a": ""})
    assert [asked.next(at) for at in (0, 10, 20, 30)] == [("a", 1), ("a", 1), ("a", 1), ("a", 30)]
    assert (asked.next(68.9), asked.next(69)) == (None, ("a", 1))


@pytest.mark.parametrize("refuses", [False, True])
def test_a_measurement_is_ordered_and_may_be_refused(refuses: bool) -> None:
    domain = FakeDomain(refuses=refuses)
    measure(domain, "a", 30)
    assert domain.orders == [(30, 0)]


def test_a_domain_that_is_gone_is_not_measured() -> None:
    measure(None, "a", 30)
