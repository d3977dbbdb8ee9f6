from typing import TypeAlias

from numpy import float64, intp, uint8
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]
_Numbers: TypeAlias = NDArray[intp]
_Flags: TypeAlias = NDArray[uint8]

def theil_sen(
    sums: _Floats,
    times: _Floats,
    counts: _Floats,
    order: _Numbers,
    filled: float,
    least: float,
    slope: _Floats,
    tau: _Floats,
    work: _Floats,
) -> None: ...
def straight(
    values: _Floats,
    rows: _Numbers,
    ages: _Numbers,
    slope: _Floats,
    floor: _Floats,
    wanders: _Flags,
    out: _Floats,
    usable: _Flags,
    work: _Floats,
) -> None: ...
def tail_and_loss(z: _Floats, tail: _Floats, loss: _Floats) -> None: ...
def hazard(
    distance: _Floats, slope: _Floats, deviation: _Floats, ends: _Floats, grain: float, out: _Floats
) -> None: ...
def log_survival(
    gap: _Floats,
    slope: _Floats,
    noise: _Floats,
    usable: _Flags,
    ends: _Floats,
    grain: float,
    wider: float,
    age: float,
    out: _Floats,
) -> None: ...
