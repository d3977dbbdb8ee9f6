from typing import TypeAlias

from numpy import float32, float64
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]

def observe(
    values: _Floats, largest: _Floats, fast: float, slow: float, state: _Floats, sizes: _Floats
) -> None: ...
def turn(hour: int, state: _Floats, queue: NDArray[float32], newest: _Floats, waited: _Floats) -> None: ...
