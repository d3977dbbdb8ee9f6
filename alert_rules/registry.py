"""Every area of alerts and every provider: one per module in `alerts/` and `recording/`, found there."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING, Any

from alert_rules import alerts, own_resources, recording
from alert_rules.configuration import ADDRESSES, CHANNELS, LABELS, NOTIFICATIONS, OWNERS, SCRAPING, TEAMS
from alert_rules.provider import RECORDING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from alert_rules.alert import Alert, Area
    from alert_rules.provider import Provider
    from alert_rules.values import Section


def _modules(package: ModuleType) -> Iterator[Any]:
    """The modules of a package, by name."""
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda each: each.name):
        yield import_module(f"{package.__name__}.{module.name}")


AREAS: tuple[Area, ...] = tuple(area for module in _modules(alerts) for area in module.AREAS)
ALERTS: tuple[Alert, ...] = tuple(alert for area in AREAS for alert in area.alerts)
PROVIDERS: tuple[Provider, ...] = tuple(module.PROVIDER for module in _modules(recording))
SECTIONS: tuple[Section, ...] = (
    SCRAPING,
    RECORDING,
    *(area.section for area in AREAS if area.section.values),
    own_resources.VALUES,
    LABELS,
    NOTIFICATIONS,
    CHANNELS,
    OWNERS,
    TEAMS,
    ADDRESSES,
)
