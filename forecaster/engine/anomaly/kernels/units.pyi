from typing import TypeAlias

from numpy import float64
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]

def observe(
    values: _Floats,
    held: _Floats,
    forgetting: float,
    warm: float,
    unit: _Floats,
    largest: _Floats,
    seen: _Floats,
    sure: _Floats,
    scaled: _Floats,
) -> None: ...
