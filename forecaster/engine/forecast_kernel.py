"""The loops over single series of the forecasts at a horizon, compiled as the kernel of Holt-Winters is.

Arrays have the series last, n of them; rows of views are followed by one of what was said.
"""

from __future__ import annotations

import cython
from cython.cimports.libc.math import fabs, isfinite

_NAN = cython.declare(cython.double, float("nan"))
_INF = cython.declare(cython.double, float("inf"))
_JUDGED = cython.declare(cython.double, 8.0)  # forecasts, before a view's errors say anything
_AS_GOOD = cython.declare(cython.double, 1.02)  # errors about equally right: the plainer view speaks
_PACE = cython.declare(cython.double, 0.05)  # of the quantiles, in mean absolute errors per judged forecast


def judge(
    values: cython.double[:],
    made: cython.double[:, ::1],
    memory: cython.double,
    quantiles: cython.double[::1],
    error: cython.double[:, ::1],
    count: cython.double[:, ::1],
    shape: cython.double[:, ::1],
) -> None:
    """The values (n,) came in of which forecasts were `made` (views + 1, n): mean absolute errors, and the
    quantiles (n_quantiles, n) of those of what was said.

    What was said is forgotten three times as fast as the views are, after a `memory` in forecasts.
    """
    i: cython.Py_ssize_t
    v: cython.Py_ssize_t
    q: cython.Py_ssize_t
    said: cython.Py_ssize_t = made.shape[0] - 1
    for v in range(said + 1):
        least = 1.0 / memory * (3.0 if v == said else 1.0)
        for i in range(values.shape[0]):
            off = values[i] - made[v, i]
            if isfinite(off):
                count[v, i] += 1.0
                error[v, i] += max(1.0 / count[v, i], least) * (fabs(off) - error[v, i])
    for i in range(values.shape[0]):
        off = values[i] - made[said, i]
        if isfinite(off) and count[said, i] > _JUDGED:
            for q in range(quantiles.shape[0]):
                under = 1.0 if off <= shape[q, i] * error[said, i] else 0.0
                shape[q, i] += _PACE * (quantiles[q] - under)


def choose(
    views: cython.double[:, ::1],
    usual: cython.Py_ssize_t[::1],
    error: cython.double[:, ::1],
    count: cython.double[:, ::1],
    said: cython.double[::1],
) -> None:
    """What to say (n,) of views (n_views, n; NaN = none): the first of the best; `usual` (n,) while
    unjudged.
    """
    i: cython.Py_ssize_t
    v: cython.Py_ssize_t
    for i in range(said.shape[0]):
        least = _INF
        for v in range(views.shape[0]):
            if count[v, i] >= _JUDGED and isfinite(views[v, i]):
                least = min(least, error[v, i])
        said[i] = views[usual[i], i]
        if isfinite(least):
            for v in range(views.shape[0]):
                judged: cython.bint = count[v, i] >= _JUDGED and isfinite(views[v, i])
                if judged and error[v, i] <= _AS_GOOD * least:
                    said[i] = views[v, i]
                    break


def note(
    views: cython.double[:, ::1],
    said: cython.double[::1],
    seen: cython.uchar[::1],
    made: cython.double[:, ::1],
) -> None:
    """Remember the forecasts of the series that were `seen` (n,); those of others are none."""
    i: cython.Py_ssize_t
    v: cython.Py_ssize_t
    last: cython.Py_ssize_t = views.shape[0]
    for v in range(last):
        for i in range(said.shape[0]):
            made[v, i] = views[v, i] if seen[i] > 0 else _NAN
    for i in range(said.shape[0]):
        made[last, i] = said[i] if seen[i] > 0 else _NAN


def spread(
    deviation: cython.double[::1],
    normal: cython.double[::1],
    error: cython.double[:, ::1],
    count: cython.double[:, ::1],
    shape: cython.double[:, ::1],
    out: cython.double[:, ::1],
) -> None:
    """Quantiles of the error (n_quantiles, n) of what was said, ascending; those of the `normal` law while
    unjudged.
    """
    i: cython.Py_ssize_t
    q: cython.Py_ssize_t
    k: cython.Py_ssize_t
    said: cython.Py_ssize_t = error.shape[0] - 1
    for i in range(deviation.shape[0]):
        known: cython.bint = count[said, i] >= _JUDGED
        for q in range(normal.shape[0]):
            off = shape[q, i] * error[said, i] if known else normal[q] * deviation[i]
            k = q
            while k > 0 and out[k - 1, i] > off:
                out[k, i] = out[k - 1, i]
                k -= 1
            out[k, i] = off


def average(
    values: cython.double[:], most: cython.double, mean: cython.double[::1], count: cython.double[::1]
) -> None:
    """Running means (n,) of values over so many steps at `most`; NaN = missing."""
    i: cython.Py_ssize_t
    for i in range(values.shape[0]):
        if values[i] == values[i]:
            count[i] += 1.0
            mean[i] += 1.0 / min(count[i], most) * (values[i] - mean[i])
