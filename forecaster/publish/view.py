"""What the loop hands to readers after each cycle: frozen, complete, never changed afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from exporter.metric import Distribution
    from forecaster.config import Bounds, Resource
    from forecaster.engine.engine import Outlook
    from forecaster.promql_result import Result
    from forecaster.series import Labels, State


@dataclass(frozen=True)
class Forecasts:
    """The series of a resource that have an outlook; rows of `outlook`, `values` (n,) and `bounds` belong
    together.

    `at` is the grid instant the outlook was made at, Unix seconds. `bounds[row].limit` is the limit in force.
    """

    at: int
    labels: tuple[Labels, ...]
    values: NDArray[np.float64]
    outlook: Outlook
    bounds: tuple[Bounds, ...]


@dataclass(frozen=True)
class ResourceView:
    """One resource: every known series' state, the forecasts of those that have one, and how the last try
    went.
    """

    resource: Resource
    states: Mapping[Labels, State] = field(default_factory=dict)
    forecasts: Forecasts | None = None
    excluded: Mapping[str, int] = field(default_factory=dict)
    error: str = ""  # one line; empty = the last try succeeded
    last_success: int = 0  # the latest grid instant read, Unix seconds; 0 = none yet
    progress: float = 1.0  # of reading history


@dataclass(frozen=True)
class PromqlView:
    """The PromQL client's counters."""

    requests: Mapping[Result, int]
    retries: int
    warnings: int
    response_bytes: int
    durations: Distribution  # seconds


@dataclass(frozen=True)
class View:
    """All that is to be known at one moment. `made_at` is Unix seconds by this machine's clock."""

    made_at: float
    step: int
    resources: tuple[ResourceView, ...]
    promql: PromqlView
    backend_url: str
    backend_up: bool
    cycles: Mapping[str, int]  # by result
    caught_up: int  # grid instants read later than their own cycle
    duration: float | None = None  # seconds of the last cycle
    last_success: float | None = None  # when a cycle last succeeded for every resource
    shard: str = "1/1"
    config_good: bool = True  # the configuration was read when it was last asked for
    configured_at: float | None = None  # when it was last read, Unix seconds

    def fresh(self, now: float, fresh_for: float) -> list[tuple[ResourceView, Forecasts]]:
        """The resources whose forecasts are at most `fresh_for` seconds old at Unix time `now`, with them."""
        return [
            (each, each.forecasts)
            for each in self.resources
            if each.forecasts is not None and now - each.forecasts.at <= fresh_for
        ]
