"""All collectors: every module of this folder has one, as COLLECTOR."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.discovery import modules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from exporter.collectors.row import Collector
    from exporter.snapshot.need import Need


def _found() -> tuple[Collector, ...]:
    found: list[Collector] = [module.COLLECTOR for module in modules(__package__, ("registry", "row"))]
    return tuple(sorted(found, key=lambda one: one.order))


COLLECTORS = _found()


def needs(collectors: Iterable[Collector]) -> frozenset[Need]:
    """What these collectors need of the source."""
    return frozenset(need for one in collectors for need in one.needs)
