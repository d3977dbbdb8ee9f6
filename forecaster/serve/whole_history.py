"""The whole history of resources that are served from their recent past, read between cycles.

What is learned is what a start learns that reads everything first. It takes the place of what is served
as soon as it has reached the same instant.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecaster.promql.results import PromqlError
from forecaster.serve.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Generator

    from forecaster.config.model import Config
    from forecaster.promql.client import Client

LOG = logging.getLogger(__name__)

FAR_BEHIND_DAYS = 2  # what lags more is served from its last day first


@dataclass
class _Reading:
    """One resource's history under way."""

    watch: Watch
    begun: int = 0  # the grid instant at which it began
    windows: Generator[int] | None = None  # what is left of the part that is being read

    def share(self, now: int) -> float:
        """How much of the history up to `now` has been read."""
        if self.watch.at is None or not self.begun:
            return 0.0
        return (self.watch.at - self.begun) / max(1, now - self.begun)

    def step(self, now: int) -> bool:
        """Read a window; whether that was the last up to `now`. Raises PromqlError."""
        if self.windows is None:
            self.windows = self.watch.reading(now)
        self.begun = self.begun or now - self.watch.config.lookback
        if next(self.windows, None) is not None:
            return False
        self.windows = None
        return self.watch.at is not None and self.watch.at >= now

    def stop(self) -> None:
        """Begin the part again with the next window: the client or the bounds are others."""
        if self.windows is not None:
            self.windows.close()
            self.windows = None


class WholeHistory:
    """The histories that are being read, by resource."""

    def __init__(self) -> None:
        self._readings: dict[str, _Reading] = {}
        self._failed: set[str] = set()  # in this pause between cycles

    def __contains__(self, name: str) -> bool:
        return name in self._readings

    def begin(self, fronts: list[Watch], config: Config, client: Client, now: int) -> None:
        """Put watches of the last day in the place of those that lag far behind; the rest is read later."""
        for place, watch in enumerate(fronts):
            lag = config.lookback if watch.at is None else now - watch.at
            if lag > FAR_BEHIND_DAYS * config.day and not watch.provisional:
                self._readings[watch.resource.name] = _Reading(watch)
                fronts[place] = Watch(watch.resource, config, client, provisional=config.day)

    def watch(self, name: str) -> Watch | None:
        """What has been learned of a resource's history so far."""
        return self._readings[name].watch if name in self._readings else None

    def share(self, front: Watch) -> float:
        """How much of the history of a watch that is served has been read."""
        reading = self._readings.get(front.resource.name)
        return 1.0 if reading is None else reading.share(front.at or 0)

    def keep(self, fronts: list[Watch], config: Config) -> None:
        """A new configuration: go on with the resources whose front is still served, judged by its bounds."""
        names = {front.resource.name: front for front in fronts if front.provisional}
        for name in list(self._readings):
            self._readings[name].stop()
            if name in names:
                front = names[name]
                self._readings[name].watch.judge_by(front.resource, config, front.client)
            else:
                del self._readings[name]

    def pause(self) -> None:
        """A cycle has gone by: what failed is tried again."""
        self._failed.clear()

    def read(self, fronts: list[Watch]) -> bool:
        """Read one window, and put what is complete in the place of its front; false if none is left."""
        for place, front in enumerate(fronts):
            name = front.resource.name
            if name in self._readings and front.at is not None and name not in self._failed:
                self._step(fronts, place, front.at)
                return True
        return False

    def _step(self, fronts: list[Watch], place: int, now: int) -> None:
        front, name = fronts[place], fronts[place].resource.name
        reading = self._readings[name]
        try:
            complete = reading.step(now)
        except PromqlError as error:
            reading.windows = None
            self._failed.add(name)
            LOG.warning("history cannot be read now", extra={"resource": name, "err": str(error)})
            return
        if complete:
            del self._readings[name]
            reading.watch.left_out.partial_answers += front.left_out.partial_answers
            reading.watch.changes = front.changes
            fronts[place] = reading.watch
            LOG.info("the whole history is read", extra={"resource": name})

    def stop(self) -> None:
        """Leave off; what was learned stays."""
        for reading in self._readings.values():
            reading.stop()
