from typing import TypeAlias

from numpy import float32, float64, int16, int32, intp, uint8
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]
_Singles: TypeAlias = NDArray[float32]
_Slots: TypeAlias = NDArray[intp]

def join(
    rows: _Slots,
    said: _Floats,
    jobs: NDArray[int32],
    edges: _Floats,
    loss: _Singles,
    judged: _Singles,
    width: _Singles,
    learnt: _Slots,
    own: NDArray[uint8],
    middle: int,
    prior: _Floats,
    widths: _Floats,
    work: _Floats,
    out: _Floats,
) -> None: ...
def clock_shares(
    loss: _Singles,
    judged: _Singles,
    learnt: _Slots,
    prior: _Floats,
    middle: int,
    rows: _Slots,
    work: _Floats,
    out: _Floats,
) -> None: ...
def judge(
    rows: _Slots,
    came: NDArray[int16],
    said: _Floats,
    pool: _Floats,
    memory: float,
    levels: _Floats,
    loss: _Singles,
    judged: _Singles,
    width: _Singles,
) -> None: ...
def in_units(
    codes: _Floats,
    last: _Floats,
    newest: _Floats,
    unit: _Floats,
    highest: float,
    shares: _Floats,
    picked: _Slots,
    out: _Floats,
) -> None: ...
