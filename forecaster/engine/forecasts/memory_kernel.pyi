from numpy import float64, int16, int32, uint8
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
) -> None: ...
def encode(values: NDArray[float64], unit: NDArray[float64], codes: NDArray[float64]) -> None: ...
