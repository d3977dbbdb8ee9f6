"""The loop over a step's samples, compiled as the kernel of Holt-Winters is."""

from __future__ import annotations

import cython
from cython.cimports.libc.math import isfinite

_NAN = cython.declare(cython.double, float("nan"))
_LARGEST = cython.declare(cython.double, 1e300)  # magnitudes are held there, so that differences stay finite


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _tame(value: cython.double) -> cython.double:
    return min(max(value, -_LARGEST), _LARGEST)


def tame(
    values: cython.double[:, ::1],
    limit: cython.double[::1],
    toward: cython.double,
    seen: cython.double[::1],
) -> None:
    """Make of values (steps, n) and limits (n,) what the models can take, in their place, NaN = missing,
    none; limits times `toward`. What is there counts as `seen`.
    """
    i: cython.Py_ssize_t
    t: cython.Py_ssize_t
    for t in range(values.shape[0]):
        for i in range(values.shape[1]):
            known = isfinite(values[t, i])
            values[t, i] = _tame(values[t, i]) if known else _NAN
            seen[i] += 1.0 if known else 0.0
    for i in range(limit.shape[0]):
        limit[i] = toward * _tame(limit[i]) if limit[i] == limit[i] else _NAN
