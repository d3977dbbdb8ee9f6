"""Metric rows: a metric's name, help, labels and unit are written once, in a table all else reads."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from prometheus_client.core import Metric as Family
from prometheus_client.samples import Sample as Point

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Kind(StrEnum):
    """How a metric's values are to be read; the words of the exposition format."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Distribution(NamedTuple):
    """What a histogram has seen: cumulative counts by upper bound (ascending, the last +Inf), and the sum."""

    buckets: tuple[tuple[float, int], ...]
    sum: float


@dataclass(frozen=True, slots=True)
class Metric:
    """One row of a collector's table.

    `unit` is the base unit of the values, for the reference. `field` names the attribute of the snapshot's
    object that holds the value, for the rows that are read one to one; see `read`.
    """

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    unit: str = ""
    field: str = ""

    def sample(self, value: float | Distribution, *labels: str) -> Sample:
        """One value of this metric; `labels` in the order of the row."""
        if len(labels) != len(self.labels):
            raise ValueError(f"{self.name} takes the labels {self.labels}, not {labels}")
        return Sample(self, labels, value)


class Sample(NamedTuple):
    """A value of a metric for one combination of label values."""

    metric: Metric
    labels: tuple[str, ...]
    value: float | Distribution


def read(rows: Iterable[Metric], source: object, *labels: str) -> Iterator[Sample]:
    """A sample for each row whose `field` has a value in `source`; what is None there has no sample."""
    for row in rows:
        value = getattr(source, row.field)
        if value is not None:
            yield Sample(row, labels, float(value))


def describe(rows: Iterable[Metric]) -> list[Family]:
    """The families of a table, without samples."""
    return [_family(row) for row in rows]


def families(samples: Iterable[Sample]) -> list[Family]:
    """Samples grouped by metric, in the order in which the metrics first appear, ready to be exposed.

    Samples of the same labels share one dictionary. Raises ValueError for too few or too many labels.
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
