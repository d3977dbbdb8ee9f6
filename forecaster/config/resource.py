"""A resource: one family of series that is forecast."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from forecaster.config.bounds import BOUNDS, Bounds, Override, check_bounds
from forecaster.config.durations import Horizon, horizon

if TYPE_CHECKING:
    from forecaster.series.labels import Labels

SHORT = tuple(map(horizon, ("15m", "1h", "24h")))
LONG = (*SHORT, *map(horizon, ("7d", "30d")))
HOUR, DAY = 3600, 86_400  # seconds
# A bare selector: what may stand before a range, such as [5m].
SELECTOR = re.compile(r"(?=[^\s])(?:[a-zA-Z_:][\w:]*)?\s*(?:\{.*\})?", re.ASCII | re.DOTALL)
STALE_STEPS = 3  # without a sample for so many a series is stale
Unit = Literal["", "seconds", "bytes", "bytes per second", "operations per second"]


@dataclass(frozen=True)
class Display:
    """How pages and dashboards name a resource; empty texts where nothing is said.

    about: what the value is, one sentence. absent: what it means that there is no series.
    owner: what the series belong to. part: the label that tells the series of one owner apart.
    from_zero: whether a graph's axis begins at 0, to show how much is used, or follows the values.
    unit: the unit of values that are no shares of one; shares are shown in percent.
    """

    title: str = ""
    about: str = ""
    absent: str = "No data"
    owner: Literal["vm", "host", ""] = ""
    part: str = ""
    from_zero: bool = False
    unit: Unit = ""


@dataclass(frozen=True)
class Resource:
    """One family of series: what to query, what counts as exhausted and as anomalous, how far to forecast.

    limit_query: gives a limit per series; a result applies to the series that have all of its labels.
    sensitivity_query: gives likewise what the anomaly threshold is divided by; from 0.1 to 10.
    limit_side: values rise to an `upper` limit and fall to a `lower` one, such as free space.
    threshold: the exhaustion probability at which alerts fire. One begins when the probability crosses it, so
        it is about the share of alerts that come true; docs/quiet.md has what came true at 0.5 and 0.8.
    anomaly_threshold: how unusual a value must be; the anomaly score is 1 at this mark. On seeded series it
        gives about 0.7 false alarms per series and week at 0.85, 0.4 at 1, 0.22 at 1.15 and 0.15 at 1.3.
    min_deviation: the smallest distance from the expected value, in the unit of the series, at which an
        anomaly begins. A step from 0.1 % to 0.4 % CPU is a statistical event and nobody's problem.
    lowest, highest: what values can be at all, in the unit of the series; forecasts keep to it.
    follow: labels that may change while the series stays the same; a VM that migrates keeps its history.
    max_series: how many series are forecast.
    max_series_per_vm: how many of them may be of one VM (labels instance and domain).
    display: how pages and dashboards name the resource.
    step: seconds between two samples and two cycles of the resource; 0: the configuration's.
    fast: seconds between two looks at the newest samples, between the steps; 0: none.
    fast_query: gives them, with the labels of `query`; None: `query` itself.
    counters: selectors of the counters behind the values, of which resets are counted; none of gauges.
    publish: `lean`: the gauges that rules and dashboards read; `full`: every horizon, reason and bound.
    """

    name: str
    query: str
    limit: float = 0.9  # infinite: none
    limit_query: str | None = None
    sensitivity_query: str | None = None
    limit_side: Literal["upper", "lower"] = "upper"
    threshold: float = 0.8
    anomaly_threshold: float = 1.0
    min_deviation: float = 0.0
    horizons: tuple[Horizon, ...] = SHORT
    overrides: tuple[Override, ...] = ()
    follow: tuple[str, ...] = ()
    lowest: float = -math.inf
    highest: float = math.inf
    max_series: int = 20_000
    max_series_per_vm: int = 500  # the exporter publishes at most 100 file systems of a guest
    display: Display = field(default_factory=Display)
    publish: Literal["lean", "full"] = "lean"
    step: int = 0
    fast: int = 0
    fast_query: str | None = None
    counters: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-zA-Z_]\w{0,99}", self.name, re.ASCII):  # a file is called so, too
            told = self.name[:100]
            raise ValueError(f'"{told}" is no name of a resource: letters, digits and _ only, 100 at most')
        if not self.query.strip():
            raise ValueError("query is empty")
        for name in ("max_series", "max_series_per_vm"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")
        if not all(re.fullmatch(r"\S+", label) for label in self.follow):
            raise ValueError("follow lists names of labels")
        if not all(SELECTOR.fullmatch(each) for each in self.counters):
            raise ValueError('counters lists selectors, such as node_cpu_seconds_total{mode="idle"}')
        if self.fast_query is not None and not self.fast:
            raise ValueError("fast_query needs fast: how often it is asked, such as 2s")
        if not self.lowest < self.highest:
            raise ValueError("lowest must be below highest")
        ahead = [each.seconds for each in self.horizons]
        if not ahead or ahead != sorted(set(ahead)):
            raise ValueError("horizons must ascend, and there must be one")
        check_bounds(self.threshold, self.anomaly_threshold, self.min_deviation)

    @property
    def fresh_for(self) -> int:
        """The age in seconds up to which a forecast is served; 0: the configuration's."""
        return (STALE_STEPS + 1) * self.step

    @property
    def drawn(self) -> tuple[Horizon, ...]:
        """The horizons whose forecasts are published; lean: the longest of at most an hour."""
        if self.publish == "full":
            return self.horizons
        return (self._longest_within(HOUR),)

    @property
    def counted(self) -> tuple[Horizon, ...]:
        """The horizons whose exhaustion probability is published; lean: the longest of at most a day, and the
        next longer one, else the next shorter one.
        """
        if self.publish == "full":
            return self.horizons
        first = min(self.horizons.index(self._longest_within(DAY)), max(0, len(self.horizons) - 2))
        return self.horizons[first : first + 2]

    def _longest_within(self, duration: int) -> Horizon:
        return [each for each in self.horizons if each.seconds <= duration or each == self.horizons[0]][-1]

    @property
    def falls(self) -> bool:
        """Whether values fall to the limit."""
        return self.limit_side == "lower"

    @property
    def shares(self) -> bool:
        """Whether values are shares of one, by the conventions for names (…:ratio, …_ratio) and the limit."""
        named = re.search(r"[:_]ratio\b", self.query) is not None
        return named and (self.limit <= 1 or math.isinf(self.limit))

    def bounds(self, labels: Labels) -> tuple[Bounds, frozenset[str]]:
        """One series' bounds, from the first override that matches and the resource; and which of them are
        overridden.
        """
        named = dict(labels)
        own = {name: getattr(self, name) for name in BOUNDS}
        for override in self.overrides:
            if all(matcher.matches(named) for matcher in override.matchers):
                other = {
                    name: getattr(override, name) for name in BOUNDS if getattr(override, name) is not None
                }
                return Bounds(**(own | other)), frozenset(other)
        return Bounds(**own), frozenset()

    @property
    def unit(self) -> str:
        """The unit of the values: `ratio` of shares of one, else what `display` says."""
        return "ratio" if self.shares else self.display.unit

    @property
    def title(self) -> str:
        """The resource as a heading names it."""
        return self.display.title or self.name
