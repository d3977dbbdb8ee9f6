from typing import TypeAlias

from numpy import float32, float64, int32, intp, uint8, uint16
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]
_Numbers: TypeAlias = NDArray[intp]
_Flags: TypeAlias = NDArray[uint8]
_Singles: TypeAlias = NDArray[float32]
_Cells: TypeAlias = NDArray[uint16]
_Codes: TypeAlias = NDArray[int32]

def observe(
    values: _Floats,
    limit: _Floats,
    tick: int,
    hour: int,
    newest: int,
    turned: bool,
    fades: _Floats,
    recent: _Floats,
    filled: _Floats,
    seen: _Floats,
    latest: _Floats,
    lowest: _Floats,
    highest: _Floats,
    above: _Floats,
    onset: _Floats,
    onsets: _Flags,
    usual: _Floats,
    pace: _Floats,
) -> None: ...
def now(
    tick: int,
    hour: int,
    grain: int,
    season: float,
    of_day: float,
    of_week: float,
    newest: int,
    recent: _Floats,
    latest: _Floats,
    onset: _Floats,
    onsets: _Flags,
    usual: _Floats,
    pace: _Floats,
    paces: bool,
    counted: _Cells,
    out: _Floats,
) -> None: ...
def cells(circumstances: _Floats, axes: _Numbers, intervals: _Flags, out: _Cells) -> None: ...
def enter(
    tick: int,
    hour: int,
    limit: _Floats,
    views: _Floats,
    newest: _Floats,
    filled: _Floats,
    seen: _Floats,
    lowest: _Floats,
    highest: _Floats,
    above: _Floats,
    marks: _Singles,
    claims: _Cells,
) -> None: ...
def settle(
    then: int,
    ahead: float,
    weight: float,
    reference: int,
    rates: _Floats,
    dither: float,
    above: _Floats,
    seen: _Floats,
    common: _Numbers,
    waiting: _Cells,
    marks: _Singles,
    claims: _Cells,
    hits: _Cells,
    count: _Cells,
    claimed: _Floats,
    frailty: _Floats,
    codes: _Codes,
) -> None: ...
def fade(kept: _Floats, dither: float, hits: _Cells, count: _Cells) -> None: ...
def outlook(
    circumstances: _Floats,
    rows: _Cells,
    tables: _Floats,
    plain: _Floats,
    constant: float,
    rates: _Floats,
    hits: _Cells,
    count: _Cells,
    columns: _Numbers,
    claimed: _Floats,
    frailty: _Floats,
    lowest: _Floats,
    highest: _Floats,
    limit: _Floats,
    error: _Floats,
    views: _Floats,
    out: _Floats,
    work: _Floats,
) -> None: ...
