from typing import TypeAlias

from numpy import float32, float64, int16, int32, intp
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]
_Singles: TypeAlias = NDArray[float32]
_Codes: TypeAlias = NDArray[int16]
_Numbers: TypeAlias = NDArray[int32]
_Slots: TypeAlias = NDArray[intp]

def remember(
    ring: _Codes,
    days: _Codes,
    unit: _Floats,
    last: _Floats,
    turn: _Numbers,
    loss: _Singles,
    values: _Floats,
    slot: int,
    begins: bool,
    day: int,
    turns: int,
    room: _Floats,
) -> None: ...
def judge(
    ring: _Codes,
    days: _Codes,
    turn: _Numbers,
    loss: _Singles,
    judged: _Singles,
    width: _Singles,
    slot: int,
    turns: int,
    memory: float,
    day: int,
    ahead: _Slots,
    levels: _Floats,
    prior: _Floats,
    widths: _Floats,
    room: _Floats,
    ranks: _Numbers,
) -> None: ...
def ask(
    ring: _Codes,
    days: _Codes,
    unit: _Floats,
    last: _Floats,
    loss: _Singles,
    judged: _Singles,
    width: _Singles,
    slot: int,
    day: int,
    ahead: _Slots,
    learnt: _Slots,
    levels: _Floats,
    middle: int,
    prior: _Floats,
    widths: _Floats,
    room: _Floats,
    ranks: _Numbers,
    out: _Floats,
) -> None: ...
def speak(
    ring: _Codes,
    days: _Codes,
    unit: _Floats,
    slot: int,
    day: int,
    ahead: _Slots,
    levels: _Floats,
    room: _Floats,
    ranks: _Numbers,
    jobs: _Numbers,
    edges: _Floats,
    out: _Floats,
) -> None: ...
