"""How the loop and its resources are doing, and what of it readers see."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forecaster.engine.verification import Record
from forecaster.serve.provisional import learning, widened
from forecaster.view.accuracy import Judged
from forecaster.view.recent import Past, Recent
from forecaster.view.rows import Rows
from forecaster.view.view import PromqlView, ResourceView

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.promql.client import Client
    from forecaster.series.labels import Labels
    from forecaster.series.state import State
    from forecaster.serve.watch import Watch
    from forecaster.view.episodes import Episode, Key


@dataclass
class Progress:
    """How one resource is doing, beside its watch."""

    error: str = ""
    shared: bool = False  # the error is that of the backend
    last_success: int = 0
    share: float = 0.0  # of its history
    lag: float | None = None  # seconds from the last instant to its outlook
    crashes: int = 0  # unexpected errors in a row
    not_before: int = 0  # the grid instant before which it is left alone
    episodes: Mapping[Key, Episode] = field(default_factory=dict)  # its anomalies of the last day


@dataclass
class Totals:
    """Counters of the loop."""

    cycles: dict[str, int] = field(default_factory=lambda: {"success": 0, "failure": 0})
    caught_up: int = 0
    overruns: int = 0
    duration: float | None = None
    last_success: float | None = None
    config_good: bool = True
    configured_at: float | None = None


def resource_view(watch: Watch, progress: Progress, history: float) -> ResourceView:
    """One resource, as of its last instant; `history` is the share of its whole history that is read."""
    states, batch = watch.states(), watch.batch
    return ResourceView(
        watch.resource,
        learning(states) if watch.provisional else states,
        ready_rows(watch, states),
        dict(watch.left_out.counts),
        progress.error,
        progress.last_success,
        min(progress.share, history),
        watch.left_out.partial,
        watch.left_out.partial_answers,
        Past(batch.labels, batch.recent) if batch is not None else Past((), Recent()),
        tuple(progress.episodes.values()),
        {key: (len(values.values), values.invalid) for key, values in watch.asked.by_key.items()},
        dict(watch.changes.counts),
        Judged(batch.labels, batch.record) if batch is not None else Judged((), Record.fresh(0, 0)),
        progress.lag,
        watch.counter_resets.count,
    )


def ready_rows(watch: Watch, states: Mapping[Labels, State]) -> Rows | None:
    """The rows of the series that are ready; None before the first outlook."""
    batch = watch.batch
    if batch is None or watch.at is None or batch.outlook is None:
        return None
    known = Rows(watch.resource, watch.at, batch.labels, batch.values, batch.outlook, batch.bounds)
    rows = Rows.ready(known, states)
    return widened(rows) if watch.provisional and rows is not None else rows


def promql_view(client: Client) -> PromqlView:
    """The client's counters."""
    done = client.statistics
    return PromqlView(
        requests=dict(done.requests),
        retries=done.retries,
        warnings=done.warnings,
        windows_refused=done.windows_refused,
        response_bytes=done.bytes,
        durations=done.durations.read(),
        circuit_open=client.circuit.is_open,
        circuit_openings=client.circuit.openings,
        queries_refused=client.circuit.refused,
    )
