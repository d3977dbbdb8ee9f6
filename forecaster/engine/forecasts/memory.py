"""The last fourteen days of a series in 16-bit codes: what all members of a forecast look at.

A code is a value over the series' unit, a power of two that puts the largest usual value between 2^13 and
2^14. One sample beyond ± 32,767 units is cut off there, so that a wild one harms no other; three in a row are
a new range, and the unit doubles. The functions take the codes of one series, a ring by number of the slot.
They are plain scalar code that a compiler can take as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.int16]
    Floats = NDArray[np.float64]

DAYS = 14
SLOTS = 288  # of a day, at most: 5 min
MISSING = -32768
HIGHEST = 32767
_USUAL = 8192.0  # code of the first value seen, at least
_STAYS = 3  # samples beyond the range before it is widened


def unit_of(value: float) -> float:
    """The power of two in which `value` (not 0) has a code from 8,192 to 16,383."""
    return float(2.0 ** np.floor(np.log2(abs(value) / _USUAL)))


def code_of(value: float, unit: float) -> int:
    """The code of a value, cut off at the ends of the range; 0 while there is no unit."""
    if unit == 0.0:
        return 0
    return int(min(max(np.rint(value / unit), -HIGHEST), HIGHEST))


def widen(ring: Codes, times: float) -> None:
    """Rewrite the codes for a unit that is `times` as large."""
    for slot in range(len(ring)):
        if ring[slot] != MISSING:
            ring[slot] = np.int16(np.rint(ring[slot] / times))


def remember(ring: Codes, slot: int, value: float, unit: float, beyond: int) -> tuple[float, int]:
    """Put the value of a slot into the ring: the unit from now on, and for how many samples the range was
    exceeded.
    """
    if unit == 0.0 and value != 0.0:
        unit = unit_of(value)
    beyond = beyond + 1 if abs(value) > HIGHEST * unit else 0
    if beyond >= _STAYS:
        wider = unit_of(value)
        widen(ring, wider / unit)
        unit, beyond = wider, 0
    ring[slot % len(ring)] = code_of(value, unit)
    return unit, beyond


def level(ring: Codes, slot: int) -> float:
    """Mean code of the last three slots, NaN = none of them was seen."""
    total, count = 0.0, 0
    for back in range(3):
        code = ring[(slot - back) % len(ring)]
        if code != MISSING:
            total += code
            count += 1
    return total / count if count else np.nan


def newest(ring: Codes, slot: int, oldest: int) -> int:
    """The last code seen up to `slot`, MISSING = none since `oldest`."""
    for at in range(slot, oldest - 1, -1):
        if ring[at % len(ring)] != MISSING:
            return int(ring[at % len(ring)])
    return MISSING
