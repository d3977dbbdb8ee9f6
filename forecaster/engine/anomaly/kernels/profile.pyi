from typing import TypeAlias

from numpy import float64
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]

def turn(slot: int, day: float, seen: _Floats, state: _Floats, offsets: _Floats, counts: _Floats) -> None: ...
def offset(here: int, there: int, share: float, state: _Floats, offsets: _Floats, told: _Floats) -> None: ...
def observe(
    values: _Floats,
    believed: _Floats,
    scales: _Floats,
    seen: _Floats,
    told: _Floats,
    slot: int,
    rate: float,
    state: _Floats,
    counts: _Floats,
) -> None: ...
