"""One page of metrics: a snapshot by the deadline, and each collector for itself."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, NamedTuple, Protocol

from exporter.metric import Kind, Metric, families

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from prometheus_client.core import Metric as Family

    from exporter.collectors.row import Collector
    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

log = logging.getLogger(__name__)

UP = Metric("libvirt_up", Kind.GAUGE, "Whether libvirt answered during this scrape.")
STALE = Metric(
    "libvirt_domain_stats_stale",
    Kind.GAUGE,
    "Whether the domain did not answer all questions of this scrape; missing values have no sample.",
    ("domain",),
)
SUCCESS = Metric(
    "libvirt_scrape_collector_success",
    Kind.GAUGE,
    "Whether the collector succeeded; a collector that failed has no samples.",
    ("collector",),
)
DURATION = Metric(
    "libvirt_scrape_collector_duration_seconds",
    Kind.GAUGE,
    "Time the collector took to make its samples.",
    ("collector",),
    "seconds",
)
SOURCE_DURATION = Metric(
    "libvirt_scrape_duration_seconds",
    Kind.GAUGE,
    "Time libvirt took to answer this scrape, up to the deadline.",
    (),
    "seconds",
)
DROPPED = Metric(
    "libvirt_scrape_collector_dropped_samples_total",
    Kind.COUNTER,
    "Samples dropped because the collector made more than --scrape.series-limit.",
    ("collector",),
    "samples",
)
METRICS = (UP, STALE, SOURCE_DURATION, SUCCESS, DURATION, DROPPED)

TIMEOUT_HEADER = "X-Prometheus-Scrape-Timeout-Seconds"
TIMEOUT_MARGIN = 0.5  # seconds of Prometheus' timeout, for the network
RENDERING = 0.2  # share of the time for making the page
SHORTEST = 0.1  # seconds, even if the scraper allows less
SHARED = 0.5  # seconds for which a page is given to those who ask while others do


class Source(Protocol):
    """A source of snapshots."""

    def collect(self, until: float) -> Snapshot:
        """The state of the host, by `until` (monotonic seconds)."""


def time_allowed(deadline: float, headers: Mapping[str, str]) -> float:
    """Seconds for the answer: `deadline`, or less if the timeout of the scraper is shorter."""
    try:
        patience = float(headers[TIMEOUT_HEADER])
    except (KeyError, ValueError):
        return deadline
    return max(SHORTEST, min(deadline, patience - TIMEOUT_MARGIN))


class Page(NamedTuple):
    """The families of a snapshot. `made`: when (clock); `seconds`: the time that was allowed for it."""

    snapshot: Snapshot
    families: list[Family]
    made: float
    seconds: float
    wanted: bool
    """Whether others asked while it was made."""


class Scrape:
    """Makes pages. Scrapes that get the same snapshot share one page.

    A scraper that asks alone gets a new page. When several ask at once, the page that answers them is also
    given to those who ask within SHARED, so that a crowd does not cause one collection after another.
    """

    def __init__(
        self,
        source: Source,
        collectors: Sequence[Collector],
        series_limit: int = 0,
        clock: Callable[[], float] = time.monotonic,
        own: Callable[[], Iterable[Sample]] = tuple,
    ) -> None:
        """`series_limit`: samples that each collector may have on a page, 0 for any number. `own`: samples
        about the exporter itself.
        """
        self._clock = clock
        self._own = own
        self._series_limit = series_limit
        self._dropped = dict.fromkeys((one.name for one in collectors), 0)
        self._source = source
        self._collectors = tuple(collectors)
        self._making = threading.Lock()
        self._page: Page | None = None
        self._counting = threading.Lock()
        self._asking = 0  # calls of `page` in progress
        self._failing: dict[str, str] = {}

    def page(self, seconds: float) -> list[Family]:
        """The families of all collectors, within `seconds`."""
        began = self._clock()
        self._count(+1)
        try:
            return self._recent(seconds) or self._new(began, seconds)
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self._counting:
            self._asking += change

    def _recent(self, seconds: float) -> list[Family] | None:
        """The last page, if many want it and it had as much time; waits for one that is being made."""
        with self._making:
            page = self._page
        if page is None or not page.wanted or page.seconds < seconds:
            return None
        return page.families if self._clock() - page.made < SHARED else None

    def _new(self, began: float, seconds: float) -> list[Family]:
        snapshot = self._source.collect(began + seconds * (1 - RENDERING))
        took = self._clock() - began
        with self._making:
            if self._page is None or self._page.snapshot is not snapshot:
                made = families(_once(self._samples(snapshot, took)))
                self._page = Page(snapshot, made, self._clock(), seconds, wanted=self._asking > 1)
            return self._page.families

    def _samples(self, snapshot: Snapshot, took: float) -> Iterator[Sample]:
        yield UP.sample(snapshot.connection.up)
        yield SOURCE_DURATION.sample(took)
        yield from self._own()
        for domain in snapshot.domains:
            yield STALE.sample(not domain.fresh, domain.name)
        for collector in self._collectors:
            began = time.perf_counter()
            samples = self._attempt(collector, snapshot)
            duration = time.perf_counter() - began
            yield from self._limited(collector.name, samples or [])
            yield SUCCESS.sample(samples is not None, collector.name)
            yield DURATION.sample(duration, collector.name)
            yield DROPPED.sample(self._dropped[collector.name], collector.name)

    def _limited(self, collector: str, samples: list[Sample]) -> list[Sample]:
        """The samples up to the limit: always the first ones, so that the same series remain."""
        if not self._series_limit:
            return samples
        self._dropped[collector] += max(0, len(samples) - self._series_limit)
        return samples[: self._series_limit]

    def _attempt(self, collector: Collector, snapshot: Snapshot) -> list[Sample] | None:
        """All samples of a collector, or None if it fails."""
        try:
            samples = list(collector.collect(snapshot))
        except Exception as error:  # any failure costs this collector only
            reason = f"{type(error).__name__}: {error}"
            if self._failing.get(collector.name) != reason:
                log.exception("collector failed", extra={"collector": collector.name})
            self._failing[collector.name] = reason
            return None
        self._failing.pop(collector.name, None)
        return samples


def _once(samples: Iterable[Sample]) -> Iterator[Sample]:
    """Each series once: two domains can briefly share a name, and Prometheus rejects duplicates."""
    seen = set()
    for sample in samples:
        series = (sample.metric.name, sample.labels)
        if series not in seen:
            seen.add(series)
            yield sample
