from typing import TypeAlias

from numpy import float32, float64, intp, uint8
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]

def add(values: _Floats, total: _Floats, count: _Floats) -> None: ...
def turn(
    before: int,
    now: int,
    a_day: int,
    rate: float,
    lags: NDArray[intp],
    weekly: NDArray[uint8],
    total: _Floats,
    count: _Floats,
    means: NDArray[float32],
    distances: NDArray[float32],
    nearest: _Floats,
    powers: _Floats,
    usual: _Floats,
) -> None: ...
