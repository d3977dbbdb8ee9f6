"""Values in units of their series, and what is known of the series' size."""

from __future__ import annotations

import cython
from cython.cimports.libc.math import fabs, isfinite

_NAN = cython.declare(cython.double, float("nan"))
_HIGHEST = cython.declare(cython.double, 1e18)  # units: powers of larger values leave the range of numbers
_UNJUDGED = cython.declare(cython.double, 3.0)  # first samples that say nothing at all


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _scaled(value: cython.double, unit: cython.double) -> cython.double:
    return min(max(value / unit if unit > 0 else value, -_HIGHEST), _HIGHEST)


def observe(
    values: cython.double[:, :],
    held: cython.double[:, :],
    forgetting: cython.double,
    warm: cython.double,
    unit: cython.double[::1],
    largest: cython.double[::1],
    seen: cython.double[::1],
    sure: cython.double[::1],
    scaled: cython.double[:, :, ::1],
) -> None:
    """The values (steps, n) and as much of them as may be learnt, `scaled`, NaN where not finite; beside them
    the unit and the other three as they are after each step: (6, steps, n).

    `largest` is the largest magnitude of late, `seen` how many samples there were, `sure` rises from 0 to 1
    while `warm` samples come.
    """
    i: cython.Py_ssize_t
    t: cython.Py_ssize_t
    with cython.nogil:
        for i in range(values.shape[1]):
            for t in range(values.shape[0]):
                scaled[0, t, i] = scaled[1, t, i] = _NAN
                if isfinite(values[t, i]):
                    if unit[i] == 0:
                        unit[i] = fabs(held[t, i])
                    scaled[0, t, i] = _scaled(values[t, i], unit[i])
                    scaled[1, t, i] = _scaled(held[t, i], unit[i])
                    largest[i] = max((1 - forgetting) * largest[i], fabs(scaled[1, t, i]))
                    if largest[i] == 0:
                        largest[i] = 1.0
                    seen[i] += 1
                    sure[i] = min(max((seen[i] - _UNJUDGED) / warm, 0.0), 1.0)
                scaled[2, t, i], scaled[3, t, i] = unit[i], largest[i]
                scaled[4, t, i], scaled[5, t, i] = seen[i], sure[i]
