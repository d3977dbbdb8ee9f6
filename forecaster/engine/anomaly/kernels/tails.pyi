from typing import TypeAlias

from numpy import float32, float64
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]

def start(state: _Floats, masses: NDArray[float32]) -> None: ...
def observe(
    t: int,
    values: _Floats,
    streams: _Floats,
    seen: _Floats,
    tick: int,
    cut: float,
    warm: float,
    gap: float,
    fading: float,
    masses: NDArray[float32],
    points: NDArray[float32],
    state: _Floats,
    rarity: _Floats,
    lasting: _Floats,
    sizes: _Floats,
) -> None: ...
