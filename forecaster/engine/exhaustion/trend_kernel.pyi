from typing import TypeAlias

from numpy import float32, float64, intp, uint8
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]
_Singles: TypeAlias = NDArray[float32]
_Numbers: TypeAlias = NDArray[intp]
_Flags: TypeAlias = NDArray[uint8]

def theil_sen(
    means: _Singles,
    times: _Singles,
    newest: int,
    length: float,
    filled: float,
    least: float,
    slope: _Floats,
    tau: _Floats,
    work: _Floats,
) -> None: ...
def add(
    values: _Floats,
    tick: int,
    windows: _Numbers,
    lengths: _Floats,
    running: _Floats,
    means: _Singles,
    times: _Singles,
    ended: _Numbers,
) -> int: ...
def levels_ahead(
    values: _Floats, tick: int, slope: _Floats, length: float, out: _Floats, work: _Floats
) -> None: ...
def lines(
    values: _Floats,
    tick: int,
    rows: _Numbers,
    slope: _Floats,
    windows: _Floats,
    step: float,
    hour: float,
    trends: _Singles,
    skill: _Singles,
    levels: _Singles,
    soon: _Floats,
    floor: _Floats,
    silent: _Flags,
    out: _Floats,
    usable: _Flags,
    work: _Floats,
) -> None: ...
def jitter(values: _Floats, tick: int, rows: _Numbers, out: _Floats, work: _Floats) -> None: ...
