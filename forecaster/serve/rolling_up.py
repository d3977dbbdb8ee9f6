"""Reads the hourly means and peaks that advice is made from: a row of their table in each cycle.

The backend sums up: an answer has one value an hour. All rows are read again each hour, one in a cycle of
five minutes, so that no cycle has much to read; the first time a row brings its whole past, day by day.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from forecaster.promql.results import PromqlError
from forecaster.promql.selectors import with_matchers
from forecaster.serve.stocktaking import GIVING_UP
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
        self._failing: set[str] = set()

    def read(self, client: Client, now: int) -> None:
        """Read the steps up to the grid instant `now`, and the next row whose last hour is old; never
        raises.
        """
        if not self._reads:
            return
        if not all(self._steps(client, kept, now) for kept in STEPS):
            return
        turn = now // self._step  # by the clock: forecasters of the same series advise the same
        in_turn = (TABLE[(turn + ahead) % len(TABLE)] for ahead in range(len(TABLE)))
        old = next((kept for kept in in_turn if self._is_old(kept, now)), None)
        if old is not None:
            self._row(client, old, now)

    def read_all(self, client: Client, now: int) -> None:
        """Read every row whose last hour is old; never raises."""
        for kept in TABLE:
            if self._reads and self._is_old(kept, now) and not self._row(client, kept, now):
                return

    def _is_old(self, kept: Kept, now: int) -> bool:
        ends = self.rollups[kept.name].ends
        return not len(ends) or int(ends[-1]) < now // self.rollups.every * self.rollups.every

    def _steps(self, client: Client, kept: Kept, now: int) -> bool:
        """Read what is new of a row of steps, without peaks; false when asking on is pointless."""
        ends = self.steps[kept.name].ends
        first = now - (STEPS_KEPT - 1) * self._step
        if len(ends):
            first = max(first, int(ends[-1]) + self._step)
        if first > now:
            return True
        try:
            tracks = client.read(kept.query, first, now, self._step, STEPS_KEPT)
        except PromqlError as error:
            self._say(kept.name, str(error))
            return error.result not in GIVING_UP
        self._failing.discard(kept.name)
        told = [(track.labels, track.times, track.values) for track in tracks]
        new = rollup(kept, range(first, now + 1, self._step), told)
        self.steps = self.steps.after(kept.name, new, STEPS_KEPT)
        return True

    def _row(self, client: Client, kept: Kept, now: int) -> bool:
        """Read what is new of a row; false when asking on is pointless."""
        every, ends = self.rollups.every, self.rollups[kept.name].ends
        last = now // every * every
        first = last - (self._most - 1) * every
        if len(ends):
            first = max(first, int(ends[-1]) + every)
        try:
            new = self._answers(client, kept, first, last)
        except PromqlError as error:
            self._say(kept.name, str(error))
            return error.result not in GIVING_UP
        self._failing.discard(kept.name)
        self.rollups = self.rollups.after(kept.name, new)
        return True

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
