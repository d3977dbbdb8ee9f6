from typing import TypeAlias

from numpy import float64
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]

def start(state: _Floats, hours: _Floats) -> None: ...
def streams(
    scaled: _Floats,
    used: _Floats,
    largest: _Floats,
    seen: _Floats,
    here: int,
    there: int,
    share: float,
    state: _Floats,
    hours: _Floats,
    told: _Floats,
    believed: _Floats,
    factors: _Floats,
) -> None: ...
def observe(
    scaled: _Floats,
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
    hours: _Floats,
    counts: _Floats,
    scales: _Floats,
) -> None: ...
