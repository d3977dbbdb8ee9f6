from numpy import float64, intp
from numpy.typing import NDArray

def read(
    text: bytes,
    begins: NDArray[intp],
    times: NDArray[float64],
    values: NDArray[float64],
    counts: NDArray[intp],
) -> bool: ...
