"""What is kept of the last seven days."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.engine.forecasts.memory import Memory
from forecaster.engine.settings import Settings

SERIES = 20_000
RELATIVE = 1e-12  # by which two backends' values of one sample differ


def turns(values: np.ndarray) -> np.ndarray:
    memory = Memory.fresh(len(values), Settings(step=300))
    memory.take_in(values, 0)
    return memory.turn


@pytest.mark.parametrize("scale", [1e-9, 0.7, 1e12])
@pytest.mark.parametrize("places", [2, 17])
def test_a_turn_outlives_what_backends_round(scale: float, places: int) -> None:
    rng = np.random.default_rng(1)
    values = np.round(rng.uniform(0.01, 1, SERIES), places) * scale
    told = turns(values)
    for sign in (-1, 1):
        rounded = values * (1 + sign * RELATIVE * rng.uniform(0.1, 1, SERIES))
        assert np.count_nonzero(turns(rounded) != told) <= SERIES * 1e-4
    assert len(np.unique(told)) > 30
