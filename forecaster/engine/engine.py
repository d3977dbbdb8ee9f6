"""The engine: values of many series in, step by step; what comes next out.

Pure and batched: no I/O, no loop over series, O(1) work per series and step (fits once a day), and what it
says at a step depends on that step and those before it only. `observe` learns, `outlook` only looks.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Self
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

import numpy as np

from forecaster.engine import sample_kernel
from forecaster.engine.anomaly import AnomalyScore
from forecaster.engine.baseline import Baseline
from forecaster.engine.exhaustion import Exhaustion, StateTables
from forecaster.engine.forecast import Forecasts
from forecaster.engine.forecasts import Pool
from forecaster.engine.judgement import Judgement
from forecaster.engine.outlook import Outlook
from forecaster.engine.reasons import reasons
from forecaster.engine.settings import Settings
from forecaster.engine.standing import Standing
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import IO

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Engine", "Outlook", "Settings"]

_BLOCK = 384  # series of a history that are read together: tests/forecaster/bench/own.py, suite history
_HISTORY = 16  # steps, from which on taking series out of their batch and putting them back pays
_ABOUT = "about"  # the name of the JSON text among the arrays of a saved state
_UNLIKELY = 0.1  # a limit less likely to be reached in time is given no time
_FORMAT = 2  # of saved states: another one is needed whenever the parts of the state change their meaning


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
    [50.0, 51.0, 52.0]
    """

    settings: Settings
    last: int | None
    latest: Judgement  # of the last step
    seen: Floats  # (n,) values so far
    baseline: Baseline
    score: AnomalyScore
    exhaustion: Exhaustion
    tables: StateTables
    forecasts: Forecasts
    pool: Pool

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
            Forecasts.fresh(n_series, settings),
            Pool.fresh(n_series, settings),
        )

    def save(self, file: str | IO[bytes]) -> None:
        """Write the state, all of it, to a path or an open file, as numpy.savez does: arrays and a JSON text,
        some 20 kB for each series of 5-minute steps.
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
        tick = self.settings.tick(timestamp)
        if self.last is not None:
            if tick <= self.last:
                raise ValueError(f"{timestamp} is not in a later step than the last one")
            missing = np.full(len(self.seen), np.nan)
            for skipped in range(self.last + 1, tick):
                self._advance(missing, missing, skipped)
        given = np.array(values, np.float64), np.full(len(values), np.nan if limit is None else limit)
        tamed = np.empty((2, len(values)))
        sample_kernel.tame(*given, self.settings.toward, self.seen, tamed)
        dial = {"sensitivity": sensitivity, "min_deviation": min_deviation}
        self.latest = self._advance(tamed[0], tamed[1], tick, **dial)
        self._note(tick)
        return self.latest

    def read(
        self,
        values: Floats,
        timestamps: NDArray[np.int64],
        limit: Floats | None = None,
        sensitivity: Floats | float = 1.0,
        min_deviation: Floats | float = 0.0,
    ) -> None:
        """Observe the steps of a history `values` (n, steps), one after the other; the rest is as `observe`
        has it.

        Many series are read some hundreds at a time, which have their state in the processor's caches.
        """
        n, steps = values.shape
        each = {
            "limit": np.full(n, np.nan if limit is None else limit),
            "sensitivity": np.full(n, sensitivity),
            "min_deviation": np.full(n, min_deviation),
        }
        size = _BLOCK if steps >= _HISTORY else max(n, 1)
        part = self
        for first in range(0, n, size):
            rows = np.arange(first, min(first + size, n))
            part = self if len(rows) == n else self.take(rows)
            its = {name: given[rows] for name, given in each.items()}
            for column, timestamp in zip(values[rows].T, timestamps.tolist(), strict=True):
                part.observe(column, timestamp, **its)
            if part is not self:
                self.put(rows, part)
        self.keep_pace(part)

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
        expected = self.baseline.judge(np.full(n, np.nan), tick)[0]
        return Standing(tick * self.settings.step, expected, self.score.take(np.arange(n)))

    def forecast(
        self, horizons: Sequence[int] | None = None, quantiles: Sequence[float] | None = None
    ) -> Floats:
        """Quantiles (n_horizons, n_quantiles, n) of the values `horizons` seconds after the last step, up
        to 30 days, ascending with the quantiles and within the bounds of the settings; NaN where nothing
        was seen for a week. Horizons and quantiles are those of the settings unless given.

        Nothing is learnt from being asked. It costs 30 to 50 µs a series.
        """
        settings = self.settings
        said = self.pool.ask(horizons or settings.horizons, quantiles or settings.quantiles)
        return np.moveaxis(np.clip(said, settings.lowest, settings.highest), 0, -1)

    def _advance(self, values: Floats, limit: Floats, tick: int, **dial: Floats | float) -> Judgement:
        """Judge a step's values by the past, then let every model take them in; `dial` as in `observe`.

        `limit` has the direction of the settings, as do the models that look at limits: for them values rise.
        """
        self.last = tick
        expected, lower, upper, season = self.baseline.judge(values, tick)
        held = self.baseline.observe(values, tick)
        score = self.score.observe(values, held, expected, tick * self.settings.step, **dial)
        toward = self.settings.toward
        rising, learnt = (values, held) if toward > 0 else (-values, -held)
        self.exhaustion.observe(rising, learnt, limit, tick)
        self.tables.observe(rising, limit, tick)
        self.forecasts.observe(held, tick)
        self.pool.observe(held, tick)
        return Judgement(values, limit, expected, lower, upper, np.where(np.isnan(score), 0.0, score), season)

    def _note(self, tick: int) -> None:
        """Keep what is foreseen now, to be judged when its time has come: the forecasts of values, and the
        alarms of the views where they can have any.
        """
        floor, limit = self.baseline.floor(), self.latest.limit
        rows = np.flatnonzero(self.exhaustion.may_alarm(self.tables.longest))
        probability = np.zeros((len(self.settings.horizons), len(floor)))
        views = None
        if len(rows):
            views = self.exhaustion.straight(tick, floor, limit, rows)
            path = self.exhaustion.foreseen(views, tick, floor)
            probability[:, rows] = self.exhaustion.probability(views, path, limit)
        self.tables.note(probability, limit, tick)
        self.forecasts.note(self.baseline, self.exhaustion, views, tick)

    def _doubted(self, seconds: Floats, probability: Floats) -> NDArray[np.bool_]:
        """Whether a line has the limit reached within the longest horizon, and all else says hardly ever
        (n,).
        """
        longest = max(self.settings.horizons)
        doubted: NDArray[np.bool_] = (seconds <= longest) & (probability.max(axis=0) < _UNLIKELY)
        return doubted

    def _outlook(self, judged: Judgement, tick: int) -> Outlook:
        floor, limit = self.baseline.floor(), judged.limit
        reached = judged.reached(self.settings.toward)
        views = self.exhaustion.straight(tick, floor, limit, np.arange(len(floor)))
        path = self.exhaustion.foreseen(views, tick, floor)
        probability = self.exhaustion.probability(views, path, limit)
        probability = self.tables.outlook(probability, self.exhaustion.skill.least(), limit, tick)
        seconds = self.exhaustion.seconds(views, path, limit)
        seconds = np.where(reached, 0.0, np.where(self._doubted(seconds[0], probability), np.inf, seconds))
        ahead = self.forecasts.outlook(self.baseline, self.exhaustion, views, tick)
        return Outlook(
            expected=judged.expected,
            lower=judged.lower,
            upper=judged.upper,
            anomaly_score=judged.anomaly_score,
            exhaustion_seconds=seconds[0],
            exhaustion_quantiles=seconds[1:],
            probability=np.where(reached, 1.0, probability),
            forecast=np.clip(ahead, self.settings.lowest, self.settings.highest),
            reasons=reasons(judged.season, views.trend, self.score, self.settings.toward),
            ready=self.seen >= self.settings.steps(0.25) * 0.75,
        )
