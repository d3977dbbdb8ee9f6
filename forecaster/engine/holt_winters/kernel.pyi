from typing import TypeAlias

from numpy import float32, float64
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]
_Singles: TypeAlias = NDArray[float32]

def begin(
    values: _Floats,
    phi: float,
    grid: _Floats,
    units: _Floats,
    fitted: _Floats,
    offsets: _Floats,
    work: _Floats,
) -> None: ...
def finish(
    values: _Floats,
    phi: float,
    units: _Floats,
    fitted: _Floats,
    offsets: _Floats,
    residuals: _Floats,
) -> None: ...
def start(values: _Floats, season: int, level: _Floats, offsets: _Floats, work: _Floats) -> None: ...
def run(values: _Floats, phase: int, phi: float, fitted: _Floats, offsets: _Singles) -> None: ...
def step(
    values: _Floats,
    alpha: _Floats,
    beta: _Floats,
    gamma: _Floats,
    phi: _Floats,
    level: _Floats,
    trend: _Floats,
    season: _Singles,
    seasonal: bool,
    errors: _Floats,
) -> None: ...
def ahead(
    steps: float, phi: _Floats, level: _Floats, trend: _Floats, season: _Singles, out: _Floats
) -> None: ...
def room(steps: int, season: int, starts: int) -> int: ...
