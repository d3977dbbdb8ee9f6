"""The parts of a series' past: trend, day, week and rest, by MSTL. Arrays in, arrays out.

MSTL is Bandara, Hyndman and Bergmeir (2021), arXiv:2107.13462, as statsmodels has it: an extra, slow to load
and some tenths of a second a series, so it is for people who ask for a series, not for cycles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

DAYS_OF_WEEK = 7
LEAST = 2  # seasons of which more must be known
KNOWN = 0.8  # share of the hours that must be known; those between are drawn as lines


class Parts(NamedTuple):
    """The parts of a series, (k,) each, whose sum it is; without a second week `weekly` is 0."""

    trend: Floats
    daily: Floats
    weekly: Floats
    rest: Floats

    def strength(self, part: str) -> float:
        """How much a season explains of itself and the rest: 0 to 1 (Wang, Smith and Hyndman, 2006)."""
        season: Floats = getattr(self, part)
        both = float(np.var(season + self.rest))
        return max(0.0, 1.0 - float(np.var(self.rest)) / both) if both > 0 else 0.0


def decomposed(values: Floats, day: int) -> Parts | None:
    """The parts of hourly means (k,), `day` of them a day; None where too little is known. Raises
    ImportError without statsmodels, and with one that has no MSTL yet.
    """
    from statsmodels.tsa.seasonal import MSTL  # noqa: PLC0415 (an extra, slow to load)

    seen = np.flatnonzero(np.isfinite(values))
    if len(seen) <= LEAST * day or len(seen) < KNOWN * len(values):  # at just two days STL has no season
        return None
    whole = np.interp(np.arange(len(values)), seen, values[seen])
    week = DAYS_OF_WEEK * day
    periods = (day, week) if len(values) > LEAST * week else (day,)
    made = MSTL(whole, periods=periods).fit()
    seasons = np.asarray(made.seasonal, float).reshape(len(values), -1)
    weekly = seasons[:, 1] if len(periods) > 1 else np.zeros(len(values))
    return Parts(np.asarray(made.trend, float), seasons[:, 0], weekly, np.asarray(made.resid, float))
