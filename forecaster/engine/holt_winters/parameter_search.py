"""Smoothing parameters by least squares, batched: a grid of starts, then projected Levenberg-Marquardt.

The filter is the error-correction form of Holt-Winters (Hyndman and Athanasopoulos, Forecasting: Principles
and Practice, chapter 8.3 and 8.5), φ the damping:

    e = y - l - φ·b - s,   l ← l + φ·b + alpha·e,   b ← φ·b + alpha·β·e,   s ← s + (1 - alpha)·q·e

It is linear in its data, so each derivative of e obeys the same recursion on zero data, with e added to its
own state.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from forecaster.engine.holt_winters.piecework import OVERHEAD

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.holt_winters.piecework import Pieces

    Array = NDArray[np.floating]

# Starts (alpha, β, q) with and without a season: without one the trend may have to follow all of the shape.
_STARTS = {
    True: tuple(product((0.01, 0.05, 0.2, 0.5, 0.9), (0.005,), (0.0, 0.2))),
    False: tuple(product((0.01, 0.05, 0.2, 0.5, 0.9), (0.005, 0.2, 0.8), (0.0,))),
}
_LOWER = np.array([[1e-4], [0.0], [0.0]])
_UPPER = np.array([[1 - 1e-4], [1.0], [1.0]])
_TRIANGLES = {  # the rows of a symmetric matrix from the diagonal on, one after the other, by its size
    3: (slice(0, 3), slice(3, 5), slice(5, 6)),
    4: (slice(0, 4), slice(4, 7), slice(7, 9), slice(9, 10)),
}
_AT_ONCE = 4096  # columns and starts together that the filter takes: enough for numpy, few for the cache
_PASSES = 12
_GAIN = 1e-5  # relative; below it a column is done


@dataclass(frozen=True)
class Problem:
    """A block of series in units of their own spread, and the filter's starting values; series on the last
    axis.
    """

    values: Array  # (n_steps, n), 0 where missing
    seen: Array | None  # (n_steps, n) of 0 and 1; None = all seen
    level: Array
    trend: Array
    season: Array  # (season, n)
    phi: float
    seasonal: bool

    def take(self, columns: NDArray[np.intp]) -> Problem:
        return replace(
            self,
            values=np.take(self.values, columns, axis=1),
            seen=None if self.seen is None else np.take(self.seen, columns, axis=1),
            level=self.level[columns],
            trend=self.trend[columns],
            season=np.take(self.season, columns, axis=1),
        )


def _squares(problem: Problem, starts: Array) -> Pieces[Array]:
    """Squared errors (starts, n) after the first season, of parameter triples (starts, 3) for all columns;
    either all of the triples move the season, or none does.
    """
    alpha, beta, q = starts.T[:, :, None]
    dtype, period = problem.values.dtype, len(problem.season)
    rate, k, gamma = (x.astype(dtype) for x in (alpha, alpha * beta, (1 - alpha) * q))
    phi, moves = dtype.type(problem.phi), bool(q.any())
    shape = (len(starts), len(problem.level))
    level, carried = problem.level + np.zeros(shape, dtype), problem.trend * phi + np.zeros(shape, dtype)
    season = problem.season[:, None] + np.zeros((1, *shape), dtype) if moves else problem.season[:, None]
    squares, error, part = np.zeros_like(level), np.empty_like(level), np.empty_like(level)
    for t, value in enumerate(problem.values):
        offsets = season[t % period]
        level += carried
        np.subtract(value, level, out=error)
        error -= offsets
        if problem.seen is not None:
            error *= problem.seen[t]
        np.multiply(error, rate, out=part)
        level += part
        np.multiply(error, k, out=part)
        carried += part
        if phi != 1:
            carried *= phi
        if moves:
            np.multiply(error, gamma, out=part)
            offsets += part
        if t >= period:
            np.multiply(error, error, out=part)
            squares += part
        yield OVERHEAD + level.size
    return squares


def _gram(problem: Problem, theta: Array) -> Pieces[Array]:
    """The products (4, 4, n) of the error and its derivatives by alpha, alphaβ and gamma, summed after the
    first season.
    """
    dtype, period = problem.values.dtype, len(problem.season)
    alpha, beta, q = theta.astype(dtype)
    k, gamma, phi = alpha * beta, (1 - alpha) * q, dtype.type(problem.phi)
    shape = (4 if problem.seasonal else 3, len(alpha))
    level, carried = np.zeros(shape, dtype), np.zeros(shape, dtype)  # all states times -1: e is a plain sum
    season = np.zeros((period, *shape), dtype)
    level[0], carried[0], season[:, 0] = -problem.level, -problem.trend * phi, -problem.season
    error, part = np.empty(shape, dtype), np.empty(shape, dtype)
    triangle = _TRIANGLES[shape[0]]
    products, newest = (np.zeros((triangle[-1].stop, shape[1]), dtype) for _ in range(2))
    own, (_, by_alpha, by_trend, *by_season) = error[0], part
    pairs = [(error[row], error[row:], newest[into]) for row, into in enumerate(triangle)]
    for t, value in enumerate(problem.values):
        offsets = season[t % period]
        level += carried
        np.add(level, offsets, out=error)
        own += value
        if problem.seen is not None:
            error *= problem.seen[t]
        np.multiply(error, alpha, out=part)
        by_alpha += own
        level -= part
        np.multiply(error, k, out=part)
        by_trend += own
        carried -= part
        if phi != 1:
            carried *= phi
        if problem.seasonal:
            np.multiply(error, gamma, out=part)
            by_season[0] += own
            offsets -= part
        if t >= period:
            for one, others, product in pairs:
                np.multiply(one, others, out=product)
            products += newest
        yield OVERHEAD + level.size
    gram = np.zeros((4, 4, shape[1]), dtype)
    for row, into in enumerate(triangle):
        gram[row, row : shape[0]] = gram[row : shape[0], row] = products[into]
    return gram


def _normal_equations(gram: Array, theta: Array) -> tuple[Array, Array, Array]:
    """Squares (n,), gradient (3, n) and curvature (3, 3, n) in alpha, β, q by the chain rule."""
    alpha, beta, q = theta
    zero = np.zeros_like(alpha)
    chain = np.array(
        [[zero + 1, beta, -q], [zero, alpha, zero], [zero, zero, 1 - alpha]]
    )  # d(alpha, alphaβ, gamma)/d(alpha, β, q)
    gram = gram.astype(np.float64)
    gradient = (chain * gram[0, 1:]).sum(axis=1)
    half = (chain[:, :, None] * gram[None, 1:, 1:]).sum(axis=1)
    curvature = (half[:, None] * chain[None]).sum(axis=2)
    return gram[0, 0], gradient, curvature


def _move(theta: Array, gradient: Array, curvature: Array, damping: Array) -> Array:
    """One damped Gauss-Newton step, with parameters that a bound holds left where they are."""
    held = ((theta <= _LOWER) & (gradient > 0)) | ((theta >= _UPPER) & (gradient < 0))
    free = ~held
    matrix = np.where(free[:, None] & free[None], curvature, 0.0)
    diagonal = np.einsum("iin->in", matrix)
    diagonal *= 1 + damping
    diagonal += np.where(free, 1e-12, 1.0)
    step = np.linalg.solve(matrix.transpose(2, 0, 1), np.where(free, -gradient, 0.0).T[..., None])[..., 0].T
    return np.clip(theta + step, _LOWER, _UPPER)


def _grid(problem: Problem, starts: tuple[tuple[float, float, float], ...]) -> Pieces[Array]:
    """The best of the starting triples for each column: (3, n)."""
    table = np.array(starts)
    squares = np.empty((len(starts), len(problem.level)), problem.values.dtype)
    at_once = max(1, _AT_ONCE // max(1, len(problem.level)))
    for moves in (False, True):
        rows = np.flatnonzero((table[:, 2] > 0) == moves)
        for first in range(0, len(rows), at_once):
            some = rows[first : first + at_once]
            squares[some] = yield from _squares(problem, table[some])
    best: Array = table[np.argmin(np.where(np.isnan(squares), np.inf, squares), axis=0)].T
    return best


def search(problem: Problem) -> Pieces[Array]:
    """The parameters alpha, β, q (3, n) of least squared one-step-ahead error after the first season."""
    found = yield from _grid(problem, _STARTS[problem.seasonal])
    columns, going = np.arange(found.shape[1]), np.ones(found.shape[1], dtype=bool)
    theta, damping = found.copy(), np.full(len(columns), 1e-3)
    gram = yield from _gram(problem, theta)
    squares, gradient, curvature = _normal_equations(gram, theta)
    for _ in range(_PASSES):
        trial = _move(theta, gradient, curvature, damping)
        gram = yield from _gram(problem, trial)
        new_squares, new_gradient, new_curvature = _normal_equations(gram, trial)
        better = going & (new_squares < squares)  # a column that is done stays as it is, whoever is with it
        done = (
            (better & (squares - new_squares < _GAIN * squares))
            | (trial == theta).all(axis=0)
            | (damping > 1e6)
        )
        theta = np.where(better, trial, theta)
        squares = np.where(better, new_squares, squares)
        gradient = np.where(better, new_gradient, gradient)
        curvature = np.where(better, new_curvature, curvature)
        damping *= np.where(better, 0.2, 8.0)
        found[:, columns] = theta
        going &= ~done
        left = np.flatnonzero(going)
        if not len(left):
            break
        if len(left) < 0.8 * len(columns):
            problem, columns, going = problem.take(left), columns[left], going[left]
            theta, damping, squares = theta[:, left], damping[left], squares[left]
            gradient, curvature = gradient[:, left], curvature[:, :, left]
    return found
