from numpy import float64, int16, int32, intp, uint8
from numpy.typing import NDArray

def remember(
    ring: NDArray[int16],
    unit: NDArray[float64],
    last: NDArray[float64],
    turn: NDArray[int32],
    values: NDArray[float64],
    slot: int,
    begins: bool,
    turns: int,
    beyond: NDArray[uint8],
) -> int: ...
def due(turn: NDArray[int32], slot: int, every: int, rows: NDArray[intp]) -> int: ...
def encode(values: NDArray[float64], unit: NDArray[float64], codes: NDArray[float64]) -> None: ...
def end_day(
    ring: NDArray[int16],
    days: NDArray[int16],
    trend: NDArray[float64],
    turn: NDArray[int32],
    rows: NDArray[intp],
    slot: int,
    day: int,
    points: int,
    past: NDArray[int32],
    work: NDArray[float64],
    most: NDArray[int32],
) -> None: ...
