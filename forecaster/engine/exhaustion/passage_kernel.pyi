from typing import TypeAlias

from numpy import float32, float64, intp, uint8
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]
_Singles: TypeAlias = NDArray[float32]
_Numbers: TypeAlias = NDArray[intp]
_Flags: TypeAlias = NDArray[uint8]

def tail_and_loss(z: _Floats, tail: _Floats, loss: _Floats) -> None: ...
def hazard(
    distance: _Floats, slope: _Floats, deviation: _Floats, ends: _Floats, grain: float, out: _Floats
) -> None: ...
def may_alarm(
    values: _Floats,
    now: int,
    slope: _Floats,
    ages: _Floats,
    floor: _Floats,
    limit: _Floats,
    passages: _Floats,
    days: _Floats,
    day: float,
    step: float,
    within: float,
    by_season: int,
    speaks: _Flags,
    highest: _Singles,
    level: _Floats,
    rise: _Floats,
    tails: _Floats,
    season_off: _Singles,
    days_off: _Singles,
    bounds: _Floats,
    out: _Flags,
) -> None: ...
def log_survival(
    parts: _Floats,
    usable: _Flags,
    ages: _Floats,
    rows: _Numbers,
    limit: _Floats,
    silent: _Flags,
    passages: _Floats,
    days: _Floats,
    day: float,
    ends: _Floats,
    grain: float,
    out: _Floats,
) -> None: ...
def passing_distance(
    share: float,
    slope: _Floats,
    deviation: _Floats,
    grain: float,
    table_z: _Floats,
    table_loss: _Floats,
    out: _Floats,
) -> None: ...
def normal_quantiles(p: _Floats, out: _Floats) -> None: ...
def credible(
    parts: _Floats,
    usable: _Flags,
    ages: _Floats,
    rows: _Numbers,
    limit: _Floats,
    ends: _Floats,
    grain: float,
    out: _Flags,
) -> None: ...
def seconds(
    parts: _Floats,
    usable: _Flags,
    rows: _Numbers,
    limit: _Floats,
    quantiles: _Floats,
    hour: float,
    grain: float,
    table_z: _Floats,
    table_loss: _Floats,
    told: _Floats,
    out: _Floats,
) -> None: ...
def carry(
    parts: _Floats, usable: _Flags, line: int, rows: _Numbers, ahead: float, toward: float, out: _Floats
) -> None: ...
def foretell(speaks: _Flags, latest: _Floats, rise: _Singles, toward: float, out: _Floats) -> None: ...
def path_start(
    rows: _Numbers,
    latest: _Floats,
    rise: _Floats,
    by_season: int,
    speaks: _Flags,
    tails: _Floats,
    season_off: _Singles,
    days_off: _Singles,
    tenth: float,
    to_deviation: float,
    least: _Floats,
    out: _Floats,
) -> None: ...
def path_log_survival(
    columns: _Numbers,
    highest: _Singles,
    level: _Floats,
    daily: _Floats,
    noise: _Floats,
    jitter: _Floats,
    limit: _Floats,
    ends: _Floats,
    first: float,
    block: float,
    above: float,
    above_spread: float,
    hour: float,
    out: _Floats,
) -> None: ...
def path_seconds(
    columns: _Numbers,
    highest: _Singles,
    level: _Floats,
    daily: _Floats,
    noise: _Floats,
    late: _Floats,
    jitter: _Floats,
    limit: _Floats,
    z: _Floats,
    first: float,
    block: float,
    hour: float,
    grain: float,
    table_z: _Floats,
    table_loss: _Floats,
    told: _Floats,
    out: _Floats,
) -> None: ...
