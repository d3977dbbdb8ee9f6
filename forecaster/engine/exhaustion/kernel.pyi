from typing import TypeAlias

from numpy import float64, intp, uint8
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]
_Numbers: TypeAlias = NDArray[intp]
_Flags: TypeAlias = NDArray[uint8]

def theil_sen(
    sums: _Floats,
    times: _Floats,
    counts: _Floats,
    newest: int,
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
    sums: _Floats,
    times: _Floats,
    counts: _Floats,
    ended: _Numbers,
) -> None: ...
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
    slot: int, memory: float, mean: _Floats, forecasts: _Floats, scores: _Floats, made: _Floats
) -> None: ...
def path(means: _Floats, block: int, ahead: _Numbers, day: int, rows: _Numbers, out: _Floats) -> None: ...
def close(means: _Floats, slot: int, total: _Floats, count: _Floats) -> None: ...
def foresee(
    means: _Floats,
    block: int,
    day: int,
    length: float,
    hour: int,
    slope: _Floats,
    memory: float,
    skill: _Floats,
    skill_made: _Floats,
    contest: _Floats,
    contest_made: _Floats,
    trends: _Floats,
    trends_made: _Floats,
    far: _Floats,
    far_made: _Floats,
    seasonal: _Floats,
    tails: _Floats,
    soon: _Floats,
    ahead: _Floats,
    highest: _Floats,
    daily: _Floats,
    speaks: _Flags,
) -> None: ...
def drift(means: _Floats, block: int, day: int, out: _Floats) -> None: ...
def season_means(
    rows: _Numbers,
    steps: _Numbers,
    by_week: _Flags,
    logarithmic: _Flags,
    level: _Floats,
    season: _Floats,
    weekly_logarithmic: _Flags,
    weekly_level: _Floats,
    weekly_season: _Floats,
    week: _Floats,
    out: _Floats,
) -> None: ...
def season_path(
    foreseen: _Floats,
    rows: _Numbers,
    drift: _Floats,
    toward: float,
    ahead: _Floats,
    highest: _Floats,
    daily: _Floats,
) -> None: ...
def compare_levels(
    values: _Floats,
    tick: int,
    slope: _Floats,
    length: float,
    mean: _Floats,
    slot: int,
    memory: float,
    scores: _Floats,
    made: _Floats,
    work: _Floats,
) -> None: ...
def lines(
    values: _Floats,
    tick: int,
    rows: _Numbers,
    slope: _Floats,
    windows: _Floats,
    step: float,
    hour: float,
    trends: _Floats,
    skill: _Floats,
    levels: _Floats,
    soon: _Floats,
    floor: _Floats,
    silent: _Flags,
    out: _Floats,
    usable: _Flags,
    work: _Floats,
) -> None: ...
def tail_and_loss(z: _Floats, tail: _Floats, loss: _Floats) -> None: ...
def hazard(
    distance: _Floats, slope: _Floats, deviation: _Floats, ends: _Floats, grain: float, out: _Floats
) -> None: ...
def may_alarm(
    slope: _Floats, speaks: _Flags, passages: _Floats, days: _Floats, day: float, within: float, out: _Flags
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
    out: _Floats,
) -> None: ...
def carry(
    parts: _Floats, usable: _Flags, line: int, rows: _Numbers, ahead: float, toward: float, out: _Floats
) -> None: ...
def foretell(speaks: _Flags, latest: _Floats, rise: _Floats, toward: float, out: _Floats) -> None: ...
def jitter(values: _Floats, tick: int, rows: _Numbers, out: _Floats, work: _Floats) -> None: ...
def path_log_survival(
    columns: _Numbers,
    highest: _Floats,
    level: _Floats,
    daily: _Floats,
    noise: _Floats,
    jitter: _Floats,
    limit: _Floats,
    reached: _Numbers,
    draws: _Floats,
    out: _Floats,
) -> None: ...
def path_seconds(
    columns: _Numbers,
    highest: _Floats,
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
    out: _Floats,
) -> None: ...
