"""How the loop and its resources are doing, and what of it readers see."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forecaster.serve.provisional import learning, widened
from forecaster.view.rows import Rows
from forecaster.view.view import PromqlView, ResourceView

if TYPE_CHECKING:
    from forecaster.promql.client import Client
    from forecaster.serve.watch import Watch


@dataclass
class Progress:
    """How one resource is doing, beside its watch."""

    error: str = ""
    shared: bool = False  # the error is that of the backend
    last_success: int = 0
    share: float = 0.0  # of its history
    crashes: int = 0  # unexpected errors in a row
    not_before: int = 0  # the grid instant before which it is left alone


@dataclass
class Totals:
    """Counters of the loop."""

    cycles: dict[str, int] = field(default_factory=lambda: {"success": 0, "failure": 0})
    caught_up: int = 0
    overruns: int = 0
    duration: float | None = None
    last_success: float | None = None
    backend_up: bool = False
    config_good: bool = True
    configured_at: float | None = None


def resource_view(watch: Watch, progress: Progress, history: float) -> ResourceView:
    """One resource, as of its last instant; `history` is the share of its whole history that is read."""
    states, rows, batch = watch.states(), None, watch.batch
    if batch is not None and watch.at is not None and batch.outlook is not None:
        known = Rows(watch.resource, watch.at, batch.labels, batch.values, batch.outlook, batch.bounds)
        rows = Rows.ready(known, states)
    if watch.provisional:
        states, rows = learning(states), rows and widened(rows)
    return ResourceView(
        watch.resource,
        states,
        rows,
        dict(watch.left_out.counts),
        progress.error,
        progress.last_success,
        min(progress.share, history),
        watch.left_out.partial,
        watch.left_out.partial_answers,
    )


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
    )
