"""/probe?target=ALIAS: the targets of the configuration, each with a source of its own."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from exporter.scrape import Scrape, Source, time_allowed
from exporter.source.host import Host
from exporter.uri import shown
from exporter.web.logs import Burst
from exporter.web.refusal import Refusal
from exporter.web.shared_page import SharedPage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from exporter.collectors.row import Collector
    from exporter.config import Target
    from exporter.source.settings import Settings
    from exporter.web.message import Request, Response

log = logging.getLogger(__name__)
log.addFilter(Burst())

IDLE = 600.0  # seconds without a probe after which the connections and threads of a target are closed

NO_TARGET = "the parameter target is missing: /probe?target=ALIAS, with an alias of the configuration"
UNKNOWN = "the configuration has no target with this alias"
STOPPING = "virtcast-exporter is stopping"


def settings_of(targets: Mapping[str, Target], usual: Settings) -> dict[str, Settings]:
    """The settings of each target by its alias: the usual ones, but for what its row says."""
    return {
        alias: replace(usual, uri=target.uri, connections=target.connections)
        for alias, target in targets.items()
    }


class Open(Source, Protocol):
    """A source that can be started and stopped."""

    def start(self) -> None: ...
    def stop(self) -> None: ...


@dataclass(slots=True)
class _Probed:
    source: Open
    scrape: Scrape
    last_used: float  # monotonic
    shared: SharedPage = field(default_factory=SharedPage)


class Probes:
    """The page. A target's source starts at its first probe, with `settings` and the URI of the target."""

    def __init__(
        self,
        targets: Mapping[str, Target],
        settings: Settings,
        collectors: Sequence[Collector],
        deadline: float,
        opening: Callable[[Settings], Open] = Host,
        *,
        series_limit: int = 0,
    ) -> None:
        self._series_limit = series_limit
        self._usual = settings
        self._settings = self.settings_of(targets)
        self._collectors = tuple(collectors)
        self._deadline = deadline
        self._opening = opening
        self._lock = threading.Lock()
        self._open: dict[str, _Probed] = {}
        self._counts = dict.fromkeys(targets, 0)
        self._stopped = False

    def settings_of(self, targets: Mapping[str, Target]) -> dict[str, Settings]:
        """The settings of each target by its alias."""
        return settings_of(targets, self._usual)

    def replace(self, targets: Mapping[str, Target]) -> None:
        """Probe these targets from now on. What stays as it was keeps its connections and its count."""
        with self._lock:
            before, self._settings = self._settings, self.settings_of(targets)
            self._counts = {alias: self._counts.get(alias, 0) for alias in targets}
            for alias in [one for one in self._open if before[one] != self._settings.get(one)]:
                self._close(alias)

    @property
    def open_targets(self) -> int:
        """The number of targets with open connections."""
        with self._lock:
            return len(self._open)

    def counts(self) -> dict[str, int]:
        """The number of probes by target."""
        with self._lock:
            return self._counts.copy()

    def __call__(self, request: Request) -> Response:
        """The metrics of the target. Raises Refusal if there is none."""
        alias = request.query.one("target", "")
        if not alias:
            raise Refusal(400, NO_TARGET)
        probed = self._probed(alias)
        families = probed.scrape.page(time_allowed(self._deadline, request.headers))
        return probed.shared.of(families, request.headers.get("Accept", ""))

    def stop(self) -> None:
        """Close all targets; none is opened any more."""
        with self._lock:
            self._stopped = True
            for probed in self._open.values():
                probed.source.stop()
            self._open.clear()

    def _probed(self, alias: str) -> _Probed:
        now = time.monotonic()
        with self._lock:
            if alias not in self._settings:
                log.warning("unknown target", extra={"target": shown(alias)})
                raise Refusal(404, UNKNOWN)
            if self._stopped:
                raise Refusal(503, STOPPING)
            self._close_idle(now)
            if alias not in self._open:
                source = self._opening(self._settings[alias])
                source.start()
                scrape = Scrape(source, self._collectors, self._series_limit)
                self._open[alias] = _Probed(source, scrape, now)
                log.info("target opened", extra={"target": alias})
            self._open[alias].last_used = now
            self._counts[alias] += 1
            return self._open[alias]

    def _close_idle(self, now: float) -> None:
        for alias in [one for one, probed in self._open.items() if now - probed.last_used > IDLE]:
            self._close(alias)

    def _close(self, alias: str) -> None:
        self._open.pop(alias).source.stop()
        log.info("target closed", extra={"target": alias})
