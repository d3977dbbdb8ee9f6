from typing import TypeAlias

from numpy import float32, float64
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]
_Singles: TypeAlias = NDArray[float32]

def start(state: _Floats, hours: _Singles) -> None: ...
def streams(
    t: int,
    values: _Floats,
    learnt: _Floats,
    used: _Floats,
    largest: _Floats,
    seen: _Floats,
    here: int,
    there: int,
    share: float,
    state: _Floats,
    hours: _Singles,
    told: _Floats,
    believed: _Floats,
    factors: _Floats,
) -> None: ...
def observe(
    t: int,
    learnt: _Floats,
    used: _Floats,
    largest: _Floats,
    seen: _Floats,
    factors: _Floats,
    rarity: _Floats,
    lasting: _Floats,
    hour: int,
    an_hour: float,
    rates: _Floats,
    state: _Floats,
    hours: _Singles,
    counts: _Singles,
    scales: _Floats,
) -> None: ...
