"""Metrics about the exporter itself: of its configuration, and of the targets that it probes.

An exporter that only probes targets has these on /metrics, and none of libvirt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from prometheus_client import CollectorRegistry, ProcessCollector

from exporter.metric import Kind, Metric, families
from exporter.web.exposition import exposition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

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
CONFIG_GOOD = Metric(
    "libvirt_exporter_config_last_reload_successful",
    Kind.GAUGE,
    "Whether the last reload of the configuration succeeded; after a failure the previous configuration "
    "stays in force.",
)
CONFIGURED = Metric(
    "libvirt_exporter_config_last_reload_success_timestamp_seconds",
    Kind.GAUGE,
    "Time at which the configuration in force was read.",
    (),
    "Unix time",
)
CERTIFICATE = Metric(
    "libvirt_exporter_certificate_expiry_timestamp_seconds",
    Kind.GAUGE,
    "Time at which the first of the web server's TLS certificates expires; absent without TLS.",
    (),
    "Unix time",
)
OF_ITSELF = (CONFIG_GOOD, CONFIGURED, CERTIFICATE)  # on /metrics of every exporter
METRICS = (BUILD, TARGETS, OPEN, PROBES, *OF_ITSELF)


class Probed(Protocol):
    """The targets; see `exporter.probe.Probes`."""

    @property
    def open_targets(self) -> int: ...
    def counts(self) -> Mapping[str, int]: ...


class Reloaded(Protocol):
    """How the configuration was read last; see `exporter.reload.Reload`."""

    successful: bool
    at: float


def page(probed: Probed, version: str, itself: Callable[[], Iterator[Sample]]) -> Handler:
    """The page; it also has the process metrics of Prometheus' client libraries."""
    process = ProcessCollector(registry=CollectorRegistry())

    def metrics(request: Request) -> Response:
        made = [
            *families(_samples(probed, version)),
            *families(itself()),
            *process.collect(),
        ]
        return exposition(made, request.headers.get("Accept", ""))

    return metrics


def of_itself(reloaded: Reloaded, expires: float | None) -> Iterator[Sample]:
    """How the configuration was read last, and when the server's certificate expires (Unix time)."""
    yield CONFIG_GOOD.sample(reloaded.successful)
    yield CONFIGURED.sample(reloaded.at)
    if expires is not None:
        yield CERTIFICATE.sample(expires)


def _samples(probed: Probed, version: str) -> Iterator[Sample]:
    yield BUILD.sample(1, version)
    counts = probed.counts()
    yield TARGETS.sample(len(counts))
    yield OPEN.sample(probed.open_targets)
    for target, count in counts.items():
        yield PROBES.sample(count, target)
