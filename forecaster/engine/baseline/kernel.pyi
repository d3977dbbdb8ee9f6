from typing import TypeAlias

from numpy import float32, float64, int16, intp, uint8
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]
_Singles: TypeAlias = NDArray[float32]
_Codes: TypeAlias = NDArray[int16]
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
    chosen: _Numbers,
    plain_by_logarithm: _Flags,
    plain: _Floats,
    plain_phi: _Floats,
    plain_trend: _Floats,
    plain_season: _Singles,
    plain_error: _Floats,
    seasonal_by_logarithm: _Flags,
    seasonal: _Floats,
    seasonal_phi: _Floats,
    seasonal_trend: _Floats,
    seasonal_season: _Singles,
    seasonal_error: _Floats,
    weekly_by_logarithm: _Flags,
    weekly: _Floats,
    weekly_phi: _Floats,
    weekly_trend: _Floats,
    weekly_season: _Singles,
    weekly_error: _Floats,
    offset: _Singles,
    count: _Floats,
    warm: float,
    width: float,
    low: _Floats,
    high: _Floats,
    samples: _Floats,
    out: _Floats,
) -> None: ...
def more_even_by_logarithms(
    values: _Floats, subseries: int, clearly: float, work: _Floats, out: _Flags
) -> None: ...
def keep(
    values: _Floats,
    slip: _Flags,
    row: int,
    day_ago: int,
    two_days_ago: int,
    ring: _Codes,
    scale: _Floats,
    seen: _Floats,
) -> None: ...
def refine(low: _Floats, high: _Floats, ring: _Codes, scale: _Floats) -> None: ...
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
    day: int,
    hours_a_day: int,
    width: float,
    memory: float,
    warm: float,
    narrowing: float,
    fading: float,
    low: _Floats,
    high: _Floats,
    beyond: _Floats,
    samples: _Floats,
    fitted: _Flags,
    chosen: _Numbers,
    plain_by_logarithm: _Flags,
    plain_alpha: _Floats,
    plain_beta: _Floats,
    plain_gamma: _Floats,
    plain_phi: _Floats,
    plain_level: _Floats,
    plain_trend: _Floats,
    plain_season: _Singles,
    plain_error: _Floats,
    plain_count: _Floats,
    plain_run: _Floats,
    seasonal_by_logarithm: _Flags,
    seasonal_alpha: _Floats,
    seasonal_beta: _Floats,
    seasonal_gamma: _Floats,
    seasonal_phi: _Floats,
    seasonal_level: _Floats,
    seasonal_trend: _Floats,
    seasonal_season: _Singles,
    seasonal_error: _Floats,
    seasonal_count: _Floats,
    seasonal_run: _Floats,
    weekly_by_logarithm: _Flags,
    weekly_alpha: _Floats,
    weekly_beta: _Floats,
    weekly_gamma: _Floats,
    weekly_phi: _Floats,
    weekly_level: _Floats,
    weekly_trend: _Floats,
    weekly_season: _Singles,
    weekly_error: _Floats,
    weekly_count: _Floats,
    weekly_run: _Floats,
    total: _Floats,
    count: _Floats,
    means: _Singles,
    offsets: _Singles,
    lasting: _Singles,
    ring: _Codes,
    scale: _Floats,
    seen: _Floats,
    slip: _Flags,
    work: _Floats,
    out: _Floats,
) -> None: ...
