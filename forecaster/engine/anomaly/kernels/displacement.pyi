from typing import TypeAlias

from numpy import float64
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]

def observe(
    values: _Floats, largest: _Floats, recent: float, long: float, state: _Floats, ratio: _Floats
) -> None: ...
