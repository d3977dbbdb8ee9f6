from typing import TypeAlias

from numpy import float32, float64, intp, uint8
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]
_Singles: TypeAlias = NDArray[float32]
_Numbers: TypeAlias = NDArray[intp]
_Flags: TypeAlias = NDArray[uint8]

def learnt(values: _Floats, held: _Floats, limit: _Floats, out: _Floats) -> None: ...
def record(
    values: _Floats,
    limit: _Floats,
    fade: float,
    share: float,
    hour: float,
    passages: _Floats,
    days: _Floats,
    below: _Floats,
) -> None: ...
def tally(values: _Floats, total: _Floats, count: _Floats) -> None: ...
def judge(
    slot: int, memory: float, mean: _Floats, forecasts: _Floats, scores: _Singles, made: _Singles
) -> None: ...
def path(means: _Singles, block: int, ahead: _Numbers, day: int, rows: _Numbers, out: _Floats) -> None: ...
def close(means: _Singles, slot: int, total: _Floats, count: _Floats) -> None: ...
def foresee(
    means: _Singles,
    block: int,
    day: int,
    length: float,
    hour: int,
    slope: _Floats,
    memory: float,
    skill: _Singles,
    skill_made: _Singles,
    contest: _Singles,
    contest_made: _Singles,
    trends: _Singles,
    trends_made: _Singles,
    far: _Singles,
    far_made: _Singles,
    seasonal: _Floats,
    tails: _Floats,
    soon: _Floats,
    ahead: _Singles,
    highest: _Singles,
    daily: _Floats,
    speaks: _Flags,
) -> None: ...
def drift(means: _Singles, block: int, day: int, out: _Floats) -> None: ...
def season_means(
    rows: _Numbers,
    steps: _Numbers,
    by_week: _Flags,
    logarithmic: _Flags,
    level: _Floats,
    season: _Singles,
    weekly_logarithmic: _Flags,
    weekly_level: _Floats,
    weekly_season: _Singles,
    week: _Singles,
    out: _Floats,
) -> None: ...
def season_path(
    foreseen: _Floats,
    rows: _Numbers,
    drift: _Floats,
    toward: float,
    ahead: _Singles,
    highest: _Singles,
    daily: _Floats,
) -> None: ...
