from typing import TypeAlias

from numpy import float32, float64, intp, uint8
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]
_Singles: TypeAlias = NDArray[float32]
_Numbers: TypeAlias = NDArray[intp]
_Flags: TypeAlias = NDArray[uint8]

class Filter:
    def __init__(
        self,
        logarithmic: _Flags,
        parameters: tuple[_Floats, _Floats, _Floats, _Floats],
        state: tuple[_Floats, _Floats, _Singles],
        errors: tuple[_Floats, _Floats, _Floats],
    ) -> None: ...

class Filters:
    def __init__(
        self, fitted: _Flags, chosen: _Numbers, plain: Filter, seasonal: Filter, weekly: Filter
    ) -> None: ...

class Usual:
    def __init__(
        self, narrowing: float, fading: float, arrays: tuple[_Floats, _Floats, _Floats, _Floats]
    ) -> None: ...

class Week:
    def __init__(self, day: int, arrays: tuple[_Floats, _Floats, _Singles, _Singles, _Singles]) -> None: ...

def held(
    values: _Floats,
    narrowing: float,
    fading: float,
    low: _Floats,
    high: _Floats,
    beyond: _Floats,
    count: _Floats,
    out: _Floats,
) -> None: ...
def floor(low: _Floats, high: _Floats, count: _Floats, out: _Floats) -> None: ...
def learn(errors: _Floats, memory: float, warm: float, mean: _Floats, count: _Floats) -> None: ...
def choose(fitted: _Flags, plain: _Floats, seasonal: _Floats, weekly: _Floats, chosen: _Numbers) -> None: ...
def daily(values: _Floats, chosen: _Numbers, offset: _Singles, out: _Floats) -> None: ...
def expected(
    logarithmic: _Flags, level: _Floats, phi: _Floats, trend: _Floats, season: _Singles, out: _Floats
) -> None: ...
def along(logarithmic: _Flags, level: _Floats, season: _Singles, out: _Floats) -> None: ...
def deviation(
    chosen: _Numbers,
    plain: _Floats,
    seasonal: _Floats,
    weekly: _Floats,
    count: _Floats,
    warm: float,
    level: _Floats,
    low: _Floats,
    high: _Floats,
    samples: _Floats,
    out: _Floats,
) -> None: ...
def judge(
    values: _Floats,
    filters: Filters,
    phase: int,
    offset: _Singles,
    warm: float,
    width: float,
    usual: Usual,
    out: _Floats,
) -> None: ...
def tally(values: _Floats, total: _Floats, count: _Floats) -> None: ...
def turn(
    hour: int, day: int, total: _Floats, count: _Floats, means: _Singles, offsets: _Singles, lasting: _Singles
) -> None: ...
def less(
    logarithmic: _Flags,
    level: _Floats,
    season: _Singles,
    usual: _Floats,
    hours: _Numbers,
    columns: _Numbers,
    out: _Singles,
) -> None: ...
def advance(
    values: _Floats,
    tick: int,
    hours: _Numbers,
    width: float,
    memory: float,
    warm: float,
    usual: Usual,
    its: Filters,
    week: Week,
    slip: _Flags,
    work: _Floats,
    out: _Floats,
) -> None: ...
