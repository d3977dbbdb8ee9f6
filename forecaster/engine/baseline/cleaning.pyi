from typing import TypeAlias

from numpy import float32, float64, int16, intp, uint8
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]
_Singles: TypeAlias = NDArray[float32]
_Codes: TypeAlias = NDArray[int16]
_Numbers: TypeAlias = NDArray[intp]
_Flags: TypeAlias = NDArray[uint8]

def cleaned(
    ring: _Codes,
    scale: _Floats,
    week: _Singles,
    hours: _Numbers,
    begin: int,
    days: int,
    day: int,
    first: int,
    columns: _Numbers,
    out: _Floats,
    work: _Floats,
) -> None: ...
def newest(
    ring: _Codes,
    scale: _Floats,
    week: _Singles,
    rows: _Numbers,
    wanted: _Flags,
    logarithmic: _Flags,
    out: _Floats,
) -> None: ...
def alike(begin: int, days: int, day: int, tick: int, hours: _Numbers, ring: int, rows: _Numbers) -> None: ...
