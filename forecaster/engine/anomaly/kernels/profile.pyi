from typing import TypeAlias

from numpy import float32, float64
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]
_Singles: TypeAlias = NDArray[float32]

def turn(
    slot: int, day: float, seen: _Floats, state: _Floats, offsets: _Singles, counts: _Singles
) -> None: ...
def offset(
    t: int, here: int, there: int, share: float, state: _Floats, offsets: _Singles, told: _Floats
) -> None: ...
def observe(
    first: int,
    last: int,
    values: _Floats,
    believed: _Floats,
    scales: _Floats,
    seen: _Floats,
    told: _Floats,
    slot: int,
    rate: float,
    state: _Floats,
    counts: _Singles,
) -> None: ...
