"""/metrics of an exporter that only probes targets: metrics about the exporter itself, none of libvirt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from prometheus_client import CollectorRegistry, ProcessCollector

from exporter.metric import Kind, Metric, families
from exporter.web.exposition import exposition

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from exporter.metric import Sample
    from exporter.web.message import Handler, Request, Response

BUILD = Metric("libvirt_exporter_build_info", Kind.GAUGE, "The exporter's version; always 1.", ("version",))
TARGETS = Metric("libvirt_exporter_targets", Kind.GAUGE, "Targets in the configuration.", (), "targets")
OPEN = Metric(
    "libvirt_exporter_targets_open",
    Kind.GAUGE,
    "Targets with open connections: those probed within the last ten minutes.",
    (),
    "targets",
)
PROBES = Metric(
    "libvirt_exporter_probes_total",
    Kind.COUNTER,
    "Probes of the target since the exporter started, whether or not its libvirt answered.",
    ("target",),
    "probes",
)
METRICS = (BUILD, TARGETS, OPEN, PROBES)


class Probed(Protocol):
    """The targets; see `exporter.probe.Probes`."""

    @property
    def open_targets(self) -> int: ...
    def counts(self) -> Mapping[str, int]: ...


def page(probed: Probed, version: str) -> Handler:
    """The page; it also has the process metrics of Prometheus' client libraries."""
    process = ProcessCollector(registry=CollectorRegistry())

    def metrics(request: Request) -> Response:
        made = [*families(_samples(probed, version)), *process.collect()]
        return exposition(made, request.headers.get("Accept", ""))

    return metrics


def _samples(probed: Probed, version: str) -> Iterator[Sample]:
    yield BUILD.sample(1, version)
    counts = probed.counts()
    yield TARGETS.sample(len(counts))
    yield OPEN.sample(probed.open_targets)
    for target, count in counts.items():
        yield PROBES.sample(count, target)
