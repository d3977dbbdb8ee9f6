"""Values in units of their series, and what is known of the series' size."""

from __future__ import annotations

import cython
from cython.cimports.libc.math import fabs, isfinite

_NAN = cython.declare(cython.double, float("nan"))
_HIGHEST = cython.declare(cython.double, 1e18)  # units: powers of larger values leave the range of numbers
_UNJUDGED = cython.declare(cython.double, 3.0)  # first samples that say nothing at all


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _scaled(value: cython.double, unit: cython.double) -> cython.double:
    return min(max(value / unit if unit > 0 else value, -_HIGHEST), _HIGHEST)


def observe(
    values: cython.double[:],
    held: cython.double[:],
    forgetting: cython.double,
    warm: cython.double,
    unit: cython.double[::1],
    largest: cython.double[::1],
    seen: cython.double[::1],
    sure: cython.double[::1],
    scaled: cython.double[:, ::1],
) -> None:
    """The values (n,) and as much of them as may be learnt, `scaled` (2, n); NaN where not finite.

    `largest` is the largest magnitude of late, `seen` how many samples there were, `sure` rises from 0 to 1
    while `warm` samples come.
    """
    i: cython.Py_ssize_t
    for i in range(values.shape[0]):
        if not isfinite(values[i]):
            scaled[0, i] = scaled[1, i] = _NAN
            continue
        if unit[i] == 0:
            unit[i] = fabs(held[i])
        scaled[0, i] = _scaled(values[i], unit[i])
        scaled[1, i] = _scaled(held[i], unit[i])
        largest[i] = max((1 - forgetting) * largest[i], fabs(scaled[1, i]))
        if largest[i] == 0:
            largest[i] = 1.0
        seen[i] += 1
        sure[i] = min(max((seen[i] - _UNJUDGED) / warm, 0.0), 1.0)
