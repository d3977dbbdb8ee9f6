from typing import TypeAlias

from numpy import float64, int16
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]
_Codes: TypeAlias = NDArray[int16]

def keep(
    values: _Floats, held: _Floats, tick: int, day: int, ring: _Codes, scale: _Floats, seen: _Floats
) -> None: ...
def refine(low: _Floats, high: _Floats, ring: _Codes, scale: _Floats) -> None: ...
