"""predict_linear on lines."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.backtest.methods.predict_linear import line

HOUR = 4  # steps


def test_it_continues_a_line() -> None:
    values = np.arange(20, dtype=float)[None] * 0.01
    values[0, 9] = np.nan
    values[0, 6] = 5.0  # just outside the last hour of 10
    assert line(values, np.array([0, 10, 19]), HOUR, 4)[0] == pytest.approx([0.0, 0.14, 0.23])
    assert np.isnan(line(np.full((1, 5), np.nan), np.array([4]), HOUR, 4)).all()
