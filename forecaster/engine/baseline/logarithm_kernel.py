"""Loops over logarithms of values, and over spreads by them, compiled as the kernel of Holt-Winters is."""

from __future__ import annotations

import cython
from cython.cimports.libc.math import log, sqrt

_INF = cython.declare(cython.double, float("inf"))
_NAN = cython.declare(cython.double, float("nan"))


def take(values: cython.double[:, :], where: cython.uchar[::1]) -> None:
    """Rows of `values` (n, steps) become their logarithms, NaN where they are not positive."""
    i: cython.Py_ssize_t
    t: cython.Py_ssize_t
    for i in range(values.shape[0]):
        if where[i]:
            for t in range(values.shape[1]):
                values[i, t] = log(values[i, t]) if values[i, t] > 0 else _NAN


@cython.cfunc
@cython.exceptval(check=False)
def _variation(spreads: cython.double[::1]) -> cython.double:
    """Coefficient of variation."""
    k: cython.Py_ssize_t
    centre = 0.0
    for k in range(spreads.shape[0]):
        centre += spreads[k] / spreads.shape[0]
    squares = 0.0
    for k in range(spreads.shape[0]):
        squares += (spreads[k] - centre) * (spreads[k] - centre)
    return sqrt(squares / spreads.shape[0]) / (centre if centre > 0 else 1.0)


def more_even_by_logarithms(
    values: cython.double[:, :],
    subseries: cython.Py_ssize_t,
    clearly: cython.double,
    work: cython.double[:, ::1],
    out: cython.uchar[::1],
) -> None:
    """Whether rows of `values` (n, steps), NaN = missing, are positive, and their spreads by logarithms vary
    less than `clearly` times those of the values: in `subseries` of so many steps, up to the last step.
    `work` (2, subseries) is room.
    """
    i: cython.Py_ssize_t
    k: cython.Py_ssize_t
    t: cython.Py_ssize_t
    parts: cython.Py_ssize_t = work.shape[1]
    for i in range(values.shape[0]):
        low = _INF
        high = -_INF
        for t in range(values.shape[1]):
            if values[i, t] == values[i, t]:
                low = min(low, values[i, t])
                high = max(high, values[i, t])
        out[i] = 0
        if parts == 0 or not 0 < low <= high:
            continue
        first: cython.Py_ssize_t = values.shape[1] - parts * subseries
        for k in range(parts):
            total = 0.0
            count = 0.0
            for t in range(first, first + subseries):
                if values[i, t] == values[i, t]:
                    total += values[i, t] / high
                    count += 1.0
            mean = total / max(count, 1.0)
            total = 0.0
            for t in range(first, first + subseries):
                if values[i, t] == values[i, t]:
                    total += (values[i, t] / high - mean) * (values[i, t] / high - mean)
            work[0, k] = sqrt(total / max(count, 1.0))
            work[1, k] = work[0, k] / (mean if mean > 0 else 1.0)
            first += subseries
        out[i] = _variation(work[1]) < clearly * _variation(work[0])
