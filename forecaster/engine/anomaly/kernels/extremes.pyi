from typing import TypeAlias

from numpy import float64
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]

def observe(
    sizes: _Floats,
    powers: _Floats,
    power: int,
    share: float,
    of: _Floats,
    sure: _Floats,
    caution: float,
    short_rate: float,
    long_rate: float,
    short: _Floats,
    long: _Floats,
    seen: _Floats,
    ratio: _Floats,
) -> None: ...
def remember(
    powers: _Floats,
    short_rate: float,
    long_rate: float,
    short: _Floats,
    long: _Floats,
    seen: _Floats,
) -> None: ...
