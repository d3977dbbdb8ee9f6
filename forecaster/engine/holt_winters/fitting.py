"""Fits of many series at once, whole or in pieces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from forecaster.engine.holt_winters.filter import HoltWinters
from forecaster.engine.holt_winters.parameter_search import Problem, search
from forecaster.engine.holt_winters.piecework import OVERHEAD, finished
from forecaster.engine.holt_winters.starting_values import starting_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.holt_winters.piecework import Pieces

    Floats = NDArray[np.float64]

BLOCK = 2048  # series at a time: few enough for the processor's cache, many enough for numpy


@dataclass(frozen=True)
class Fit:
    """Fitted filters after the last step, and how well they would have done."""

    model: HoltWinters
    residuals: Floats  # (n_series, n_steps) one-step-ahead errors, NaN where the value is missing
    sse: Floats  # (n_series,) their squares summed from step `season` on


def _units(values: Floats) -> tuple[Floats, Floats]:
    """Offset and scale (n,) that bring columns of (n_steps, n) to within a half of 0, without overflow."""
    low, high = np.fmin.reduce(values, axis=0), np.fmax.reduce(values, axis=0)
    low, high = (np.where(np.isfinite(edge), edge, 0.0) for edge in (low, high))
    reach = high / 2 - low / 2
    return low / 2 + high / 2, np.where(reach > 0, reach, 1.0) * 2


class Scratch(NamedTuple):
    """Room for a block of series (n_steps, n), used for one after the other: fresh memory is dear."""

    values: Floats
    small: NDArray[np.float32]

    @classmethod
    def of(cls, steps: int, n: int) -> Self:
        shape = steps, min(n, BLOCK)
        return cls(np.empty(shape), np.empty(shape, np.float32))

    def clear(self) -> Pieces[None]:
        """Let the system find the memory, which may take it longer than any use of it."""
        for row in (*self.values, *self.small):
            row.fill(0)
            yield OVERHEAD + 8 * len(row)

    def columns(self, n: int) -> Self:
        """The first n columns."""
        return type(self)(self.values[:, :n], self.small[:, :n])


def _search(scaled: Floats, season: int, phi: float, small: NDArray[np.float32]) -> Pieces[HoltWinters]:
    """Fitted filters at the start of columns (n_steps, n) of moderate size; `small`, as large, is scratch."""
    level, trend, offsets = yield from starting_values(scaled, season)
    seen = np.isfinite(scaled)
    gaps = not seen.all()
    for row, its in zip(scaled, small, strict=True):
        np.subtract(row, level, out=its, casting="same_kind")
        yield 2 * len(row)
    if gaps:
        small[~seen] = 0.0
    problem = Problem(
        values=small,
        seen=seen.astype(np.float32) if gaps else None,
        level=np.zeros(len(level), np.float32),
        trend=trend.astype(np.float32),
        season=offsets.astype(np.float32),
        phi=phi,
        seasonal=season > 1,
    )
    alpha, beta, q = yield from search(problem)
    return HoltWinters(alpha, beta, (1 - alpha) * q, np.full(len(alpha), phi), level, trend, offsets)


def fit_block(
    block: Scratch, season: int, phi: float, residuals: Floats | None = None
) -> Pieces[HoltWinters]:
    """Fitted filters after the last step of the block's values, which are spent on it; `season` is 1 or fits
    in twice.

    Phase 0 of the season is the first step's. One-step-ahead errors are written into `residuals` (n_steps,
    n), NaN where the value is missing.
    """
    scaled = block.values
    offset, scale = _units(scaled)
    scaled /= scale
    scaled -= offset / scale
    yield scaled.size
    model = yield from _search(scaled, season, phi, block.small)
    for t, row in enumerate(scaled):
        error = model.follow(row, t)
        if residuals is not None:
            np.multiply(error, scale, out=residuals[t])
        yield OVERHEAD + 2 * len(row)  # in double precision
    model.level = model.level * scale + offset
    model.trend *= scale
    model.season *= scale
    return model


def _squares(errors: Floats) -> Floats:
    """Sum of the squares of each column (n,), NaN left out."""
    total = np.zeros(errors.shape[1])
    with np.errstate(over="ignore"):
        for row in errors:
            total += np.where(np.isnan(row), 0.0, row * row)
    return total


def fit(values: Floats, season: int, phi: float = 1.0) -> Fit:
    """Fit every row of `values` (n_series, n_steps; NaN = missing) with a season of `season` steps (0, 1 =
    none).

    `phi` damps the trend (1 = undamped, as in statsmodels with trend="add"). Phase 0 of the season is the
    first step's. Under two seasons of steps no season is fitted.
    """
    columns = np.atleast_2d(np.asarray(values, np.float64)).T
    steps, n = columns.shape
    season = season if season > 1 and steps >= 2 * season else 1
    residuals, model, scratch = np.empty((steps, n)), HoltWinters.fresh(n, season), Scratch.of(steps, n)
    for first in range(0, n, BLOCK):
        rows = slice(first, min(first + BLOCK, n))
        block = scratch.columns(rows.stop - first)
        block.values[:] = columns[:, rows]
        model.put(rows, finished(fit_block(block, season, phi, residuals[:, rows])))
    return Fit(model, residuals.T, _squares(residuals[season:]))
