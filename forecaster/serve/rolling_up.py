"""Reads the hourly means and peaks that advice is made from: a row of their table after each cycle.

The backend sums up: an answer has one value an hour. All rows are read again about each hour, one in a cycle
of five minutes, so that no cycle has much to read; the first time a row brings its whole past, day by day.
"""

from __future__ import annotations

import logging
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from forecaster.promql.results import DOWN, PromqlError, Result
from forecaster.promql.selectors import with_matchers
from forecaster.serve.frames import window_steps
from forecaster.serve.stocktaking import GIVING_UP
from forecaster.view.rollups import EVERY, HOURS, KEPT, STEPS, STEPS_KEPT, TABLE, Rollups, rollup

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from forecaster.config.model import Config
    from forecaster.promql.client import Client
    from forecaster.view.rollups import Kept, Rollup

LOG = logging.getLogger(__name__)

WEEK = 7  # days
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


def hourly(kept: Kept, every: int, step: int) -> tuple[str, ...]:
    """The queries for the mean of each `every` seconds of a row, and for the peak if it has one."""
    mean = kept.over.replace(EVERY, f"{every}s") or rolled_up(MEAN, kept.query, every, step)
    return (mean, rolled_up(PEAK, kept.query, every, step)) if kept.peaks else (mean,)


def _always() -> bool:
    return True


class _Row(NamedTuple):
    """How a row is read: `every` so many seconds a value, `most` of them, `window` of them in a query, or up
    to `widest` where its series are few; the queries for its mean and its peak; the results after which
    asking for other rows is pointless.
    """

    name: str
    kept: Kept
    every: int
    most: int
    window: int
    widest: int
    queries: tuple[str, ...]
    giving_up: frozenset[Result] = GIVING_UP

    def next_window(self, series: int) -> int:
        """How many values of so many series a query is for."""
        return max(self.window, min(self.widest, window_steps(series)))


class RollingUp:
    """Keeps the latest rollups. A VM's series are spread over the shards: the first one reads all,
    and advises.

    A row that cannot be read keeps its hours, and is tried again when it is its turn. What is read of a row
    before its end is kept apart: advice from half a past would change when the rest comes.
    """

    def __init__(self, config: Config, past_seconds: int = 0) -> None:
        self.rollups = Rollups(max(config.step, config.day // HOURS))
        self.steps = Rollups(config.step)
        self._step = config.step
        most = max(min(KEPT, config.lookback // self.rollups.every), past_seconds // self.rollups.every)
        self._most = max(1, most)
        self._reads = config.shard.index == 1
        self._failing: set[str] = set()
        self._begun: dict[str, Rollup] = {}
        self._joining = Lock()  # what two clients have read at once

    @property
    def until(self) -> int:
        """The latest instant of which something is kept, Unix seconds; 0 before."""
        kept = (*(self.rollups[each.name] for each in TABLE), *(self.steps[each.name] for each in STEPS))
        return max(each.until for each in (*kept, *self._begun.values()))

    def read(self, client: Client, now: int, go_on: Callable[[], bool] = _always) -> None:
        """Read the steps up to the grid instant `now`, and the next row whose last hour is old, as long as
        `go_on` says; never raises.
        """
        if not self._reads:
            return
        if not all(self._steps(client, kept, now, go_on) for kept in STEPS):
            return
        turn = now // self._step  # by the clock: forecasters of the same series advise the same
        in_turn = (TABLE[(turn + ahead) % len(TABLE)] for ahead in range(len(TABLE)))
        old = next((kept for kept in in_turn if self._is_old(kept, now)), None)
        if old is not None:
            self._hours(client, old, now, go_on)

    def read_all(self, clients: Sequence[Client], now: int) -> None:
        """Read the steps, and every row whose last hour is old, one at a time with each client; never raises.
        No cycle waits meanwhile: a query may be for a week, which is less work than seven for a day.
        """
        if not self._reads or not all(self._steps(clients[0], kept, now, _always) for kept in STEPS):
            return
        old = deque(kept for kept in TABLE if self._is_old(kept, now))
        with ThreadPoolExecutor(len(clients)) as pool:
            list(pool.map(lambda client: self._read_some(client, old, now), clients))

    def _read_some(self, client: Client, old: deque[Kept], now: int) -> None:
        """Read rows until none is left, or asking on is pointless."""
        while True:
            try:
                kept = old.popleft()
            except IndexError:  # another one has taken the last
                return
            if not self._hours(client, kept, now, _always, WEEK * HOURS):
                old.clear()

    def _is_old(self, kept: Kept, now: int) -> bool:
        ends = self.rollups[kept.name].ends
        return not len(ends) or int(ends[-1]) < now // self.rollups.every * self.rollups.every

    def _steps(self, client: Client, kept: Kept, now: int, go_on: Callable[[], bool]) -> bool:
        """Read what is new of a row of steps, without peaks; false when asking on is pointless. One that is
        too slow keeps no hours from being read. Cycles may be on the grid of a resource's shorter step.
        """
        name, most = f"{kept.name} steps", STEPS_KEPT
        row = _Row(name, kept, self._step, most, most, most, (kept.query,), giving_up=DOWN)
        last = now // self._step * self._step
        found, pointless = self._more(client, row, self.steps[kept.name], last, go_on)
        self.steps = self.steps.having(kept.name, found)
        return not pointless

    def _hours(
        self, client: Client, kept: Kept, now: int, go_on: Callable[[], bool], widest: int = HOURS
    ) -> bool:
        """Read what is new of a row of hours, day by day at first; false when asking on is pointless."""
        every = self.rollups.every
        row = _Row(kept.name, kept, every, self._most, HOURS, widest, hourly(kept, every, self._step))
        found, pointless = self._more(client, row, self.rollups[kept.name], now // every * every, go_on)
        with self._joining:
            self.rollups = self.rollups.having(kept.name, found)
        return not pointless

    def _more(
        self, client: Client, row: _Row, known: Rollup, last: int, go_on: Callable[[], bool]
    ) -> tuple[Rollup, bool]:
        """What is known of a row with all up to `last`, or as it was while some of that is still to be read;
        and whether asking on is pointless.
        """
        found = self._begun.pop(row.name, known)
        first = last - (row.most - 1) * row.every
        if len(found.ends):
            first = max(first, int(found.ends[-1]) + row.every)
        start, size = first, row.window
        while start <= last:
            end = min(last, start + (size - 1) * row.every)
            try:
                if not go_on():
                    self._begun[row.name] = found
                    return known, True
                found = found.after(_window(client, row, start, end), row.most)
                start, size = end + row.every, row.next_window(len(found.labels))
            except PromqlError as error:
                self._begun[row.name] = found
                self._say(row.kept.name, str(error))
                return known, error.result in row.giving_up
        self._failing.discard(row.kept.name)
        return found, False

    def _say(self, name: str, error: str) -> None:
        """Log a failure once, until the row is read again."""
        if name not in self._failing:
            LOG.warning("the past for advice is incomplete", extra={"row": name, "err": error})
        self._failing.add(name)


def _window(client: Client, row: _Row, first: int, last: int) -> Rollup:
    """The values of a row from `first` to `last`. Raises PromqlError."""
    told = []
    for query in row.queries:
        tracks = client.read(query, first, last, row.every, max(row.window, row.widest))
        told.append([(track.labels, track.times, track.values) for track in tracks])
    return rollup(row.kept, range(first, last + 1, row.every), *told)
