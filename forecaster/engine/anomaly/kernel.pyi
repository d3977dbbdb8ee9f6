from typing import TypeAlias

from numpy import float32, float64, intp, uint8
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]

def observe(
    numbers: _Floats,
    tails: NDArray[float32],
    rings: NDArray[float32],
    said: _Floats,
    lags: NDArray[intp],
    weekly: NDArray[uint8],
    limits: _Floats,
    step: float,
    day: float,
    timestamp: float,
    given: _Floats,
) -> None: ...
def doubles() -> int: ...
def masses() -> int: ...
def singles(lags: int, longest: int, blocks_a_day: int) -> int: ...
def start(numbers: _Floats, tails: NDArray[float32], rings: NDArray[float32], longest: int) -> None: ...
