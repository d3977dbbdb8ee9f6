from typing import TypeAlias

from numpy import float64, uint16
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]

def start(state: _Floats, said: _Floats) -> None: ...
def turn(before: int, now: int, a_week: int, state: _Floats, habits: NDArray[uint16]) -> None: ...
def observe(
    given: _Floats,
    values: _Floats,
    unit: _Floats,
    sure: _Floats,
    ratios: _Floats,
    jump: _Floats,
    usual: _Floats,
    limits: _Floats,
    clock: _Floats,
    timestamp: float,
    seconds: float,
    state: _Floats,
    said: _Floats,
    scores: _Floats,
) -> None: ...
