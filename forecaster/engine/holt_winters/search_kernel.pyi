from typing import TypeAlias

from numpy import float64, intp
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[float64]

SMALL: tuple[int, int, int]
COURSE: tuple[int, int]

def search(
    values: _Floats,
    phi: float,
    fitted: _Floats,
    offsets: _Floats,
    work: _Floats,
    small: _Floats,
    course: NDArray[intp],
) -> None: ...
def room(steps: int, season: int) -> int: ...
