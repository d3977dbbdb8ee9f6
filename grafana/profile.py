"""The choices of a set of dashboards: the committed one, and one for a demo that runs days in minutes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecaster.config.durations import seconds
from forecaster.config.resources import RESOURCES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forecaster.config.durations import Horizon
    from forecaster.config.resource import Resource


@dataclass(frozen=True)
class Profile:
    """Durations as Grafana and Prometheus write them. Horizons are those published of the resources."""

    past: str
    ahead: str  # how far pages with forecasts reach past now
    pools_past: str  # how long the history of storage pools is that is drawn
    migrations: str  # the time over which the fleet page counts results of migrations
    refresh: str
    mark: str  # how finely alerts are marked on the graphs; no finer than rules are evaluated
    resources: tuple[Resource, ...] = RESOURCES

    @property
    def horizon(self) -> str:
        """The preselected horizon of exhaustion: the one that most resources have, the longest of several."""
        found = Counter(horizon for resource in self.resources for horizon in resource.counted)
        return _longest(each for each, number in found.items() if number == max(found.values()))

    @property
    def drawn(self) -> str:
        """The preselected forecast to draw: the longest that ends within the page."""
        every = {horizon for resource in self.resources for horizon in resource.drawn}
        return _longest({each for each in every if each.seconds <= seconds(self.ahead)} or every)


def _longest(horizons: Iterable[Horizon]) -> str:
    return max(horizons, key=lambda each: (each.seconds, each.label)).label


PROFILES = {
    "default": Profile(
        past="6h",
        ahead="1h",
        pools_past="14d",
        migrations="24h",
        refresh="30s",
        mark="1m",
    ),
    "live": Profile(  # what happens now: a live migration, say; Grafana must allow min_refresh_interval = 1s
        past="5m",
        ahead="15m",
        pools_past="14d",
        migrations="1h",
        refresh="1s",
        mark="15s",
    ),
    "demo": Profile(
        past="15m",
        ahead="5m",
        pools_past="1h",
        migrations="1h",
        refresh="5s",
        mark="5s",
    ),
}
