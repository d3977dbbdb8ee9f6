from typing import TypeAlias

from numpy import float32, float64, int16, int32, intp
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]
_Singles: TypeAlias = NDArray[float32]
_Codes: TypeAlias = NDArray[int16]
_Numbers: TypeAlias = NDArray[int32]
_Slots: TypeAlias = NDArray[intp]

def speak(
    ring: _Codes,
    days: _Codes,
    trend: _Floats,
    rows: _Slots,
    slot: int,
    back: int,
    lags: _Slots,
    day: int,
    ahead: _Slots,
    levels: _Floats,
    room: _Numbers,
    far: _Floats,
    knots: _Floats,
    week: _Floats,
    jobs: _Numbers,
    edges: _Floats,
    said: _Floats,
) -> None: ...
def look_up(
    ring: _Codes,
    slot: int,
    day: int,
    ahead: _Slots,
    levels: _Floats,
    middle: int,
    knots: _Singles,
    week: _Singles,
    table: _Singles,
    every: int,
    since: _Slots,
    shares: _Floats,
    codes: _Floats,
    some: _Numbers,
    out: _Floats,
) -> None: ...
