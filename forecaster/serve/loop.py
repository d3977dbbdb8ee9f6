"""The timer: one cycle per step, a little after each grid instant, for every resource in turn.

A resource that fails costs only itself; a backend that cannot be reached costs the cycle, is said in one
line, and is tried again soon. What was missed is read afterwards, instant by instant, so that no engine ever
skips time.
"""

from __future__ import annotations

import logging
import math
import time
from contextlib import closing, suppress
from functools import partial
from threading import Event
from typing import TYPE_CHECKING

from exporter.web.message import WebError
from forecaster.advice.remembering import remembered
from forecaster.serve.clients import PastClient, StoppableClient, StoppedError
from forecaster.serve.clock_steps import ClockSteps
from forecaster.serve.history import History
from forecaster.serve.mistakes import survived
from forecaster.serve.outcomes import Outcome, Outcomes
from forecaster.serve.progress import Totals, promql_view, ready_rows, resource_view
from forecaster.serve.reload import reloaded
from forecaster.serve.rhythm import Rhythm
from forecaster.serve.rolling_up import RollingUp
from forecaster.serve.stages import Stages
from forecaster.serve.stocktaking import Stocktaking
from forecaster.serve.watch import Watch
from forecaster.serve.whole_history import WholeHistory
from forecaster.serve.worse import Worse
from forecaster.view.episodes import after
from forecaster.view.remembered import Remembered
from forecaster.view.view import View

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.config.model import Config
    from forecaster.promql.client import Client
    from forecaster.serve.fast_lane import FastLane
    from forecaster.serve.state_folder import StateFolder
    from forecaster.view.view import AlertsView

LOG = logging.getLogger(__name__)

REPORT_SECONDS = 10.0  # between lines of progress
RELOAD_SECONDS = 0.5  # between looks whether the configuration is to be read again
RETRY_SECONDS = 15  # a backend that is down or starting is asked again after this, or after a shorter step


def _nothing() -> None:
    """Nobody waits for what a cycle publishes."""


