"""/metrics of an exporter that reads targets only: of itself, never of libvirt; that is on /probe."""

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
TARGETS = Metric("libvirt_exporter_targets", Kind.GAUGE, "Targets of the configuration.", (), "targets")
OPEN = Metric(
    "libvirt_exporter_targets_open",
    Kind.GAUGE,
    "Targets whose connections are open: those probed within the last ten minutes.",
    (),
    "targets",
)
PROBES = Metric(
    "libvirt_exporter_probes_total",
    Kind.COUNTER,
    "Pages made for the target since the exporter started, whether its libvirt answered or not.",
    ("target",),
    "pages",
)
METRICS = (BUILD, TARGETS, OPEN, PROBES)


class Probed(Protocol):
    """What is probed; see `exporter.probe.Probes`."""

    @property
    def open_targets(self) -> int: ...
    def counts(self) -> Mapping[str, int]: ...


def page(probed: Probed, version: str) -> Handler:
    """The page; with it stands what all Prometheus' client libraries tell of their process."""
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
