from typing import TypeAlias

from numpy import float64
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]

def tame(values: _Floats, limit: _Floats, toward: float, seen: _Floats) -> None: ...