class Loop:
    """Runs the cycles and keeps the latest `view` for readers; `view` is replaced, never changed.

    Once `reload` is set, `reread` gives the configuration anew; where it raises WebError, ValueError or
    OSError, the old one stays in force. With `recent_first` series are served from their recent past until
    their whole history is read. Of the past for advice at least `past_seconds` are read.
    """

    def __init__(
        self,
        config: Config,
        stopping: Event,
        clock: Callable[[], float] = time.time,
        client: Client | None = None,
        *,
        reread: Callable[[], Config] | None = None,
        state: StateFolder | None = None,
        recent_first: bool = False,
        fast: FastLane | None = None,
        past_seconds: int = 0,
    ) -> None:
        self.config = config
        self.stopping = stopping
        self.reload = Event()
        self.reread = reread or (lambda: config)
        self.clock = clock
        self.rhythm = Rhythm(config)
        self.state = state
        self.recent_first, self.fast = recent_first, fast
        self.whole = WholeHistory()
        self.client = client or StoppableClient(config.backend, stopping)
        self._past_client = client or self._second_client(config)
        self.watches = [Watch(resource, config, self.client) for resource in config.resources]
        self.outcomes = Outcomes(self.watches)
        self.totals = Totals(configured_at=clock())
        self.stages = Stages()
        self.stocktaking = Stocktaking(config.day)
        self.rolling_up = RollingUp(config, past_seconds)
        self.worse = Worse()
        self.remembered = Remembered()
        self.history = History(config.lookback)
        self.clock_steps = ClockSteps(clock)
        self.failed = False
        self._saved = time.monotonic()
        self._said = -REPORT_SECONDS  # when progress was last logged
        self.published: Callable[[], None] = _nothing  # called after each cycle
        self.alerts: Callable[[], AlertsView | None] = _nothing  # those that Alertmanager notified of
        self.view = self._snapshot()

    def run(self) -> None:
        """Cycles until `stopping` is set; a loop that fails sets it, so that nobody serves without it."""
        try:
            self._resume()
            with suppress(StoppedError):
                self._cycles()
            self._save(at_once=True)
        except Exception:
            self.failed = True
            LOG.exception("the loop failed: this is a mistake in the program")
        finally:
            self.whole.stop()
            self.client.close()
            self._past_client.close()
            if self.state is not None:
                self.state.close()
            self.stopping.set()

    def _cycles(self) -> None:
        while not self.stopping.is_set():
            now = self.due()
            self.cycle(now)
            self.totals.overruns += self.rhythm.wait(now, self.clock()) <= 0
            self._save()
            self._read_history(now)
            self._read_on(now)
            self._wait(now)

    def _resume(self) -> None:
        """Go on from saved state, and publish it: what is not too old is as good as it was."""
        if self.state is None:
            return
        self.state.resume(self.watches, self.due())
        self.remembered = self.state.resume_advice(self.config)
        for watch in self.watches:
            if watch.at is not None:
                progress = self.outcomes.progress[watch.resource.name]
                progress.last_success, progress.share = watch.at, 1.0
        self._saved = time.monotonic()
        self.view = self._snapshot()

    def _save(self, *, at_once: bool = False) -> None:
        """Save what was learned, once an hour (of a 24-hour day), or now, as when the folder was deleted."""
        if self.state is None:
            return
        if at_once or time.monotonic() - self._saved >= self.config.day / 24 or self.state.is_lost:
            with survived("saving what was learned"):
                self.state.save(self.watches, self.remembered, self.config)
            self._saved = time.monotonic()
            self.view = self._snapshot()

    def _read_history(self, now: int) -> None:
        """Read the history of what is served from its recent past, in the time until the next cycle."""
        until, took = time.monotonic() + self._pause(now), -math.inf
        self.whole.pause()
        while self._may_go_on(until - took):
            begun, more = time.monotonic(), False
            with survived("reading the history of series that are served from their recent past"):
                more = self.whole.read(self.watches)
            if not more:
                return
            self.view = self._snapshot()
            self._save()
            took = time.monotonic() - begun

    def _may_go_on(self, until: float) -> bool:
        """Whether there is time until then, by the monotonic clock, and nobody waits for the loop."""
        return time.monotonic() < until and not self.stopping.is_set() and not self.reload.is_set()

    def _read_on(self, now: int) -> None:
        """Read the next of what advice is made from, if most of the time until the next cycle is left; that
        one publishes it. Forecasts come first: histories are read before, of those that can be read.
        """
        waiting = any(map(self._lacks_history, self.watches))
        if self.outcomes.backend_up and not waiting and self._pause(now) > self.rhythm.step / 2:
            until = time.monotonic() + self._pause(now) - self.rhythm.step / 4
            with survived("reading the past for advice"):
                self.rolling_up.read(self._past_client, now, lambda: self._may_go_on(until))

    def _lacks_history(self, watch: Watch) -> bool:
        """Whether the history of a resource is still to be read, and can be."""
        failing = self.outcomes.progress[watch.resource.name].error or self.whole.failed(watch)
        return not failing and self.whole.share(watch) < 1

    def due(self) -> int:
        """The latest grid instant that has settled."""
        return self.rhythm.due(self.clock())

    def cycle(self, now: int) -> None:
        """Bring every resource to the grid instant `now`, then publish."""
        start = time.monotonic()
        self.clock_steps.look()
        self._turn_back(now)
        if self.recent_first:
            self.whole.begin(self.watches, self.config, self.client, now)
        self._read(now)
        if self.stopping.is_set():
            return
        if self.outcomes.backend_up:
            with self.stages.within("inventory"):
                self._take_stock(now)
        if self.fast is not None:
            self.fast.stand(self.watches)
        self.totals.cycles["failure" if self.outcomes.failing else "success"] += 1
        if not self.outcomes.failing:
            self.totals.last_success = self.clock()
        self._remember()
        self.totals.duration = time.monotonic() - start
        self._publish()
        self.worse.say(self.view)

    def _read(self, now: int) -> None:
        """Every resource's part of the cycle; whether the backend is up is decided by all of them."""
        self.outcomes.begin()
        ready = self._catch_up(now)
        self.outcomes.settle()
        self._admit(ready)
        self.outcomes.settle()

    def _take_stock(self, now: int) -> None:
        """Ask for what stands beside the series."""
        with survived("counting resets"):
            self._count_resets()
        with survived("asking for the retention"):
            self.history.ask(self.client)
        with survived("taking stock of VMs and hosts"):
            self.stocktaking.take(self.client, now)

    def _count_resets(self) -> None:
        """One shard does, for all."""
        for watch in self.watches if self.config.shard.index == 1 else ():
            if watch.at is not None:
                watch.counter_resets.ask(watch.resource, watch.config.step, self.client, watch.at)

    def _remember(self) -> None:
        """Carry what is remembered of advice over the cycle."""
        with self.stages.within("advice"), survived("remembering advice"):
            known = self._snapshot().fresh(self.clock(), self.config.fresh_for)
            self.remembered = remembered(self.remembered, known)

    def _publish(self) -> None:
        with self.stages.within("publish"):
            self.view = self._snapshot()
            self.published()

    def _catch_up(self, now: int) -> list[tuple[Watch, int]]:
        """Bring every resource to its grid instant; those that are there, and it."""
        ready = []
        for watch in self.watches:
            if self.stopping.is_set():
                break
            instant = self.rhythm.instant(now, watch.config)
            if not self._is_due(watch, instant):
                continue
            first = watch.at is None
            outcome = self._advance(watch, instant)
            if watch.at == instant:
                ready.append((watch, instant))
            if outcome is Outcome.DOWN:
                break
            if first:  # history took a while: what is known need not wait for the other resources
                self.view = self._snapshot()
        return ready

    def _admit(self, ready: list[tuple[Watch, int]]) -> None:
        """Let newcomers join. Their history may take a while: the forecasts of those that were there are
        published before.
        """
        if any(watch.has_newcomers(at) for watch, at in ready):
            self._publish()
        for watch, at in ready:
            if (
                self.stopping.is_set()
                or self.outcomes.of(watch, at, partial(watch.admit, at)) is Outcome.DOWN
            ):
                return

    def _turn_back(self, now: int) -> None:
        """What was read by a clock that was far ahead lacks the samples that came later: it is forgotten, and
        read again at once.
        """
        for progress in self.outcomes.progress.values():  # nobody is left alone for longer than an hour
            progress.not_before = min(progress.not_before, now + self.config.day // 24)
        if max(self.stocktaking.inventory.at, self.rolling_up.until) > now + self.config.stale_after:
            self.stocktaking, self.rolling_up = Stocktaking(self.config.day), RollingUp(self.config)
        for watch in self.watches:
            ahead = 0 if watch.at is None else watch.at - self.rhythm.instant(now, watch.config)
            if ahead > watch.config.stale_after:
                told = {"resource": watch.resource.name, "seconds": ahead}
                LOG.warning("what was read lies ahead of the clock; it starts again from history", extra=told)
                watch.reset()
                watch.counter_resets.turn_back()

    def _second_client(self, config: Config) -> Client:
        """Its queries are counted with those of the first."""
        client = PastClient(config.backend, self.stopping)
        client.statistics = self.client.statistics
        return client

    def read_past(self, now: int) -> None:
        """Read all that advice is made from, which cycles read row by row, and publish. Two queries at once:
        a backend uses one processor for each.
        """
        with closing(self._second_client(self.config)) as other:
            self.rolling_up.read_all((self._past_client, other), now)
        self.view = self._snapshot()

    def _is_due(self, watch: Watch, now: int) -> bool:
        """Whether the resource takes part in a cycle: it has an instant to read, or failed."""
        progress = self.outcomes.progress[watch.resource.name]
        return now >= progress.not_before and (watch.at is None or watch.at < now or bool(progress.error))

    def reload_configuration(self) -> None:
        """Read the configuration again and go on by it, or by the old one."""
        self.reload.clear()
        try:
            config = self.reread()
        except (WebError, ValueError, OSError) as error:
            self.totals.config_good = False
            LOG.error("the configuration stays as it was", extra={"err": str(error)})  # noqa: TRY400 (one line)
        else:
            if config.backend != self.config.backend:
                self.client.close()
                self.client = StoppableClient(config.backend, self.stopping)
                self._past_client.close()
                self._past_client = self._second_client(config)
                self.stocktaking = Stocktaking(config.day)
                self.rolling_up = RollingUp(config)
                self.remembered = Remembered()
                if self.fast is not None:
                    self.fast.ask(config.backend)
            if (config.backend, config.lookback) != (self.config.backend, self.config.lookback):
                self.history = History(config.lookback)
            before = self.watches
            self.watches = reloaded(before, config, self.client)
            self.config, self.rhythm = config, Rhythm(config)
            self.whole.keep(self.watches, config)
            self.outcomes.keep(self.watches, [watch for watch in self.watches if watch in before])
            self.totals.config_good, self.totals.configured_at = True, self.clock()
            fresh = sum(watch not in before for watch in self.watches)
            LOG.info(
                "configuration read again", extra={"resources": len(self.watches), "from_history": fresh}
            )
        self.view = self._snapshot()

    def _wait(self, now: int) -> None:
        """Until the next cycle is due; a configuration that is read again meanwhile brings it at once."""
        until = time.monotonic() + self._pause(now)
        while not self.stopping.is_set() and not self.reload.is_set():
            left = until - time.monotonic()
            if left <= 0:
                return
            self.stopping.wait(min(left, RELOAD_SECONDS))
        if self.reload.is_set():
            self.reload_configuration()

    def _pause(self, now: int) -> float:
        """Seconds until the next cycle: after the next grid instant has settled, or sooner when the
        backend is down or, so far, starting.
        """
        wait = min(self.rhythm.wait(now, self.clock()), self.rhythm.step)  # more where the clock was set back
        if self.outcomes.down_said or not self.outcomes.has_answered:
            wait = min(wait, RETRY_SECONDS)
        return max(0.0, wait)

    def _advance(self, watch: Watch, now: int) -> Outcome:
        """One resource's part of the cycle, but newcomers."""
        watch.stages, before = self.stages, watch.at
        read = partial(watch.catch_up, now, partial(self._report, watch))
        outcome = self.outcomes.of(watch, now, read)
        if outcome is not Outcome.SUCCESS:
            return outcome
        if before is not None:
            self.totals.caught_up += max(0, (now - before) // watch.config.step - 1)
        progress = self.outcomes.succeeded(watch)
        progress.last_success, progress.share, progress.lag = now, 1.0, self.clock() - now
        rows = ready_rows(watch, watch.states())
        if rows is not None:
            progress.episodes = after(progress.episodes, rows, self.config.day)
        return outcome

    def _report(self, watch: Watch, share: float) -> None:
        """Progress while history is read: for the log now and then, and for readers. The last of it, which is
        all in a cycle without history, is seen when the cycle is over: pages never mix two cycles.
        """
        progress = self.outcomes.progress[watch.resource.name]
        progress.share = share
        if progress.last_success and watch.at is not None:  # what readers see next is of this instant
            progress.last_success = max(progress.last_success, watch.at)
        self.outcomes.answered(watch)
        if share < 1:
            self._say_progress(watch.resource.name, share)
            self.view = self._snapshot()
        if self.stopping.is_set():
            raise StoppedError

    def _say_progress(self, resource: str, share: float) -> None:
        if time.monotonic() - self._said > REPORT_SECONDS:
            self._said = time.monotonic()
            LOG.info("reading history", extra={"resource": resource, "percent": round(share * 100)})

    def _snapshot(self) -> View:
        return View(
            made_at=self.clock(),
            step=self.config.step,
            resources=tuple(
                resource_view(watch, self.outcomes.progress[watch.resource.name], self.whole.share(watch))
                for watch in self.watches
            ),
            promql=promql_view(self.client),
            backend_url=self.config.backend.url,
            backend_up=self.outcomes.backend_up,
            cycles=dict(self.totals.cycles),
            caught_up=self.totals.caught_up,
            overruns=self.totals.overruns,
            stages=dict(self.stages.seconds),
            clock_steps=self.clock_steps.count,
            duration=self.totals.duration,
            last_success=self.totals.last_success,
            config_good=self.totals.config_good,
            configured_at=self.totals.configured_at,
            inventory=self.stocktaking.inventory,
            rollups=self.rolling_up.rollups,
            steps=self.rolling_up.steps,
            prices=self.config.prices,
            shared_storage=self.config.shared_storage,
            replica=self.config.replica,
            history_note=self.history.note,
            state=None if self.state is None else self.state.view,
            alerts=self.alerts(),
            remembered=self.remembered,
            shard=f"{self.config.shard.index}/{self.config.shard.count}",
        )
