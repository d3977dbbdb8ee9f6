"""Metric rows: name, help, labels and unit of a metric are written once, in a table everything else reads."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from prometheus_client.core import Metric as Family
from prometheus_client.samples import Sample as Point

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class Kind(StrEnum):
    """The type of a metric, in the words of the exposition format."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Distribution(NamedTuple):
    """The value of a histogram: cumulative counts by upper bound (ascending, the last +Inf), and the sum."""

    buckets: tuple[tuple[float, int], ...]
    sum: float


class Histogram:
    """Counts observations by upper bound; `bounds` ascend. Not thread-safe."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = (*bounds, float("inf"))
        self._counts = [0] * len(self._bounds)
        self._sum = 0.0

    def observe(self, value: float | None) -> None:
        """Count a value; None, a value that was not measured, is ignored."""
        if value is not None:
            self._counts[bisect_left(self._bounds, value)] += 1
            self._sum += value

    def read(self) -> Distribution:
        """The observations so far."""
        return Distribution(tuple(zip(self._bounds, accumulate(self._counts), strict=True)), self._sum)


@dataclass(frozen=True, slots=True)
class Metric:
    """A row of a table of metrics.

    `unit` is the base unit of the values; it is documentation. `field` is the attribute that `read` takes
    the value from; it is empty for metrics whose samples are made one by one.
    """

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    unit: str = ""
    field: str = ""

    def sample(self, value: float | Distribution, *labels: str) -> Sample:
        """A sample of this metric, with label values in the order of the row's labels."""
        if len(labels) != len(self.labels):
            raise ValueError(f"{self.name} takes the labels {self.labels}, not {labels}")
        return Sample(self, labels, value)


class Sample(NamedTuple):
    """A value of a metric for one combination of label values."""

    metric: Metric
    labels: tuple[str, ...]
    value: float | Distribution


def read(rows: Iterable[Metric], source: object, *labels: str) -> Iterator[Sample]:
    """A sample for each row whose `field` is set in `source`; a field that is None has no sample."""
    for row in rows:
        value = getattr(source, row.field)
        if value is not None:
            yield Sample(row, labels, float(value))


def describe(rows: Iterable[Metric]) -> list[Family]:
    """The families of a table, without samples."""
    return [_family(row) for row in rows]


def reference(rows: Iterable[Metric]) -> Iterator[str]:
    """The rows as a table in Markdown, line by line."""
    yield "| metric | kind | labels | unit | |\n|---|---|---|---|---|\n"
    for row in rows:
        labels = ", ".join(f"`{label}`" for label in row.labels)
        yield f"| `{row.name}` | {row.kind} | {labels} | {row.unit} | {row.help} |\n"


def families(samples: Iterable[Sample]) -> list[Family]:
    """Samples grouped by metric, in the order in which the metrics first appear.

    Samples with equal labels share one dictionary. Raises ValueError for too few or too many labels.
    """
    grouped: dict[str, Family] = {}
    known: dict[tuple[tuple[str, ...], tuple[str, ...]], dict[str, str]] = {}
    for metric, labels, value in samples:
        family = grouped.get(metric.name)
        if family is None:
            family = grouped[metric.name] = _family(metric)
        series = (metric.labels, labels)
        named = known.get(series)
        if named is None:
            named = known[series] = dict(zip(*series, strict=True))
        if isinstance(value, Distribution):
            _add_distribution(family, named, value)
        else:
            family.samples.append(Point(metric.name, named, value))
    return list(grouped.values())


def _family(metric: Metric) -> Family:
    name = metric.name.removesuffix("_total") if metric.kind is Kind.COUNTER else metric.name
    return Family(name, metric.help, metric.kind.value)


def _add_distribution(family: Family, labels: dict[str, str], value: Distribution) -> None:
    for bound, count in value.buckets:
        le = "+Inf" if bound == float("inf") else repr(float(bound))
        family.add_sample(f"{family.name}_bucket", {**labels, "le": le}, count)
    family.add_sample(f"{family.name}_sum", labels, value.sum)
    family.add_sample(f"{family.name}_count", labels, value.buckets[-1][1])
