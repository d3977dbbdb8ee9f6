from typing import TypeAlias

from numpy import float64, intp, uint8
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]
_Numbers: TypeAlias = NDArray[intp]
_Flags: TypeAlias = NDArray[uint8]

def judge(
    values: _Floats,
    made: _Floats,
    memory: float,
    quantiles: _Floats,
    error: _Floats,
    count: _Floats,
    shape: _Floats,
) -> None: ...
def choose(views: _Floats, usual: _Numbers, error: _Floats, count: _Floats, said: _Floats) -> None: ...
def note(views: _Floats, said: _Floats, seen: _Flags, made: _Floats) -> None: ...
def spread(
    deviation: _Floats, normal: _Floats, error: _Floats, count: _Floats, shape: _Floats, out: _Floats
) -> None: ...
def average(values: _Floats, most: float, mean: _Floats, count: _Floats) -> None: ...
