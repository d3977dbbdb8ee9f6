"""The engine: values of many series in, step by step; what comes next out.

Pure and batched: no I/O, no loop over series, O(1) work per series and step (fits once a day), and what it
says at a step depends on that step and those before it only. `observe` learns, `outlook` only looks.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Self
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

import numpy as np

from forecaster.engine import sample_kernel
from forecaster.engine.anomaly import AnomalyScore
from forecaster.engine.baseline import WEEKLY, Baseline
from forecaster.engine.exhaustion import Exhaustion, Filter, Filters, StateTables
from forecaster.engine.forecasts import Pool
from forecaster.engine.judgement import Judgement
from forecaster.engine.outlook import Outlook
from forecaster.engine.reasons import reasons
from forecaster.engine.settings import Settings
from forecaster.engine.standing import Standing
from forecaster.engine.state import SeriesState
from forecaster.engine.verification import Said, Verification

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import IO

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]
    Dial = tuple[Floats | float, Floats | float]  # sensitivity and least deviation of the anomaly score

__all__ = ["Engine", "Outlook", "Settings"]

_BLOCK = 1024  # series of a history, or so, that are read together: tests/forecaster/bench/engine_cost.py
_FEWEST = 256  # of them, for blocks of two threads
_AT_ONCE = 12  # steps of a history, at most, that one model goes ahead of the next one
_HISTORY = 16  # steps, from which on taking series out of their batch and putting them back pays
_USUAL = (1.0, 0.0)  # the dial of a step that was left out
_ABOUT = "about"  # the name of the JSON text among the arrays of a saved state
_FORMAT = 7  # of saved states: another one is needed whenever the parts of the state change their meaning


def _runs(ticks: Sequence[int], most: int, ends: Callable[[int], bool]) -> list[tuple[slice, int]]:
    """Steps that follow one another, so many at most and none after one that `ends` a run, and the first
    one's number.
    """
    runs, first = [], 0
    for at, tick in enumerate(ticks, 1):
        if at == len(ticks) or ticks[at] != tick + 1 or at - first == most or ends(tick):
            runs.append((slice(first, at), ticks[first]))
            first = at
    return runs


def _blocks(n: int) -> list[slice]:
    """Series in blocks of one size: an even number, for two threads, unless these were too small."""
    number = max(1, round(n / _BLOCK))
    number += number % 2 if n >= (number + 1) * _FEWEST else 0
    ends = [n * block // number for block in range(number + 1)]
    return [slice(first, last) for first, last in pairwise(ends)]


@dataclass
class Engine(SeriesState):
    """All models of a batch of series. `last` is the number of the last step seen, None before the first.

    >>> engine = Engine.fresh(1, Settings(step=300))
    >>> for step in range(100):
    ...     judgement = engine.observe(np.array([50.0 + step % 2]), 1_700_000_100 + 300 * step)
    >>> bool(judgement.anomaly_score[0] < 1)
    True
    >>> judgement = engine.observe(np.array([90.0]), 1_700_000_100 + 300 * 100)
    >>> bool(judgement.anomaly_score[0] > 1), bool(judgement.upper[0] < 90.0)
    (True, True)
    >>> engine.outlook().forecast[0, :, 0].round().tolist()  # within 15 minutes: quantiles 0.1, 0.5, 0.9
    [50.0, 53.0, 53.0]
    """

    settings: Settings
    last: int | None
    latest: Judgement  # of the last step
    seen: Floats  # (n,) values so far
    baseline: Baseline
    score: AnomalyScore
    exhaustion: Exhaustion
    tables: StateTables
    pool: Pool
    verification: Verification

    @classmethod
    def fresh(cls, n_series: int, settings: Settings) -> Self:
        """Series of which nothing has been seen."""
        return cls(
            settings,
            None,
            Judgement.fresh(n_series),
            np.zeros(n_series),
            Baseline.fresh(n_series, settings),
            AnomalyScore.fresh(n_series, settings),
            Exhaustion.fresh(n_series, settings),
            StateTables.fresh(n_series, settings),
            Pool.fresh(n_series, settings),
            Verification.fresh(n_series, settings),
        )

    def save(self, file: str | IO[bytes]) -> None:
        """Write the state, all of it, to a path or an open file, as numpy.savez does: arrays and a JSON text,
        some 12 kB for each series of 5-minute steps.
        """
        parts = self.parts()
        numbers = {name: part for name, part in parts.items() if not isinstance(part, np.ndarray)}
        about = {"format": _FORMAT, "series": len(self.seen), "settings": asdict(self.settings)}
        arrays = {name: part for name, part in parts.items() if isinstance(part, np.ndarray)}
        arrays[_ABOUT] = np.array(json.dumps({**about, "numbers": numbers}))
        with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=1) as archive:
            for name, array in arrays.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, array, allow_pickle=False)

    @classmethod
    def load(cls, file: str | IO[bytes]) -> Self:
        """The engine that was saved there: it goes on as if it had never stopped, to the last bit.

        Raises ValueError where the file is none of `save`, or of another format; OSError where it cannot be
        read.
        """
        try:
            with np.load(file, allow_pickle=False) as saved:
                about = json.loads(str(saved[_ABOUT]))
                arrays = {name: saved[name] for name in saved.files if name != _ABOUT}
        except (BadZipFile, EOFError, KeyError) as error:
            raise ValueError(f"not the state of an engine: {error}") from None
        if about["format"] != _FORMAT:
            raise ValueError(f"the state has format {about['format']}, this engine reads {_FORMAT}")
        lists = {name: tuple(each) for name, each in about["settings"].items() if isinstance(each, list)}
        fresh = cls.fresh(about["series"], Settings(**{**about["settings"], **lists}))
        return fresh.restored({**arrays, **about["numbers"]})

    def join(self, other: Self) -> Self:
        """The series of this batch followed by the other's; both have seen the same steps, or one has seen
        none.
        """
        if self.settings != other.settings:
            raise ValueError("batches with different settings cannot join")
        if None not in (self.last, other.last) and self.last != other.last:
            raise ValueError(f"batches at different steps cannot join: {self.last} and {other.last}")
        joined = super().join(other)
        joined.last = other.last if self.last is None else self.last
        return joined

    def observe(
        self,
        values: Floats,
        timestamp: int,
        limit: Floats | None = None,
        sensitivity: Floats | float = 1.0,
        min_deviation: Floats | float = 0.0,
    ) -> Judgement:
        """Take in one step, and judge it by the past.

        `values` (n,), NaN = missing; `timestamp` Unix seconds, in a later step than the last one (steps left
        out count as missing); `limit` (n,) in the values' unit, NaN or None = none. `sensitivity` and
        `min_deviation`, one or (n,), are those of the anomaly score.
        """
        given = np.array(values, np.float64)[None]
        self._observe(given, self.settings.tick(timestamp), limit, (sensitivity, min_deviation))
        return self.latest

    def read(
        self,
        values: Floats,
        timestamps: NDArray[np.int64],
        limit: Floats | None = None,
        sensitivity: Floats | float = 1.0,
        min_deviation: Floats | float = 0.0,
        *,
        until: int | None = None,
        workers: int = 1,
    ) -> None:
        """Observe the steps of a history `values` (n, steps), one after the other; the rest is as `observe`
        has it. Where more of it follows, no outlook is asked for before `until` (Unix seconds): what only the
        outlook needs is left out until then.

        Many series are read some hundreds at a time, which have their state in the processor's caches, by so
        many threads: the compiled loops leave the interpreter to others.
        """
        n, steps = values.shape
        if not values.size:
            return
        limits = np.full(n, np.nan if limit is None else limit)
        dial = np.full(n, sensitivity), np.full(n, min_deviation)
        rows, at_once = (_blocks(n), _AT_ONCE) if steps >= _HISTORY else ([slice(0, n)], 1)
        runs = _runs((timestamps // self.settings.step).tolist(), at_once, self._ends_run)
        last = max(until or 0, int(timestamps[-1]))
        self.pool.leave_tables_out(self.settings.tick(timestamps[0]), self.settings.tick(last))
        read = partial(self._read_rows, values, runs, limits, dial)
        try:
            if workers > 1 and len(rows) > 1:
                with ThreadPoolExecutor(workers, thread_name_prefix="engine") as threads:
                    parts = list(threads.map(read, rows))
            else:
                parts = [read(some) for some in rows]
            for part in parts:
                if part is not None:
                    self.keep_pace(part)
        finally:
            self.pool.make_all_tables()

    def _read_rows(
        self,
        values: Floats,
        runs: list[tuple[slice, int]],
        limits: Floats,
        dial: tuple[Floats, Floats],
        rows: slice,
    ) -> Self | None:
        """Have the series at `rows` observe their steps; for the last ones, a state that has seen them. No
        other one is kept: parts beside each other would make the peak.
        """
        part = self if rows.stop - rows.start == len(values) else self.part(rows)
        its = limits[rows], (dial[0][rows], dial[1][rows])
        for some, tick in runs:
            given = np.array(values[rows, some].T, np.float64, order="C")
            part._observe(given, tick, *its)  # noqa: SLF001 (its own kind)
        if part is not self:
            self.put(rows, part)
        return part if rows.stop == len(values) else None

    def outlook(self) -> Outlook:
        """What comes after the last step; raises ValueError before the first one.

        Nothing is learnt from being asked: ask as often as wanted, or never.
        """
        if self.last is None:
            raise ValueError("there is no outlook before the first step")
        return self._outlook(self.latest, self.last)

    def standing(self) -> Standing:
        """A copy of what the next step's values are judged by; raises ValueError before the first step."""
        if self.last is None:
            raise ValueError("nothing is judged before the first step")
        n, tick = len(self.seen), self.last + 1
        expected = self.baseline.expected(tick)
        return Standing(tick * self.settings.step, expected, self.score.take(np.arange(n)))

    def forecast(
        self, horizons: Sequence[int] | None = None, quantiles: Sequence[float] | None = None
    ) -> Floats:
        """Quantiles (n_horizons, n_quantiles, n) of the values `horizons` seconds after the last step, up
        to 30 days, ascending with the quantiles and within the bounds of the settings; NaN where nothing
        was seen for a week. Horizons and quantiles are those of the settings unless given.

        Nothing is learnt from being asked. It costs some 20 µs a series.
        """
        settings = self.settings
        asked = tuple(horizons or settings.horizons)
        return self._in_bounds(self.pool.ask(asked, quantiles or settings.quantiles), asked)

    def _in_bounds(self, said: Floats, horizons: Sequence[int], rows: Rows | slice = slice(None)) -> Floats:
        """What the pool said of some series (rows, n_horizons, n_quantiles), which sees values without their
        weekly season, as values (n_horizons, n_quantiles, rows).
        """
        settings, last = self.settings, self.last or 0
        weekly = np.array([self._weekly(last + round(each / settings.step))[rows] for each in horizons])
        values = np.moveaxis(said, 0, -1) + weekly[:, None]
        bounded: Floats = np.clip(values, settings.lowest, settings.highest)
        return bounded

    def _weekly(self, tick: int) -> Floats:
        """What the week adds to step `tick` (n,) of the series that are expected by it now."""
        by_week = self.baseline.chosen == WEEKLY
        return np.where(by_week, self.baseline.week.offset(tick), 0.0)

    def _ends_run(self, tick: int) -> bool:
        """Whether something is asked after step `tick` that only its own state can answer."""
        return self.verification.makes(tick)

    def _observe(self, values: Floats, tick: int, limit: Floats | None, dial: Dial) -> None:
        """Take in the steps (steps, n) from `tick` on, which are spent on it; those before it that are left
        out are missing.
        """
        n = values.shape[1]
        if self.last is not None:
            if tick <= self.last:
                seconds = tick * self.settings.step
                raise ValueError(f"{seconds} is not in a later step than the last one")
            none = np.full(n, np.nan)
            for skipped in range(self.last + 1, tick):
                self._learn(np.full((1, n), np.nan), none, skipped, _USUAL)
        limits = np.full(n, np.nan if limit is None else limit)
        sample_kernel.tame(values, limits, self.settings.toward, self.seen)
        said, score = self._learn(values, limits, tick, dial, told=True)
        expected, lower, upper, season = said[-1, :4]
        score = np.where(np.isnan(score), 0.0, score)
        self.latest = Judgement(values[-1], limits, expected, lower, upper, score, season)

    def _learn(
        self, values: Floats, limit: Floats, tick: int, dial: Dial, *, told: bool = False
    ) -> tuple[Floats, Floats]:
        """Let the models take in the steps (steps, n) from `tick` on: what the baseline said of them
        (steps, 7, n), and the anomaly score (n,) of the last one, NaN = missing.

        One model goes ahead of the next one through all of the steps, with its loops in the processor's
        caches, and the baseline up to a step after which the views look ahead by its filters; what one tells
        another of a step is kept (`_ends_run`). What is `told` of the steps is to be judged; nothing is of
        steps that were left out. `limit` has the direction of the settings, as do the models that look at
        limits: for them values rise.
        """
        steps = len(values)
        parts: list[Floats] = []
        likely: list[Floats | None] = []
        for some, first in _runs(range(tick, tick + steps), steps, self.exhaustion.looks_ahead):
            parts.append(self.baseline.observe(values[some], first, alone=steps == 1))
            likely += self._learn_exhaustion(values[some], parts[-1], limit, first, told=told)
        said = np.concatenate(parts)
        sensitivity, least = dial
        score: Floats = self.score.read(
            values,
            said[:, 4],
            said[:, 0],
            tick * self.settings.step,
            sensitivity=sensitivity,
            min_deviation=least,
        )[-1]
        for now, level in enumerate(said[:, 6], tick):
            self.pool.observe(level, now)
        self.last, rising = tick + steps - 1, self._rising(values)
        self.verification.observe(rising, limit, tick, self.pool.memory.turn, likely)
        if told and self.verification.makes(self.last):
            self._enter(rising[-1], said[-1, 5], limit)
        return said, score

    def _learn_exhaustion(
        self, values: Floats, said: Floats, limit: Floats, tick: int, *, told: bool
    ) -> list[Floats | None]:
        """Let the views of exhaustion and the state tables take in steps, up to the one after which the views
        look ahead; what is likely (n_horizons, n) after each step after which it is asked.
        """
        steps, n = values.shape
        rising, learnt = self._rising(values), self._rising(said[:, 4])
        alarms = np.zeros((steps, len(self.settings.horizons), n)) if told else None
        likely: list[Floats | None] = [None] * steps
        first = 0
        for place, (value, held, floor) in enumerate(zip(rising, learnt, said[:, 5], strict=True)):
            now = tick + place
            filters = self._filters() if self.exhaustion.looks_ahead(now) else None
            self.exhaustion.observe(value, held, limit, now, filters)
            asked = told and self.verification.asks(now) and bool(np.isfinite(limit).any())
            if alarms is not None and (asked or self.tables.notes(now)):
                self._alarms(floor, limit, now, alarms[place])
            if asked or place == steps - 1:
                some = slice(first, place + 1)
                its = None if alarms is None else alarms[some]
                self.tables.observe(rising[some], limit, tick + first, its)
                first = place + 1
            if asked and alarms is not None:
                least = self.exhaustion.skill.least()
                likely[place] = self.tables.outlook(alarms[place], least, limit, now)
        return likely

    def _rising(self, values: Floats) -> Floats:
        """Values in the direction of the limit."""
        return values if self.settings.toward > 0 else -values

    def _filters(self) -> Filters:
        """The baseline's filters, for what they foresee of a limit."""
        baseline = self.baseline
        week, toward = baseline.week.lasting, self.settings.toward
        daily, weekly = (
            Filter(member.logarithmic.view(np.uint8), member.model.level, member.model.season)
            for member in (baseline.seasonal, baseline.weekly)
        )
        by_week = (baseline.chosen == WEEKLY).view(np.uint8)
        return Filters(baseline.fitted, by_week, daily, weekly, week.by_hour, week.hour, toward)

    def _alarms(self, floor: Floats, limit: Floats, tick: int, out: Floats) -> None:
        """What the views say after a step: probabilities into `out` (n_horizons, n), which comes as zeros and
        stays so where they can have no alarm: there what they say makes nothing likely.
        """
        rows = self.exhaustion.may_alarm(tick, floor, limit, self.tables.longest).nonzero()[0]
        if len(rows):
            views = self.exhaustion.straight(tick, floor, limit, rows)
            path = self.exhaustion.foreseen(views, tick, floor)
            out[:, rows] = self.exhaustion.probability(views, path, limit)

    def _enter(self, values: Floats, floor: Floats, limit: Floats) -> None:
        """Keep some of what is forecast after the last step, to be judged."""
        tick = self.last or 0
        said = partial(self._said, values, floor, limit, tick)
        self.verification.enter(said, values, tick, self._ready(), self.pool.memory.turn)

    def _said(self, rising: Floats, floor: Floats, limit: Floats, tick: int, rows: Rows) -> Said:
        """What is forecast of the series at `rows`, to be judged."""
        settings = self.settings
        views = self.exhaustion.straight(tick, floor, limit, rows)
        alarms = self.exhaustion.probability(views, self.exhaustion.foreseen(views, tick, floor), limit)
        error, its = self.exhaustion.skill.least()[rows], limit[rows]
        probability = self.tables.outlook(alarms, error, its, tick, rows)
        below = np.isfinite(its) & ~(rising[rows] >= its)
        quantiles = self.pool.ask(settings.horizons, settings.quantiles, rows)
        forecast = self._in_bounds(quantiles, settings.horizons, rows)
        return Said(forecast, np.where(below, probability, np.nan))

    def _ready(self) -> NDArray[np.bool_]:
        """Of which series enough has been seen to be judged (n,)."""
        ready: NDArray[np.bool_] = self.seen >= self.settings.steps(0.25) * 0.75
        return ready

    def _outlook(self, judged: Judgement, tick: int) -> Outlook:
        floor, limit = self.baseline.floor(), judged.limit
        reached = judged.reached(self.settings.toward)
        views = self.exhaustion.straight(tick, floor, limit, np.arange(len(floor)))
        path = self.exhaustion.foreseen(views, tick, floor)
        probability = self.exhaustion.probability(views, path, limit)
        probability = self.tables.outlook(probability, self.exhaustion.skill.least(), limit, tick)
        history = self.seen * self.settings.step
        seconds = self.exhaustion.seconds(views, path, limit, probability, history)
        told = self.exhaustion.credible(seconds, views, path, probability, limit)
        seconds = np.where(reached, 0.0, np.where(told & (seconds[0] <= history), seconds, np.inf))
        return Outlook(
            expected=judged.expected,
            lower=judged.lower,
            upper=judged.upper,
            anomaly_score=judged.anomaly_score,
            exhaustion_seconds=seconds[0],
            exhaustion_quantiles=seconds[1:],
            probability=np.where(reached, 1.0, probability),
            forecast=self._in_bounds(self.pool.outlook(), self.settings.horizons),
            reasons=reasons(judged.season, views.trend, self.score, self.settings.toward),
            ready=self._ready(),
        )
