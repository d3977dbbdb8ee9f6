from typing import TypeAlias

from numpy import float32, float64, int32, intp, uint8, uint16
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]
_Numbers: TypeAlias = NDArray[intp]
_Flags: TypeAlias = NDArray[uint8]
_Singles: TypeAlias = NDArray[float32]
_Cells: TypeAlias = NDArray[uint16]
_Codes: TypeAlias = NDArray[int32]

class Past:
    def __init__(
        self,
        clock: tuple[int, int, int, int],
        fades: _Floats,
        values: tuple[_Floats, _Floats, _Floats, _Floats, _Floats, _Floats],
        limits: tuple[_Floats, _Floats, _Flags, _Floats, _Floats],
    ) -> None: ...

class Ledger:
    def __init__(
        self,
        clock: tuple[int, int, int, float],
        tables: tuple[int, _Floats, _Numbers, _Numbers, _Flags, _Floats],
        waiting: tuple[_Cells, _Singles, _Cells],
        counts: tuple[_Cells, _Cells, _Floats, _Floats, _Codes],
    ) -> None: ...

def observe(
    values: _Floats,
    limit: _Floats,
    tick: int,
    past: Past,
    ledgers: tuple[Ledger, ...],
    fading: float,
    views: _Floats,
    counted: _Cells,
    circumstances: _Floats,
) -> None: ...
def now(tick: int, its: Past, paces: bool, counted: _Cells, out: _Floats) -> None: ...
def cells(circumstances: _Floats, axes: _Numbers, intervals: _Flags, out: _Cells) -> None: ...
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
