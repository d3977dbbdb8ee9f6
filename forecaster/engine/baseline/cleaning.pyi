from typing import TypeAlias

from numpy import float64, intp
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]
_Numbers: TypeAlias = NDArray[intp]

def cleaned(
    ring: _Floats,
    week: _Floats,
    hours: _Numbers,
    begin: int,
    end: int,
    day: int,
    first: int,
    columns: _Numbers,
    out: _Floats,
) -> None: ...
