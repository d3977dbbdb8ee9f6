"""The last fourteen days of a series in 16-bit codes: what all members of a forecast look at.

A code is a value over the series' unit, a power of two that puts the first value between 2^13 and 2^14. A
sample beyond ± 32,767 units is cut off there and doubles the unit once, so that a wild one costs the others
one bit, and a new range is taken on within some samples; a day of little halves it again. The functions take
the codes of one series, a ring by number of the slot. They are plain scalar code that a compiler can take as
it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.int16]
    Floats = NDArray[np.float64]


class Moment(NamedTuple):
    """When a forecast is made: the slot, the first one that it may look at, slots of a day."""

    origin: int
    oldest: int
    day: int


DAYS = 14
SLOTS = 288  # of a day, at most: 5 min
MISSING = -32768
HIGHEST = 32767
_USUAL = 8192.0  # code of the first value seen, at least


def unit_of(value: float) -> float:
    """The power of two in which `value` (not 0) has a code from 8,192 to 16,383."""
    return float(2.0 ** np.floor(np.log2(abs(value) / _USUAL)))


def code_of(value: float, unit: float) -> int:
    """The code of a value, cut off at the ends of the range; 0 while there is no unit."""
    if unit == 0.0:
        return 0
    return int(min(max(np.rint(value / unit), -HIGHEST), HIGHEST))


def rescale(ring: Codes, times: float) -> None:
    """Rewrite the codes for a unit that is `times` as large."""
    for slot in range(len(ring)):
        if ring[slot] != MISSING:
            ring[slot] = np.int16(np.rint(ring[slot] / times))


def remember(ring: Codes, slot: int, value: float, unit: float) -> float:
    """Put the value of a slot into the ring; the unit from now on."""
    if unit == 0.0 and value != 0.0:
        unit = unit_of(value)
    if abs(value) > HIGHEST * unit:
        rescale(ring, 2.0)
        unit *= 2.0
    ring[slot % len(ring)] = code_of(value, unit)
    return unit


def renew(ring: Codes, unit: float) -> float:
    """Halve the unit, once a day, if all codes have room for it; the unit from now on."""
    most = 0
    for slot in range(len(ring)):
        if ring[slot] != MISSING:
            most = max(most, abs(ring[slot]))
    if most == 0 or most > _USUAL / 2:
        return unit
    rescale(ring, 0.5)
    return unit / 2.0


def level(ring: Codes, slot: int) -> float:
    """Mean code of the last three slots, NaN = none of them was seen."""
    total, count = 0.0, 0
    for back in range(3):
        code = ring[(slot - back) % len(ring)]
        if code != MISSING:
            total += code
            count += 1
    return total / count if count else np.nan


def newest(ring: Codes, moment: Moment) -> int:
    """The last code seen, MISSING = none."""
    for at in range(moment.origin, moment.oldest - 1, -1):
        if ring[at % len(ring)] != MISSING:
            return int(ring[at % len(ring)])
    return MISSING
