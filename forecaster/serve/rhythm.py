"""When a cycle is due, and which resources take part in it: each is read on the grid of its own step."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forecaster.config.model import Config


class Rhythm:
    """The grid of the shortest step; resources with longer ones take part when an instant of theirs has
    settled.

    Times are Unix seconds. A cycle is called by its instant on the grid; it begins when that has settled.
    """

    def __init__(self, config: Config) -> None:
        paced = [config.for_resource(resource) for resource in config.resources]
        shortest = min(paced, key=lambda each: each.step)
        self.step, self.settle = shortest.step, shortest.settle

    def due(self, clock: float) -> int:
        """The latest instant that has settled."""
        return int(clock - self.settle) // self.step * self.step

    def wait(self, now: int, clock: float) -> float:
        """Seconds from `clock` until the cycle after `now` is due; negative when it is late."""
        return now + self.step + self.settle - clock

    def instant(self, now: int, config: Config) -> int:
        """The latest instant of a resource that has settled in the cycle `now`, by its own configuration."""
        return (now + self.settle - config.settle) // config.step * config.step
