from typing import TypeAlias

from numpy import float64, uint8
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]
_Flags: TypeAlias = NDArray[uint8]

def take(values: _Floats, where: _Flags) -> None: ...
def more_even_by_logarithms(
    values: _Floats, subseries: int, clearly: float, work: _Floats, out: _Flags
) -> None: ...
