"""A constant is changed where it stands, and nowhere else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import anomaly_constants

KERNEL = (
    "_FEW = cython.declare(cython.double, 0.35)  # of a mean\n_FEWER = cython.declare(cython.double, 1.0)\n"
)


def test_a_constant_of_a_kernel_is_changed() -> None:
    text = anomaly_constants.changed(KERNEL, "_FEW", 0.7)
    assert text == KERNEL.replace("0.35)", "0.7 * 0.35)")


def test_a_constant_of_a_model_is_changed() -> None:
    assert anomaly_constants.changed("LEVEL_HOURS = 0.4\n", "LEVEL_HOURS", 2.0) == "LEVEL_HOURS = 2.0 * 0.4\n"


def test_a_constant_that_is_not_there_is_an_error() -> None:
    with pytest.raises(LookupError, match="_MANY"):
        anomaly_constants.changed(KERNEL, "_MANY", 2.0)
