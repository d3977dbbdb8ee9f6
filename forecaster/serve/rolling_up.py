"""Reads the hourly means and peaks that advice is made from: a row of their table in each cycle.

The backend sums up: an answer has one value an hour. All rows are read again each hour, one in a cycle of
five minutes, so that no cycle has much to read; the first time a row brings its whole past, day by day.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from forecaster.promql.results import PromqlError
from forecaster.promql.selectors import with_matchers
from forecaster.view.rollups import HOURS, KEPT, STEPS, STEPS_KEPT, TABLE, Rollups, rollup

if TYPE_CHECKING:
    from forecaster.config.model import Config
    from forecaster.promql.client import Client
    from forecaster.view.rollups import Kept, Rollup

LOG = logging.getLogger(__name__)

MEAN, PEAK = "avg_over_time", "max_over_time"


def rolled_up(statistic: str, query: str, every: int, step: int) -> str:
    """The query for a statistic of each `every` seconds of another one; what is no plain selector is looked
    at each `step` seconds.

    >>> rolled_up("max_over_time", "vm:cpu_utilization:ratio", 3600, 300)
    'max_over_time(vm:cpu_utilization:ratio[3600s])'
    >>> rolled_up("max_over_time", "a + b", 3600, 300)
    'max_over_time((a + b)[3600s:300s])'
    """
    if with_matchers(query, ()):
        return f"{statistic}({query}[{every}s])"
    return f"{statistic}(({query})[{every}s:{step}s])"


class RollingUp:
    """Keeps the latest rollups. A VM's series are spread over the shards: the first one reads all,
    and advises.

    A row that cannot be read keeps its hours, and is tried again when it is its turn.
    """

    def __init__(self, config: Config) -> None:
        self.rollups = Rollups(max(config.step, config.day // HOURS))
        self.steps = Rollups(config.step)
        self._step = config.step
        self._most = max(1, min(KEPT, config.lookback // self.rollups.every))
        self._reads = config.shard.index == 1
        self._turn = 0
        self._failing: set[str] = set()

    def read(self, client: Client, now: int) -> None:
        """Read the steps up to the grid instant `now`, and the next row whose last hour is old; never
        raises.
        """
        if not self._reads:
            return
        for kept in STEPS:
            self._steps(client, kept, now)
        last = now // self.rollups.every * self.rollups.every
        for ahead in range(len(TABLE)):
            kept = TABLE[(self._turn + ahead) % len(TABLE)]
            ends = self.rollups[kept.name].ends
            if not len(ends) or int(ends[-1]) < last:
                self._turn = (self._turn + ahead + 1) % len(TABLE)
                self._row(client, kept, last)
                return

    def read_all(self, client: Client, now: int) -> None:
        """Read every row at grid instant `now`; never raises."""
        for _ in TABLE:
            self.read(client, now)

    def _steps(self, client: Client, kept: Kept, now: int) -> None:
        """What is new of a row of steps, without peaks."""
        ends = self.steps[kept.name].ends
        first = now - (STEPS_KEPT - 1) * self._step
        if len(ends):
            first = max(first, int(ends[-1]) + self._step)
        if first > now:
            return
        try:
            tracks = client.read(kept.query, first, now, self._step, STEPS_KEPT)
        except PromqlError as error:
            self._say(kept.name, str(error))
            return
        self._failing.discard(kept.name)
        told = [(track.labels, track.times, track.values) for track in tracks]
        new = rollup(kept, range(first, now + 1, self._step), told)
        self.steps = self.steps.after(kept.name, new, STEPS_KEPT)

    def _row(self, client: Client, kept: Kept, last: int) -> None:
        every, ends = self.rollups.every, self.rollups[kept.name].ends
        first = last - (self._most - 1) * every
        if len(ends):
            first = max(first, int(ends[-1]) + every)
        try:
            new = self._answers(client, kept, first, last)
        except PromqlError as error:
            self._say(kept.name, str(error))
            return
        self._failing.discard(kept.name)
        self.rollups = self.rollups.after(kept.name, new)

    def _answers(self, client: Client, kept: Kept, first: int, last: int) -> Rollup:
        """The hours from `first` to `last`, read in windows of a day."""
        every = self.rollups.every
        told = []
        for statistic in (MEAN, PEAK) if kept.peaks else (MEAN,):
            query = rolled_up(statistic, kept.query, every, self._step)
            tracks = client.read(query, first, last, every, HOURS)
            told.append([(track.labels, track.times, track.values) for track in tracks])
        return rollup(kept, range(first, last + 1, every), *told)

    def _say(self, name: str, error: str) -> None:
        """Log a failure once, until the row is read again."""
        if name not in self._failing:
            LOG.warning("the past for advice is incomplete", extra={"row": name, "err": error})
        self._failing.add(name)
