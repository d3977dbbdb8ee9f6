from typing import TypeAlias

from numpy import float64, intp, uint8
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]
_Numbers: TypeAlias = NDArray[intp]
_Flags: TypeAlias = NDArray[uint8]

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
def within(values: _Floats, low: _Floats, high: _Floats, count: _Floats) -> None: ...
def learn(errors: _Floats, memory: float, warm: float, mean: _Floats, count: _Floats) -> None: ...
def follow(
    values: _Floats,
    floor: _Floats,
    slip: _Flags,
    logarithmic: _Flags,
    alpha: _Floats,
    beta: _Floats,
    gamma: _Floats,
    phi: _Floats,
    level: _Floats,
    trend: _Floats,
    season: _Floats,
    seasonal: bool,
    memory: float,
    warm: float,
    mean: _Floats,
    count: _Floats,
    run: _Floats,
) -> None: ...
def choose(fitted: _Flags, plain: _Floats, seasonal: _Floats, weekly: _Floats, chosen: _Numbers) -> None: ...
def expected(
    logarithmic: _Flags, level: _Floats, phi: _Floats, trend: _Floats, season: _Floats, out: _Floats
) -> None: ...
def foresee(
    fitted: _Flags,
    plain: _Floats,
    damped: _Floats,
    by_logarithm: _Flags,
    seasonal: _Floats,
    season: _Floats,
    weekly_by_logarithm: _Flags,
    weekly: _Floats,
    weekly_season: _Floats,
    offset: _Floats,
    out: _Floats,
) -> None: ...
def along(logarithmic: _Flags, level: _Floats, season: _Floats, out: _Floats) -> None: ...
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
def added(logarithmic: _Flags, level: _Floats, season: _Floats, out: _Floats) -> None: ...
def judge(
    values: _Floats,
    chosen: _Numbers,
    plain_by_logarithm: _Flags,
    plain: _Floats,
    plain_phi: _Floats,
    plain_trend: _Floats,
    plain_season: _Floats,
    plain_error: _Floats,
    seasonal_by_logarithm: _Flags,
    seasonal: _Floats,
    seasonal_phi: _Floats,
    seasonal_trend: _Floats,
    seasonal_season: _Floats,
    seasonal_error: _Floats,
    weekly_by_logarithm: _Flags,
    weekly: _Floats,
    weekly_phi: _Floats,
    weekly_trend: _Floats,
    weekly_season: _Floats,
    weekly_error: _Floats,
    offset: _Floats,
    count: _Floats,
    warm: float,
    width: float,
    low: _Floats,
    high: _Floats,
    samples: _Floats,
    out: _Floats,
) -> None: ...
def keep(
    values: _Floats, row: int, day_ago: int, two_days_ago: int, ring: _Floats, seen: _Floats
) -> None: ...
def tally(values: _Floats, total: _Floats, count: _Floats) -> None: ...
def turn(
    hour: int, day: int, total: _Floats, count: _Floats, means: _Floats, offsets: _Floats, lasting: _Floats
) -> None: ...
