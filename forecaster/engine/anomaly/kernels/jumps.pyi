from typing import TypeAlias

from numpy import float64
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]

def observe(
    values: _Floats,
    learnt: _Floats,
    seen: _Floats,
    rate: float,
    levels: _Floats,
    scales: _Floats,
    sizes: _Floats,
    powers: _Floats,
    jump: _Floats,
) -> None: ...
