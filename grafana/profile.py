"""The choices of a set of dashboards: the committed one, and one for a demo that runs days in minutes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """Durations are Grafana's and Prometheus'; horizons are labels of the forecaster's configuration."""

    past: str
    ahead: str  # how far the VM page reaches past now
    horizon: str  # preselected on the fleet page: what runs out within …
    drawn: str  # preselected on the VM page: the forecast drawn ahead; at most as far as the page reaches
    pools: tuple[str, ...]  # within which storage pools run out
    pools_past: str  # how long their history is that is drawn
    migrations: str  # over how long the fleet page counts results of migrations
    refresh: str
    mark: str  # how finely alerts are marked on the graphs; no finer than rules are evaluated


PROFILES = {
    "default": Profile(
        past="6h",
        ahead="1h",
        horizon="24h",
        drawn="1h",
        pools=("24h", "7d", "30d"),
        pools_past="14d",
        migrations="24h",
        refresh="30s",
        mark="1m",
    ),
    "demo": Profile(
        past="15m",
        ahead="5m",
        horizon="5m",
        drawn="5m",
        pools=("1m", "5m"),
        pools_past="1h",
        migrations="1h",
        refresh="5s",
        mark="5s",
    ),
}
