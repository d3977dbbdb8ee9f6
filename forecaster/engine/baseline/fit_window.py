"""The last days' values of each series, kept to fit parameters on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from forecaster.engine.baseline import cleaning, window_kernel
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.baseline.weekly_season import WeeklyOffsets
    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

MISSING = -32768
BURST = 3  # steps before a value that tell whether it is one of a burst
_DELAY = 0.75  # of a day, from the window's end until the last of the filters fitted on it are in use


def delay(settings: Settings) -> int:
    """Steps from a day's end until its refit is done; less than a day."""
    return delay_of(settings.season)


def delay_of(day: int) -> int:
    """The same of a day in steps."""
    return int(_DELAY * day)


@dataclass
class Ring(SeriesState):
    """The codes of a window. The kernels take any strides."""

    strided: ClassVar[bool] = True

    codes: NDArray[
        np.int16
    ]  # (slots, n): a window, what comes before it and during a refit; -32768 = missing


@dataclass
class FitWindow(SeriesState):
    """A ring of values, the one of step `tick` in slot `tick % len`; it holds a window of steps and those
    that come while a refit works on it.

    They are 16-bit codes of a scale of their series: the square roots of distances from 0, or from the middle
    of a range that is far from it. A value beyond it that is no slip makes the scale coarser, a usual range
    that becomes narrow finer: there are about 4,096 codes in it at least, while no error's deviation is
    believed to be under a thousandth.
    """

    steps: int  # of the window
    day: int
    last: int  # the newest step, -1 before any
    ring: Ring
    scale: Floats  # (2, n) the value of code 0, NaN before any; that of code 1 less it, 0 = all the same
    seen: Floats  # (2, n) values in the last day, and in the last two

    @classmethod
    def fresh(cls, n: int, settings: Settings) -> Self:
        steps = settings.fit_days * settings.season
        ring = Ring(np.full((steps + delay(settings) + BURST, n), MISSING, np.int16))
        scale = np.full((2, n), [[np.nan], [0.0]])
        return cls(steps, settings.season, -1, ring, scale, np.zeros((2, n)))

    def observe(self, values: Floats, held: Floats, tick: int) -> None:
        """Take in as much of the values (steps, n) of the steps from `tick` on as is `held` (steps, n), NaN =
        missing; every step must be given.
        """
        self.last = tick + len(held) - 1
        window_kernel.keep(values, held, tick, self.day, self.ring.codes, self.scale, self.seen)

    def refine(self, low: Floats, high: Floats) -> None:
        """Codes for a range that has become narrower, from `low` to `high` (n,)."""
        window_kernel.refine(low, high, self.ring.codes, self.scale)

    def cleaned(self, first: int, end: int, columns: NDArray[np.intp], week: WeeklyOffsets) -> Floats:
        """The values from step `first` to the last one (len(columns), steps) for a fit on the window that
        ends before step `end`.

        What is far from all that the other days of the window have at about this time of the day, but for
        what the `week` adds, is held to that, unless it has lasted for longer than a burst does.
        """
        begin, days = end - self.steps, self.steps // self.day
        out = np.empty((len(columns), self.last + 1 - first))
        work = np.empty((6, len(self.ring.codes) + self.day))
        hours = self._hours(end, week)
        ring = self.ring.codes, self.scale
        cleaning.cleaned(*ring, week.table, hours, begin, days, self.day, first, columns, out, work)
        return out

    def newest(self, end: int, week: WeeklyOffsets, wanted: Flags, logarithmic: Flags) -> Floats:
        """The newest values (filters, n) as `cleaned`, where they are `wanted` for a filter; by their
        logarithms where it asks for these. NaN = not wanted, or none.
        """
        begin, days = end - self.steps, self.steps // self.day
        out, rows = np.empty(wanted.shape), np.empty((2, 5 * days + BURST + 1), np.intp)
        hours = self._hours(end, week)
        cleaning.alike(begin, days, self.day, self.last, hours, len(self.ring.codes), rows)
        flags = wanted.view(np.uint8), logarithmic.view(np.uint8)
        cleaning.newest(self.ring.codes, self.scale, week.table, rows, *flags, out)
        return out

    def _hours(self, end: int, week: WeeklyOffsets) -> NDArray[np.intp]:
        """The week's rows of the steps from before the window until its refit is done."""
        return week.rows(end - self.steps - BURST, end + delay_of(self.day), end)

    def at(self, tick: int) -> Floats:
        """The values (n,) of step `tick`; what is beyond the codes is told by the last one."""
        codes, (origin, unit) = self.ring.codes[self._row(tick)], self.scale
        squared = codes * np.abs(codes.astype(np.float64))
        return np.where(codes == MISSING, np.nan, origin + unit * squared)

    def _row(self, tick: int) -> int:
        return tick % len(self.ring.codes)
