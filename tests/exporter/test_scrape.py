"""The deadline as Prometheus states it, shared pages, and failures that are told once."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from exporter.collectors.registry import COLLECTORS
from exporter.scrape import Scrape, time_allowed
from fake_time import FakeTime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prometheus_client.core import Metric as Family

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot


VIRSH = """
nobody: it is the exporter's own
    libvirt_up libvirt_domain_stats_stale libvirt_scrape_duration_seconds libvirt_scrape_collector_success
    libvirt_scrape_collector_duration_seconds libvirt_scrape_collector_dropped_samples_total
"""


@pytest.mark.parametrize(
    ("deadline", "header", "allowed"),
    [
        (2.0, None, 2.0),
        (2.0, "10", 2.0),
        (5.0, "3", 2.5),
        (2.0, "0.2", 0.1),
        (2.0, "soon", 2.0),
        (2.0, "-1", 0.1),
    ],
)
def test_time_allowed(deadline: float, header: str | None, allowed: float) -> None:
    headers = {} if header is None else {"X-Prometheus-Scrape-Timeout-Seconds": header}
    assert time_allowed(deadline, headers) == allowed


def test_not_a_number_is_no_timeout() -> None:
    assert time_allowed(2.0, {"X-Prometheus-Scrape-Timeout-Seconds": "nan"}) == 2.0


class Source:
    """Notes until when it was asked, and gives the snapshot it is told to."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.until = 0.0

    def collect(self, until: float) -> Snapshot:
        self.until = until
        return self.snapshot


def test_the_source_gets_less_time_than_the_page(snapshot: Snapshot) -> None:
    source = Source(snapshot)
    Scrape(source, COLLECTORS, clock=lambda: 1000.0).page(10.0)
    assert source.until == 1008.0


def test_scrapes_of_one_snapshot_share_the_page(snapshot: Snapshot) -> None:
    calls: list[int] = []

    def counted(snapshot: Snapshot) -> Iterator[Sample]:
        calls.append(threading.get_ident())
        yield from COLLECTORS[0].collect(snapshot)

    source = Source(snapshot)
    scrape = Scrape(source, [COLLECTORS[0]._replace(collect=counted)])
    threads = [threading.Thread(target=scrape.page, args=(1.0,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1
    source.snapshot = replace(snapshot)
    scrape.page(1.0)
    assert len(calls) == 2


class Asked(Source):
    """Lets others ask while it is asked for the first time; counts."""

    times = 0
    others: Callable[[], object] | None = None

    def collect(self, until: float) -> Snapshot:
        self.times += 1
        others, self.others = self.others, None
        if others is not None:
            others()
        return super().collect(until)


@pytest.fixture
def clock() -> FakeTime:
    return FakeTime()


@pytest.fixture
def source(snapshot: Snapshot) -> Asked:
    return Asked(snapshot)


@pytest.fixture
def scrape(source: Asked, clock: FakeTime) -> Scrape:
    return Scrape(source, COLLECTORS[:1], clock=clock)


@pytest.fixture
def wanted(source: Asked, scrape: Scrape) -> list[Family]:
    """A page that two asked for at once; from then on, the source has another snapshot."""
    source.others = lambda: scrape.page(2.0)
    page = scrape.page(2.0)
    source.snapshot = replace(source.snapshot)
    return page


def test_a_page_that_several_wait_for_is_shared_for_half_a_second(
    wanted: list[Family], source: Asked, scrape: Scrape, clock: FakeTime
) -> None:
    asked = source.times
    clock.now += 0.49
    assert [scrape.page(seconds) is wanted for seconds in (2.0, 0.1)] == [True, True]
    assert source.times == asked
    clock.now += 0.01
    assert scrape.page(2.0) is not wanted


def test_who_asks_alone_gets_a_new_page(source: Asked, scrape: Scrape) -> None:
    first = scrape.page(2.0)
    source.snapshot = replace(source.snapshot)
    assert scrape.page(2.0) is not first


def test_who_allows_more_time_gets_no_page_that_had_less(wanted: list[Family], scrape: Scrape) -> None:
    assert scrape.page(2.1) is not wanted


def test_a_failure_is_told_once_until_it_is_over(
    snapshot: Snapshot, caplog: pytest.LogCaptureFixture
) -> None:
    broken = [True, True, False, True]

    def sometimes(snapshot: Snapshot) -> Iterator[Sample]:
        if broken.pop(0):
            raise ValueError("broken")
        yield from COLLECTORS[0].collect(snapshot)

    caplog.set_level(logging.INFO)
    source = Source(snapshot)
    scrape = Scrape(source, [COLLECTORS[0]._replace(collect=sometimes)])
    while broken:
        source.snapshot = replace(snapshot)
        scrape.page(1.0)
    assert [record.message for record in caplog.records] == ["collector failed", "collector failed"]


def of_collector(families: list[Family], name: str) -> dict[str, float]:
    """The values of a metric by their collector."""
    (found,) = (family for family in families if family.name == name.removesuffix("_total"))
    return {sample.labels["collector"]: sample.value for sample in found.samples}


def test_each_collector_has_a_limit_and_what_is_over_it_is_counted(snapshot: Snapshot) -> None:
    source = Source(snapshot)
    every = Scrape(source, COLLECTORS[:3]).page(1.0)
    scrape = Scrape(source, COLLECTORS[:3], series_limit=4)
    limited = scrape.page(1.0)
    source.snapshot = replace(snapshot)
    again = scrape.page(1.0)
    made = {one.name: len(list(one.collect(snapshot))) for one in COLLECTORS[:3]}
    over = {name: max(0, number - 4) for name, number in made.items()}
    dropped = "libvirt_scrape_collector_dropped_samples_total"
    assert any(over.values())
    assert of_collector(every, dropped) == dict.fromkeys(made, 0)
    assert of_collector(limited, dropped) == over
    assert of_collector(again, dropped) == {name: 2 * number for name, number in over.items()}
    samples = [sum(len(family.samples) for family in page) for page in (every, limited, again)]
    assert samples[1] == samples[2] == samples[0] - sum(over.values())
